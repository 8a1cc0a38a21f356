//! Signing with an SSH certificate: policy names the authority, the certificate names the person.

use ledger::Code;
use ledger::record::Decision;

use crate::desks::Office;
use crate::{env, id, version};

/// A company whose ada may sign with certificates as `ada-cert`, and whose ben and cy, known by certificates alone, as
/// `ben-cert` and `cy-cert`; both approve in dev.
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
    let roles = "    roles:\n      approver: { dev: [\"**\"] }\n";
    let other = |name: &str| {
        let keys = line(&format!("{name}-cert"));
        format!("  - name: {name}@example.com\n    keys:\n{keys}{roles}")
    };
    let (ben, cy) = (other("ben"), other("cy"));
    let text = format!("{}{}{}\n{ben}{cy}", &text[..keys], line("ada-cert"), text[keys..].trim_end());
    office.write("r/policies/principals.yaml", &text);
    office.commit("r", "certificates");
    office.publish_policy();
    office
}

/// A certificate of worker's key for `names`, which signs from now on.
fn certify(office: &Office, names: &str) {
    certify_key(office, "worker", names);
}

/// A certificate of the key `key` for `names`, which signs from now on.
fn certify_key(office: &Office, key: &str, names: &str) {
    let home = office.path("home");
    let file = format!("{key}.pub");
    let args = ["-q", "-s", "authority", "-I", key, "-n", names, &file];
    assert!(std::process::Command::new("ssh-keygen").args(args).current_dir(&home).status().unwrap().success());
    let key = home.join(format!("{key}-cert.pub")).display().to_string();
    office.git("r", &["config", "user.signingKey", &key]);
}

#[test]
fn a_certificate_signs_for_whom_it_names() {
    let office = certified();
    certify(&office, "ada-cert");
    office.release();
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
    // What no verifier accepts, nobody writes.
    let refused = release::release(&office.desk("r"), &[id()], None, None);
    let Err(release::Error::Denied { refusal, .. }) = &refused else { panic!("{refused:#?}") };
    assert_eq!(refusal.code, Code::CertificateRefused);
    assert_eq!(office.git("r", &["tag", "-l", "prompt/*"]), "");
    // One that was written elsewhere, by ada's own hand under such a certificate, is refused by who reads it.
    certify(&office, "ada-cert");
    office.release();
    certify(&office, "ada-cert,ben-cert");
    let name = "prompt/support/triage@1.0.0";
    let tag = office.git("r", &["cat-file", "tag", name]);
    let (payload, _) = tag.split_once("-----BEGIN").unwrap();
    office.write("home/payload", payload);
    let args = ["-q", "-Y", "sign", "-n", "git", "-f", "worker-cert.pub", "payload"];
    let signed = std::process::Command::new("ssh-keygen").args(args).current_dir(office.path("home")).status().unwrap();
    assert!(signed.success());
    let armor = std::fs::read_to_string(office.path("home/payload.sig")).unwrap();
    let forged = office.hash_tag("r", format!("{payload}{}", armor.trim_end()).as_str());
    office.git("r", &["update-ref", &format!("refs/tags/{name}"), &forged]);
    let verified = release::verify(&office.desk("r"), None, false).unwrap();
    assert_eq!(verified.worst().map(|refusal| refusal.code), Some(Code::CertificateRefused), "{verified:#?}");
}

#[test]
fn one_key_is_one_voice_whatever_its_certificates_say() {
    let office = certified();
    let file = std::fs::read_to_string(office.path("r/policies/policy.yaml")).unwrap();
    let two = "approvals:\n  - environments: [dev]\n    risk: low\n    needed: 2\n";
    office.write("r/policies/policy.yaml", &file.replace("approvals: []\n", two));
    office.commit("r", "two approvals in dev");
    release::publish(&office.desk("r"), None, None).unwrap();
    office.release();
    let approve = |key: &str, name: &str, later: i64| {
        certify_key(&office, key, name);
        let (prompt, version, environment) = (id(), version("1.0.0"), env("dev"));
        let ballot = release::Ballot {
            prompt: &prompt,
            version: &version,
            environment: &environment,
            decision: Decision::Approve,
            expires: None,
            reason: None,
            content: None,
            sequence: None,
        };
        let mut desk = office.desk("r");
        desk.now.0 += later;
        release::approve(&desk, &ballot).unwrap().by
    };
    let promote = || {
        office.sign_with("r", "ada");
        release::promote(&office.desk("r"), &[(id(), version("1.0.0"))], &env("dev"), None)
    };
    // The same key under two names: two people by their names, one voice.
    assert_eq!(approve("worker", "ben-cert", 0), "ben@example.com");
    assert_eq!(approve("worker", "cy-cert", 0), "cy@example.com");
    let Err(release::Error::NotMoved { moved, .. }) = promote() else { panic!("one voice is not enough") };
    let unmet: Vec<_> = moved[0].demands.iter().filter_map(|d| d.refusal.as_ref()).map(|r| r.to_string()).collect();
    assert_eq!(unmet.len(), 1, "{unmet:?}");
    assert!(unmet[0].starts_with("approvals-missing: 2 needed, 1 counts"), "{unmet:?}");
    // Who is asked for says it again with a key of their own.
    let others = moved[0].demands.iter().find(|d| d.missing == Some(1)).unwrap().who.clone();
    let [other] = &others[..] else { panic!("{others:?}") };
    office.new_key("another");
    let name = if other == "ben@example.com" { "ben-cert" } else { "cy-cert" };
    assert_eq!(approve("another", name, 9), *other);
    promote().unwrap();
}
