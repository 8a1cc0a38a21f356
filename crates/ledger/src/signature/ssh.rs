//! SSH signatures, verified in process: ed25519, ECDSA, RSA with SHA-2, and their hardware-backed forms.
//!
//! ECDSA signatures have a twin, (r, n−s), that verifies as well. Both count: an entry's identity is the digest of what
//! was signed, which the signature is no part of, so a twin is the same entry in another envelope. For hardware keys the
//! touch is not demanded, as ssh-keygen does not: whether a key asks for one was decided when it was made.

use policy::ssh::SshKey;
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, PublicKey, Signature, SshSig};

use super::own::OwnKey;
use super::sshsig::{Sshsig, string};
use crate::{Code, Refusal};

pub(super) fn verify(payload: &[u8], sshsig: &[u8], key: &SshKey, own: &OwnKey) -> Result<(), Refusal> {
    let parts = Sshsig::parse(sshsig)?;
    if parts.public_key != &*key.blob {
        let detail = match parts.key_algorithm().ends_with(b"-cert-v01@openssh.com") {
            true => "it was made with a certificate, `By` names a plain key",
            false => "another key made it than the one that `By` names",
        };
        return Err(Refusal::new(Code::SignerMismatch, detail));
    }
    own.verdict(payload, &parts)
}

/// Verifies against the key inside the signature, whoever's it is.
pub(super) fn verify_parts(payload: &[u8], parts: &Sshsig<'_>) -> Result<(), Refusal> {
    parts.check_frame()?;
    let hash = if parts.hash == b"sha256" { HashAlg::Sha256 } else { HashAlg::Sha512 };
    let malformed = |_| Refusal::new(Code::SignatureMalformed, "its key or signature cannot be read");
    let public = PublicKey::from_bytes(parts.public_key).map_err(malformed)?;
    check_extent(parts.signature)?;
    let signature = Signature::try_from(parts.signature).map_err(malformed)?;
    check_strength(public.key_data(), &signature)?;
    let wrong = |_| Refusal::new(Code::SignatureWrong, "the signature is not of these bytes by this key");
    let signature = SshSig::new(public.key_data().clone(), "git", hash, signature).map_err(wrong)?;
    public.verify("git", payload, &signature).map_err(wrong)
}

/// Refuses SHA-1, DSA, short RSA keys, and a signature of another algorithm than the key's.
fn check_strength(key: &KeyData, signature: &Signature) -> Result<(), Refusal> {
    let weak = |why: &str| Err(Refusal::new(Code::SignatureWeak, why));
    match (key, signature.algorithm()) {
        (KeyData::Rsa(rsa), Algorithm::Rsa { hash: Some(_) }) => {
            let bits = rsa.n.as_positive_bytes().map_or(0, |n| n.len() * 8);
            if (2048..=4096).contains(&bits) { Ok(()) } else { weak("its RSA key has not 2048 to 4096 bits") }
        }
        (KeyData::Rsa(_), _) => weak("an RSA signature counts with SHA-2 only"),
        (key, algorithm) if key.algorithm() == algorithm && !matches!(algorithm, Algorithm::Dsa) => Ok(()),
        _ => weak("its algorithm does not count"),
    }
}

/// Refuses bytes after the signature's end, which the library would pass over.
fn check_extent(wire: &[u8]) -> Result<(), Refusal> {
    let mut rest = wire;
    let algorithm = string(&mut rest).unwrap_or_default();
    // Hardware keys append a byte of flags and a counter of four.
    let trailer = if algorithm.starts_with(b"sk-") { 5 } else { 0 };
    match string(&mut rest) {
        Some(_) if rest.len() == trailer => Ok(()),
        _ => Err(Refusal::new(Code::SignatureMalformed, "bytes are missing from the signature or follow it")),
    }
}
