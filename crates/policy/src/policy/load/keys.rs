//! Principals with keys that are sound, and each key with one principal only.

use std::collections::BTreeMap;

use source::{Finding, Place};

use super::grants;
use crate::document::policy::PolicyDocument;
use crate::document::principals::{KeyDocument, PrincipalDocument, PrincipalsDocument};
use crate::policy::sheet::Sheet;
use crate::ssh::{SshKey, SshKeyError};
use crate::{Key, KeyFingerprint, KeyKind, Principal};

/// Which key is whose: positions in the list of principals and in its list of keys.
pub(super) type Index = BTreeMap<KeyFingerprint, (usize, usize)>;

pub(super) fn read(
    rules: &Sheet<PolicyDocument>,
    people: &Sheet<PrincipalsDocument>,
    findings: &mut Vec<Finding>,
) -> (Vec<Principal>, Index) {
    let given = &people.document.principals;
    let principals: Vec<Principal> =
        given.iter().enumerate().map(|(at, p)| principal(rules, people, at, p, findings)).collect();
    let index = index(&principals, findings);
    (principals, index)
}

fn principal(
    rules: &Sheet<PolicyDocument>,
    people: &Sheet<PrincipalsDocument>,
    at: usize,
    given: &PrincipalDocument,
    findings: &mut Vec<Finding>,
) -> Principal {
    let index = at.to_string();
    let keys = given.keys.iter().enumerate().filter_map(|(k, key)| {
        let key_at = k.to_string();
        let path = ["principals", &index, "keys", &key_at];
        read_key(key, |last| people.place(&[&path, last].concat())).map_err(|fault| findings.push(*fault)).ok()
    });
    let keys: Vec<Key> = keys.collect();
    if given.keys.is_empty() {
        let message = format!("`{}` has no key", given.name);
        let place = people.place(&["principals", &index, "keys"]);
        let help = "add one: `- ssh: ssh-ed25519 AAAA…`, the line in their `.pub` file";
        findings.push(Finding::new("public-key-malformed", place, message).help(help));
    }
    let roles = &given.roles;
    let mut read = grants::Reader { rules, people, principal: &index, findings };
    Principal {
        name: given.name.clone(),
        keys,
        automation: given.automation,
        maintainer: roles.maintainer,
        attester: roles.attester,
        releaser: read.list(&["releaser"], &roles.releaser),
        promoter: read.by_environment("promoter", &roles.promoter),
        operator: read.by_environment("operator", &roles.operator),
        approver: read.by_environment("approver", &roles.approver),
        at: people.place(&["principals", &index, "name"]),
    }
}

fn read_key(given: &KeyDocument, place: impl Fn(&[&str]) -> Place) -> Result<Key, Box<Finding>> {
    let malformed = |key: &[&str], message: String| Box::new(Finding::new("public-key-malformed", place(key), message));
    let ssh = |key: &'static str, line: &str| {
        let help = |e: &SshKeyError| match e {
            SshKeyError::Weak(_) => "list a stronger key: ssh-keygen -t ed25519",
            _ => "paste the whole line of the `.pub` file",
        };
        SshKey::parse(line)
            .map_err(|e| Box::new((*malformed(&[key], format!("`{key}` is unusable: {e}"))).help(help(&e))))
    };
    let (kind, fingerprint) = match (&given.ssh, &given.ssh_authority, &given.openpgp) {
        (Some(line), None, None) => {
            let key = ssh("ssh", line)?;
            let fingerprint = key.fingerprint();
            (KeyKind::Ssh(key), fingerprint)
        }
        (None, Some(line), None) => {
            let key = ssh("ssh_authority", line)?;
            let principals = given.certificate_principals.clone();
            let plain = |name: &String| !name.is_empty() && !name.contains([',', '*', '?', ' ', '"']);
            if principals.is_empty() || !principals.iter().all(plain) {
                let message = "an authority needs the names in its certificates that mean this principal".to_owned();
                let help = "add `certificate_principals: [NAME]`, without wildcards or commas";
                return Err(Box::new((*malformed(&["certificate_principals"], message)).help(help)));
            }
            let fingerprint = key.fingerprint();
            (KeyKind::SshAuthority { key, principals }, fingerprint)
        }
        (None, None, Some(fingerprint)) => openpgp(fingerprint, given.public_key.as_deref(), &malformed)?,
        _ => {
            let message = "a key is exactly one of `ssh`, `ssh_authority` and `openpgp`".to_owned();
            return Err(Box::new((*malformed(&[], message)).help("write one entry a key")));
        }
    };
    let stray = match &kind {
        KeyKind::OpenPgp { .. } => (!given.certificate_principals.is_empty()).then_some("certificate_principals"),
        _ if given.public_key.is_some() => Some("public_key"),
        KeyKind::Ssh(_) if !given.certificate_principals.is_empty() => Some("certificate_principals"),
        _ => None,
    };
    match stray {
        Some(key) => Err(malformed(&[key], format!("`{key}` does not belong to this kind of key"))),
        None => Ok(Key { kind, fingerprint, state: given.state, at: place(&[]) }),
    }
}

fn openpgp(
    fingerprint: &str,
    armored: Option<&str>,
    malformed: &impl Fn(&[&str], String) -> Box<Finding>,
) -> Result<(KeyKind, KeyFingerprint), Box<Finding>> {
    let Ok(fingerprint) = KeyFingerprint::openpgp(fingerprint) else {
        let finding = malformed(&["openpgp"], format!("`{fingerprint}` is not the fingerprint of an OpenPGP key"));
        return Err(Box::new((*finding).help("write the 40 hex digits that `gpg --fingerprint NAME` prints")));
    };
    let help = "add `public_key: |` and what `gpg --armor --export FINGERPRINT` prints";
    let armored = armored.unwrap_or("").trim();
    if armored.contains("PRIVATE KEY") {
        let message = "this is a private key; it must be replaced now".to_owned();
        return Err(Box::new((*malformed(&["public_key"], message)).help(help)));
    }
    let begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
    let whole = armored.starts_with(begin) && armored.ends_with("-----END PGP PUBLIC KEY BLOCK-----");
    if !whole || armored.matches("-----BEGIN").count() != 1 {
        let message = "there is no armored public key beside the fingerprint".to_owned();
        return Err(Box::new((*malformed(&["public_key"], message)).help(help)));
    }
    Ok((KeyKind::OpenPgp { armored: format!("{armored}\n") }, fingerprint))
}

fn index(principals: &[Principal], findings: &mut Vec<Finding>) -> Index {
    let mut index = Index::new();
    for (p, principal) in principals.iter().enumerate() {
        for (k, key) in principal.keys.iter().enumerate() {
            if let Some(&(first, first_key)) = index.get(&key.fingerprint) {
                let other = &principals[first].keys[first_key];
                if let Some((message, help)) = clash(principals, key, other, &principals[first].name) {
                    let finding = Finding::new("public-key-shared", key.at.clone(), message);
                    findings.push(finding.also(other.at.clone(), "listed here first").help(help));
                }
            } else {
                index.insert(key.fingerprint.clone(), (p, k));
            }
        }
    }
    index
}

/// Why two entries cannot both have one key. An authority may serve several principals by different names.
fn clash(principals: &[Principal], key: &Key, first: &Key, owner: &str) -> Option<(String, &'static str)> {
    let message = format!("the key {} already belongs to `{owner}`", key.fingerprint);
    let help = "list each key once, under one principal";
    let (KeyKind::SshAuthority { principals: names, .. }, KeyKind::SshAuthority { .. }) = (&key.kind, &first.kind)
    else {
        return Some((message, help));
    };
    if key.state != first.state {
        let message = format!("the authority {} has another state elsewhere", key.fingerprint);
        return Some((message, "give it the same state under every principal"));
    }
    let serves = |name: &String| {
        let meant = |k: &Key| match &k.kind {
            KeyKind::SshAuthority { principals, .. } => k.fingerprint == key.fingerprint && principals.contains(name),
            _ => false,
        };
        principals.iter().flat_map(|p| &p.keys).filter(|k| meant(k)).count() > 1
    };
    let twice = names.iter().find(|name| serves(name))?;
    let message = format!("certificates for `{twice}` by this authority would mean two principals");
    Some((message, "give each principal names of its own in `certificate_principals`"))
}
