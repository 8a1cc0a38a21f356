//! The `allowed_signers` file with which plain `git verify-tag` accepts what policy accepts.

use policy::{KeyKind, KeyState, Policy};

/// The lines for every SSH key and authority of `policy`, sorted, valid for git signatures only.
///
/// Revoked keys are left out; retired ones stay, since what they signed lives on. It answers whether a signature is a
/// listed key's, nothing else: whether the signer was allowed to do what the tag says is `promptuary verify`'s.
pub fn allowed_signers(policy: &Policy) -> String {
    let mut lines = Vec::new();
    for principal in policy.principals() {
        for key in principal.keys.iter().filter(|key| key.state != KeyState::Revoked) {
            match &key.kind {
                KeyKind::Ssh(ssh) => lines.push(format!("{} namespaces=\"git\" {}", principal.name, ssh.to_line())),
                KeyKind::SshAuthority { key, principals } => {
                    let names = principals.join(",");
                    lines.push(format!("{names} cert-authority,namespaces=\"git\" {}", key.to_line()));
                }
                KeyKind::OpenPgp { .. } => {}
            }
        }
    }
    lines.sort();
    lines.iter().map(|line| format!("{line}\n")).collect()
}
