//! SSH public keys as files hold them: read far enough to be sure of what they are, and fingerprinted.
//!
//! Verifies nothing; whoever verifies signatures reads [`SshKey::blob`] with a real implementation.

mod certificate;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use source::Digest;

use crate::KeyFingerprint;

pub use certificate::SshCertificate;

/// An SSH public key: one line of an `id_….pub` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshKey {
    /// Its algorithm, as the line and the blob both name it.
    pub algorithm: &'static str,
    /// The key in SSH wire form.
    pub blob: Box<[u8]>,
    /// What followed the key on its line.
    pub comment: String,
}

/// Why a text is no usable [`SshKey`]. Displays as a lower-case clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SshKeyError {
    /// Not `algorithm base64 [comment]` on one line.
    #[error("it is not one line of an SSH public key file: `ssh-ed25519 AAAA… comment`")]
    Shape,
    /// A private key was pasted.
    #[error("it is a private key; only public keys belong here, and this one must be replaced now")]
    Private,
    /// A certificate instead of a key.
    #[error("it is a certificate; give the public key of the authority that signed it as `ssh_authority`")]
    Certificate,
    /// An algorithm that does not count.
    #[error("`{0}` keys do not count; use ed25519, ECDSA, RSA or a hardware key (sk-)")]
    Algorithm(String),
    /// The second word is no base64, or not of a key of this algorithm.
    #[error("the text after `{0}` is not the base64 of such a key; was it cut off?")]
    Blob(&'static str),
    /// RSA below 2048 bits.
    #[error("an RSA key of {0} bits is too weak; 2048 are the least, 3072 the usual")]
    Weak(usize),
}

const ALGORITHMS: [&str; 7] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

impl SshKey {
    /// Reads one line of a public key file.
    pub fn parse(line: &str) -> Result<Self, SshKeyError> {
        let line = line.trim();
        if line.contains("PRIVATE KEY") {
            return Err(SshKeyError::Private);
        }
        if line.contains(['\n', '\r']) {
            return Err(SshKeyError::Shape);
        }
        let mut words = line.splitn(3, [' ', '\t']);
        let name = words.next().unwrap_or("");
        let encoded = words.next().ok_or(SshKeyError::Shape)?;
        if name.contains("-cert-v0") {
            return Err(SshKeyError::Certificate);
        }
        let known = ALGORITHMS.into_iter().find(|a| *a == name);
        let looks_like_one = name.contains("ssh") || name.contains("ecdsa");
        let algorithm = match known {
            Some(algorithm) => algorithm,
            None if looks_like_one => return Err(SshKeyError::Algorithm(name.to_owned())),
            None => return Err(SshKeyError::Shape),
        };
        let blob = STANDARD.decode(encoded).map_err(|_| SshKeyError::Blob(algorithm))?;
        check(algorithm, &blob)?;
        Ok(Self { algorithm, blob: blob.into(), comment: words.next().unwrap_or("").trim().to_owned() })
    }

    /// SHA-256 over the blob, as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> KeyFingerprint {
        KeyFingerprint::Ssh(Digest::of(&self.blob))
    }

    /// `algorithm base64`, without the comment: what `allowed_signers` files hold.
    pub fn to_line(&self) -> String {
        format!("{} {}", self.algorithm, STANDARD.encode(&self.blob))
    }
}

/// Reads the whole blob as RFC 4253 section 6.6, RFC 5656, RFC 8709 and OpenSSH's PROTOCOL.u2f lay it out.
fn check(algorithm: &'static str, blob: &[u8]) -> Result<(), SshKeyError> {
    let wrong = || SshKeyError::Blob(algorithm);
    let mut rest = blob;
    let mut field = || take(&mut rest).ok_or_else(wrong);
    if field()? != algorithm.as_bytes() {
        return Err(wrong());
    }
    let sound = match algorithm {
        "ssh-ed25519" => field()?.len() == 32,
        "sk-ssh-ed25519@openssh.com" => field()?.len() == 32 && !field()?.is_empty(),
        "ecdsa-sha2-nistp256" => field()? == b"nistp256" && is_point(field()?, 32),
        "ecdsa-sha2-nistp384" => field()? == b"nistp384" && is_point(field()?, 48),
        "ecdsa-sha2-nistp521" => field()? == b"nistp521" && is_point(field()?, 66),
        "sk-ecdsa-sha2-nistp256@openssh.com" => {
            field()? == b"nistp256" && is_point(field()?, 32) && !field()?.is_empty()
        }
        _ => {
            let (exponent, modulus) = (field()?, field()?);
            let bits = bits(modulus).ok_or_else(wrong)?;
            if bits < 2048 {
                return Err(SshKeyError::Weak(bits));
            }
            self::bits(exponent).is_some_and(|b| b > 1) && bits <= 16_384
        }
    };
    if sound && rest.is_empty() { Ok(()) } else { Err(wrong()) }
}

/// The next string: four bytes of length, then so many bytes.
fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, tail) = rest.split_first_chunk::<4>()?;
    let (field, tail) = tail.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    *rest = tail;
    Some(field)
}

/// An uncompressed point with coordinates of `size` bytes.
fn is_point(field: &[u8], size: usize) -> bool {
    field.len() == 1 + 2 * size && field[0] == 4
}

/// The bits of a positive multiple-precision integer in its one right spelling.
fn bits(number: &[u8]) -> Option<usize> {
    let plain = match number {
        [0, next, ..] if *next >= 0x80 => &number[1..],
        [first, ..] if (1..0x80).contains(first) => number,
        _ => return None,
    };
    Some(plain.len() * 8 - plain[0].leading_zeros() as usize)
}

#[cfg(test)]
mod tests;
