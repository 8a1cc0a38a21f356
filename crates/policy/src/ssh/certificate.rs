//! SSH certificates, read far enough to say who vouches for whom. Whether one holds is for ssh-keygen to say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{SshKey, take};

/// What a certificate (one line of an `id_…-cert.pub` file) says: an authority's word that a key is somebody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshCertificate {
    /// The key of the authority that signed it.
    pub authority: SshKey,
    /// The names that it vouches for.
    pub names: Vec<String>,
}

/// How many fields of a key each kind of certificate holds between its nonce and its serial number.
const KINDS: [(&str, usize); 7] = [
    ("ssh-ed25519-cert-v01@openssh.com", 1),
    ("ssh-rsa-cert-v01@openssh.com", 2),
    ("ecdsa-sha2-nistp256-cert-v01@openssh.com", 2),
    ("ecdsa-sha2-nistp384-cert-v01@openssh.com", 2),
    ("ecdsa-sha2-nistp521-cert-v01@openssh.com", 2),
    ("sk-ssh-ed25519-cert-v01@openssh.com", 2),
    ("sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", 3),
];

impl SshCertificate {
    /// Reads one line; `None` where it is no certificate, or none whose authority's key counts. The layout is that of
    /// OpenSSH's PROTOCOL.certkeys.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.trim().splitn(3, [' ', '\t']);
        let (name, encoded) = (words.next()?, words.next()?);
        let (_, fields) = KINDS.into_iter().find(|(kind, _)| *kind == name)?;
        let blob = STANDARD.decode(encoded).ok()?;
        let mut rest = blob.as_slice();
        if take(&mut rest)? != name.as_bytes() {
            return None;
        }
        // The nonce and the key; then serial number and type, the key's id, and the names.
        for _ in 0..=fields {
            take(&mut rest)?;
        }
        rest = rest.get(8 + 4..)?;
        take(&mut rest)?;
        let mut list = take(&mut rest)?;
        let mut names = Vec::new();
        while !list.is_empty() {
            names.push(String::from_utf8(take(&mut list)?.to_vec()).ok()?);
        }
        // From when to when; critical options, extensions, a reserved field; then who signed it.
        rest = rest.get(8 + 8..)?;
        for _ in 0..3 {
            take(&mut rest)?;
        }
        let key = take(&mut rest)?;
        let algorithm = std::str::from_utf8(take(&mut { key })?).ok()?;
        let authority = SshKey::parse(&format!("{algorithm} {}", STANDARD.encode(key))).ok()?;
        Some(Self { authority, names })
    }
}
