//! How keys are told apart: the forms that records, ref names and people use.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use source::Digest;

/// A key's fingerprint. Displays as records carry it: `SHA256:` and base64, or `OPENPGP:` and upper-case hex.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyFingerprint {
    /// SHA-256 over an SSH public key blob; also for a certificate authority.
    Ssh(Digest),
    /// The fingerprint of an OpenPGP primary key: 20 bytes (version 4) or 32 (version 6).
    OpenPgp(Box<[u8]>),
}

/// Why a text is no [`KeyFingerprint`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read `{0}` as a key fingerprint such as SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU")]
pub struct FingerprintError(pub String);

impl KeyFingerprint {
    /// The first 16 hex digits of SHA-256 over the SSH key blob or the OpenPGP fingerprint's bytes, as ref names carry.
    pub fn key16(&self) -> String {
        match self {
            Self::Ssh(digest) => digest.short16(),
            Self::OpenPgp(bytes) => Digest::of(bytes).short16(),
        }
    }

    /// Reads an OpenPGP fingerprint of 40 or 64 hex digits in either case, spaces allowed between them.
    pub fn openpgp(text: &str) -> Result<Self, FingerprintError> {
        let wrong = || FingerprintError(text.to_owned());
        let digits: Vec<u8> = text.bytes().filter(|b| *b != b' ').collect();
        if !matches!(digits.len(), 40 | 64) || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(wrong());
        }
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap_or_default(), 16);
        let bytes = digits.chunks_exact(2).map(byte).collect::<Result<Vec<u8>, _>>().map_err(|_| wrong())?;
        Ok(Self::OpenPgp(bytes.into()))
    }
}

impl fmt::Display for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ssh(digest) => write!(f, "SHA256:{}", STANDARD_NO_PAD.encode(digest.as_bytes())),
            Self::OpenPgp(bytes) => {
                f.write_str("OPENPGP:")?;
                bytes.iter().try_for_each(|b| write!(f, "{b:02X}"))
            }
        }
    }
}

impl fmt::Debug for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyFingerprint {
    type Err = FingerprintError;

    /// Reads exactly what `Display` writes, nothing looser.
    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let wrong = || FingerprintError(text.to_owned());
        let read = if let Some(encoded) = text.strip_prefix("SHA256:") {
            let bytes = STANDARD_NO_PAD.decode(encoded).map_err(|_| wrong())?;
            Self::Ssh(Digest::from_bytes(bytes.try_into().map_err(|_| wrong())?))
        } else {
            Self::openpgp(text.strip_prefix("OPENPGP:").ok_or_else(wrong)?).map_err(|_| wrong())?
        };
        if read.to_string() == text { Ok(read) } else { Err(wrong()) }
    }
}

impl serde::Serialize for KeyFingerprint {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_have_one_spelling() {
        let text = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
        let empty: KeyFingerprint = text.parse().unwrap();
        assert_eq!(empty, KeyFingerprint::Ssh(Digest::of(b"")));
        assert_eq!((empty.to_string(), empty.key16()), (text.to_owned(), "e3b0c44298fc1c14".to_owned()));
        let pgp = KeyFingerprint::openpgp("0123 4567 89ab cdef 0123  4567 89AB CDEF 0123 4567").unwrap();
        assert_eq!(pgp.to_string(), "OPENPGP:0123456789ABCDEF0123456789ABCDEF01234567");
        assert_eq!(pgp.to_string().parse(), Ok(pgp));
        for bad in [
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV",
            "SHA256:AAAA",
            "OPENPGP:0123456789abcdef0123456789ABCDEF01234567",
            "MD5:aa",
        ] {
            assert!(bad.parse::<KeyFingerprint>().is_err(), "{bad}");
        }
    }
}
