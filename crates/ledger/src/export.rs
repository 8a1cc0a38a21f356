//! The `allowed_signers` file with which plain `git verify-tag` accepts what policy accepts.

use std::collections::BTreeMap;

use policy::{Key, KeyKind, KeyState, Policy, Principal};
use source::Timestamp;

use crate::Refusal;
use crate::policies::GRACE;
use crate::reading::Ledger;

/// The lines for every SSH key and authority of `policy`, sorted, valid for git signatures only.
///
/// Revoked keys are left out; retired ones stay, since what they signed lives on. It answers whether a signature is a
/// listed key's, nothing else: whether the signer was allowed to do what the tag says is `promptuary verify`'s.
pub fn allowed_signers(policy: &Policy) -> String {
    let keys = policy.principals().iter().flat_map(|p| p.keys.iter().map(move |key| (p, key)));
    sorted(keys.filter(|(_, key)| key.state != KeyState::Revoked).filter_map(|(p, key)| line(p, key, None)))
}

impl Ledger<'_> {
    /// The same for all that was ever signed: keys that a policy has retired, revoked or dropped since end with that policy
    /// (`valid-before`, which plain git holds against the date in the tag), and no sooner than an entry could still cite the
    /// policy before. What a thief dated back to before that, git takes for good; only the chains tell.
    pub fn allowed_signers(&self) -> Result<String, Refusal> {
        let mut ends: BTreeMap<String, (Option<Timestamp>, bool)> = BTreeMap::new();
        let mut lines: BTreeMap<String, (Principal, Key)> = BTreeMap::new();
        for entry in self.policies().entries() {
            let policy = entry.policy(self.judge())?;
            let mut active = std::collections::BTreeSet::new();
            for principal in policy.principals() {
                for key in principal.keys.iter().filter(|key| key.state == KeyState::Active) {
                    let Some(plain) = line(principal, key, None) else { continue };
                    lines.entry(plain.clone()).or_insert_with(|| (principal.clone(), key.clone()));
                    ends.insert(plain.clone(), (None, true));
                    active.insert(plain);
                }
            }
            for (_, (until, is_active)) in ends.iter_mut().filter(|(plain, (_, on))| *on && !active.contains(*plain)) {
                (*until, *is_active) = (Some(Timestamp(entry.time().0.saturating_add(GRACE + 1))), false);
            }
        }
        let dated = |(plain, (principal, key)): (&String, &(Principal, Key))| {
            line(principal, key, ends.get(plain).and_then(|(until, _)| *until))
        };
        Ok(sorted(lines.iter().filter_map(dated)))
    }
}

fn sorted(lines: impl Iterator<Item = String>) -> String {
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// One line, for an SSH key: names, options, key.
fn line(principal: &Principal, key: &Key, until: Option<Timestamp>) -> Option<String> {
    // `YYYYMMDDHHMMSSZ`, as ssh-keygen reads it since OpenSSH 9.1.
    let until = until.map(|until| until.to_string().replace(['-', ':', 'T'], ""));
    let until = until.map_or_else(String::new, |until| format!(",valid-before=\"{until}\""));
    match &key.kind {
        KeyKind::Ssh(ssh) => Some(format!("{} namespaces=\"git\"{until} {}", principal.name, ssh.to_line())),
        KeyKind::SshAuthority { key, principals } => {
            let names = principals.join(",");
            Some(format!("{names} cert-authority,namespaces=\"git\"{until} {}", key.to_line()))
        }
        KeyKind::OpenPgp { .. } => None,
    }
}
