//! Signing with an SSH certificate: policy names the authority, the certificate names the person.

use ledger::Code;

use crate::desks::Office;
use crate::{id, version};

/// A company whose ada may sign with certificates as `ada-cert`, and whose ben, known by certificates alone, as `ben-cert`.
fn certified() -> Office {
    let office = Office::new();
    office.new_key("authority");
    office.new_key("worker");
    let authority = std::fs::read_to_string(office.path("home/authority.pub")).unwrap();
    let line = |name: &str| {
        format!("      - ssh_authority: {}\n        certificate_principals: [{name}]\n", authority.trim_end())
    };
    let file = office.path("r/policies/principals.yaml");
    let text = std::fs::read_to_string(file).unwrap();
    let keys = text.find("    keys:\n").unwrap() + "    keys:\n".len();
    let roles = "    roles:\n      promoter: { dev: [\"**\"] }\n";
    let ben = format!("  - name: ben@example.com\n    keys:\n{}{roles}", line("ben-cert"));
    let text = format!("{}{}{}\n{ben}", &text[..keys], line("ada-cert"), text[keys..].trim_end());
    office.write("r/policies/principals.yaml", &text);
    office.commit("r", "certificates");
    office.publish_policy();
    office
}

/// A certificate of worker's key for `names`, which signs from now on.
fn certify(office: &Office, names: &str) {
    let home = office.path("home");
    let args = ["-q", "-s", "authority", "-I", "worker", "-n", names, "worker.pub"];
    assert!(std::process::Command::new("ssh-keygen").args(args).current_dir(&home).status().unwrap().success());
    let key = home.join("worker-cert.pub").display().to_string();
    office.git("r", &["config", "user.signingKey", &key]);
}

#[test]
fn a_certificate_signs_for_whom_it_names() {
    let office = certified();
    certify(&office, "ada-cert");
    release::release(&office.desk("r"), &[id()], None, None).unwrap();
    let promote = || {
        let dev = "dev".parse().unwrap();
        release::promote(&office.desk("r"), &[(id(), version("1.0.0"))], &dev, None)
    };
    promote().unwrap();
    let verified = release::verify(&office.desk("r"), None, false).unwrap();
    assert_eq!(verified.class(), None, "{verified:#?}");
    let tag = office.git("r", &["cat-file", "tag", "prompt/support/triage@1.0.0"]);
    assert!(tag.contains("\nBy: ada@example.com SHA256:"), "{tag}");
}

#[test]
fn a_certificate_with_two_names_is_nobody() {
    let office = certified();
    certify(&office, "ada-cert,ben-cert");
    // A writer may take it for the first of them; no verifier does.
    if release::release(&office.desk("r"), &[id()], None, None).is_ok() {
        let verified = release::verify(&office.desk("r"), None, false).unwrap();
        assert_eq!(verified.worst().map(|refusal| refusal.code), Some(Code::CertificateRefused), "{verified:#?}");
    }
}
