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
    /// The key that it is for, in wire form, as the key by itself would be.
    pub key: Vec<u8>,
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
        let blob = STANDARD.decode(encoded).ok()?;
        if take(&mut blob.as_slice())? != name.as_bytes() {
            return None;
        }
        Self::from_wire(&blob)
    }

    /// Reads the wire form, as signatures carry it.
    pub fn from_wire(blob: &[u8]) -> Option<Self> {
        let mut rest = blob;
        let name = take(&mut rest)?;
        let (kind, fields) = KINDS.into_iter().find(|(kind, _)| kind.as_bytes() == name)?;
        // The nonce and the key; then serial number and type, the key's id, and the names.
        take(&mut rest)?;
        let before = rest;
        for _ in 0..fields {
            take(&mut rest)?;
        }
        let key = plain(kind, &before[..before.len() - rest.len()])?;
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
        let signer = take(&mut rest)?;
        let algorithm = std::str::from_utf8(take(&mut { signer })?).ok()?;
        let authority = SshKey::parse(&format!("{algorithm} {}", STANDARD.encode(signer))).ok()?;
        Some(Self { authority, names, key })
    }
}

/// A key by itself, of the kind that the certificate's name says, with these fields.
fn plain(kind: &str, fields: &[u8]) -> Option<Vec<u8>> {
    let name = kind.strip_suffix("-cert-v01@openssh.com")?;
    let name = if name.starts_with("sk-") { format!("{name}@openssh.com") } else { name.to_owned() };
    let length = u32::try_from(name.len()).ok()?.to_be_bytes();
    Some([&length[..], name.as_bytes(), fields].concat())
}
