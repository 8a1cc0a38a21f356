use source::Snapshot;

use super::*;
use crate::{Action, Policy};

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOn/nyYHTDettT14KUibD0AUx7RfmNiFLy7bCtA9QyUD ada: \"laptop\" # 1";

fn seed(name: &str, environments: &[&str]) -> Seed {
    Seed {
        principal: name.to_owned(),
        key: SeedKey::Ssh(KEY.to_owned()),
        environments: environments.iter().map(|e| e.parse().unwrap()).collect(),
        root: ".".to_owned(),
    }
}

fn load(seed: &Seed) -> Policy {
    let files = scaffold(seed).unwrap();
    let texts = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let loaded = Policy::load(&Snapshot::of_texts("t", texts));
    assert!(loaded.findings.is_empty(), "{:#?}", loaded.findings);
    loaded.policy.unwrap()
}

#[test]
fn the_first_documents_are_in_order() {
    let policy = load(&seed("ada@example.com", &["dev", "staging", "prod"]));
    let prod = "prod".parse().unwrap();
    let id = "support/triage".parse().unwrap();
    assert!(policy.may("ada@example.com", Action::Promote, Some(&prod), Some(&id)));
    let demands = policy.demands(&prod, &id, source::Risk::High, Action::Promote);
    assert!(demands.approvals.is_empty() && demands.evidence.is_empty());
    let upstream = demands.upstream.unwrap();
    assert_eq!((upstream.environments[0].as_str(), upstream.soak_seconds), ("staging", 0));
}

#[test]
fn odd_names_are_quoted_or_refused() {
    for name in ["1e3", "true", "0x1F", "2026-11-22", "null", "7", "Ada", "ada+ci@example.com"] {
        assert_eq!(load(&seed(name, &["on", "y", "null"])).principals()[0].name, name);
    }
    for name in ["", "Ada Lovelace", "a,b", "a\"b", "a\nb", "none", "ä", "-", "@ada", "*", "[ada]"] {
        assert!(matches!(scaffold(&seed(name, &["dev"])), Err(ScaffoldError::Name(_))), "{name}");
    }
    assert!(matches!(scaffold(&seed("a", &[])), Err(ScaffoldError::NoEnvironment)));
}

#[test]
fn an_openpgp_key_begins_as_well() {
    let armored = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZw==\n-----END PGP PUBLIC KEY BLOCK-----\n";
    let key =
        SeedKey::OpenPgp { fingerprint: "0123456789abcdef0123456789abcdef01234567".into(), armored: armored.into() };
    let policy = load(&Seed { key, ..seed("ada@example.com", &["dev"]) });
    let crate::KeyKind::OpenPgp { armored: read } = &policy.principals()[0].keys[0].kind else { panic!() };
    assert_eq!(read, armored);
}
