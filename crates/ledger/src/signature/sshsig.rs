//! The SSHSIG container (OpenSSH, PROTOCOL.sshsig), read strictly: every length exact, nothing left over.

use crate::{Code, Refusal};

/// The parts of a signature as ssh-keygen writes it.
pub(super) struct Sshsig<'a> {
    /// The signer's public key, or certificate, in wire form.
    pub(super) public_key: &'a [u8],
    pub(super) namespace: &'a [u8],
    pub(super) reserved: &'a [u8],
    pub(super) hash: &'a [u8],
    /// The signature in wire form.
    pub(super) signature: &'a [u8],
}

impl<'a> Sshsig<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let malformed = || Refusal::new(Code::SignatureMalformed, "it is no SSH signature of version 1");
        let mut rest = bytes.strip_prefix(b"SSHSIG\0\0\0\x01").ok_or_else(malformed)?;
        let mut next = || string(&mut rest).ok_or_else(malformed);
        let parts =
            Self { public_key: next()?, namespace: next()?, reserved: next()?, hash: next()?, signature: next()? };
        if rest.is_empty() { Ok(parts) } else { Err(malformed()) }
    }

    /// Refuses another namespace than git's, a hash that is not SHA-2, and bytes in the reserved field.
    pub(super) fn check_frame(&self) -> Result<(), Refusal> {
        if self.namespace != b"git" {
            return Err(Refusal::new(Code::SignatureNamespace, "its namespace is not `git`"));
        }
        if !matches!(self.hash, b"sha256" | b"sha512") {
            return Err(Refusal::new(Code::SignatureWeak, "its hash is neither sha256 nor sha512"));
        }
        if !self.reserved.is_empty() {
            return Err(Refusal::new(Code::SignatureMalformed, "its reserved field is not empty"));
        }
        Ok(())
    }

    /// The name of the public key's algorithm.
    pub(super) fn key_algorithm(&self) -> &'a [u8] {
        let mut key = self.public_key;
        string(&mut key).unwrap_or_default()
    }
}

/// The next string of SSH's wire form: four bytes of length, then so many bytes.
pub(super) fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, tail) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (value, tail) = tail.split_at_checked(length)?;
    *rest = tail;
    Some(value)
}
