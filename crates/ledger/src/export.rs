//! The `allowed_signers` file with which plain `git verify-tag` accepts what policy accepts.

use std::collections::{BTreeMap, BTreeSet};

use policy::{Key, KeyKind, KeyState, Policy, Principal};
use source::Timestamp;

use crate::Refusal;
use crate::policies::GRACE;
use crate::reading::Ledger;

const GIT: &str = "namespaces=\"git\"";

impl Ledger<'_> {
    /// The lines for every SSH key and authority that ever signed, sorted, valid for git signatures only. Keys that a policy has
    /// retired, revoked or dropped since end with that policy (`valid-before`, which plain git holds against the date in the
    /// tag), and no sooner than an entry could still cite the policy before. What a thief dated back to before that, git takes
    /// for good; only the chains tell.
    ///
    /// It answers whether a signature is a listed key's, nothing else: whether the signer was allowed to do what the tag says is
    /// `promptuary verify`'s.
    pub fn allowed_signers(&self) -> Result<String, Refusal> {
        let mut ends: BTreeMap<String, Option<Timestamp>> = BTreeMap::new();
        for entry in self.policies().entries() {
            let active: BTreeSet<String> = lines(entry.policy(self.judge())?).collect();
            let end = Timestamp(entry.time().0.saturating_add(GRACE + 1));
            for (_, until) in ends.iter_mut().filter(|(line, _)| !active.contains(*line)) {
                until.get_or_insert(end);
            }
            ends.extend(active.into_iter().map(|line| (line, None)));
        }
        let mut all: Vec<String> = ends.into_iter().map(|(line, until)| ended(&line, until) + "\n").collect();
        all.sort();
        Ok(all.concat())
    }
}

/// The lines for the SSH keys and authorities that are active under `policy`: names, options, key.
pub fn lines(policy: &Policy) -> impl Iterator<Item = String> {
    let keys = policy.principals().iter().flat_map(|p| p.keys.iter().map(move |key| (p, key)));
    keys.filter(|(_, key)| key.state == KeyState::Active).filter_map(|(p, key)| line(p, key))
}

fn line(principal: &Principal, key: &Key) -> Option<String> {
    match &key.kind {
        KeyKind::Ssh(ssh) => Some(format!("{} {GIT} {}", principal.name, ssh.to_line())),
        KeyKind::SshAuthority { key, principals } => {
            Some(format!("{} cert-authority,{GIT} {}", principals.join(","), key.to_line()))
        }
        KeyKind::OpenPgp { .. } => None,
    }
}

/// A line whose key ends.
fn ended(line: &str, until: Option<Timestamp>) -> String {
    let (Some(until), Some((names, rest))) = (until, line.split_once(' ')) else { return line.to_owned() };
    // `YYYYMMDDHHMMSSZ`, as ssh-keygen reads it since OpenSSH 9.1.
    let until = until.to_string().replace(['-', ':', 'T'], "");
    format!("{names} {}", rest.replacen(GIT, &format!("{GIT},valid-before=\"{until}\""), 1))
}
