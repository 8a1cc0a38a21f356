//! Whether a signature belongs to what it signs and to the key that policy holds.
//!
//! SSH keys are verified here, in process. Certificates and OpenPGP go to other programs, which whoever calls us runs
//! ([`External`]); their verdict is asked with nothing but the policy's own key.

mod own;
mod ssh;
mod sshsig;

use policy::{Key, KeyKind};
use source::Timestamp;
pub use source::{External, ExternalError};

pub(crate) use own::OwnKey;

use crate::armor::{Scheme, Signature};
use crate::{Code, Refusal};

/// No other programs: certificates and OpenPGP cannot be verified.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPrograms;

impl External for NoPrograms {
    fn certificate(&self, _: &[u8], _: &str, _: &str, _: &[String], _: Timestamp) -> Result<(), ExternalError> {
        Err(ExternalError::Unavailable("certificates are not verified here".to_owned()))
    }

    fn openpgp(&self, _: &[u8], _: &str, _: &str, _: &str, _: Timestamp) -> Result<(), ExternalError> {
        Err(ExternalError::Unavailable("OpenPGP signatures are not verified here".to_owned()))
    }
}

/// Refuses unless `signature` is `key`'s over `payload`, made for git.
///
/// `key` is what policy holds; `time` is the entry's own, at which a certificate must have been valid.
pub fn verify(
    payload: &[u8],
    signature: &Signature,
    key: &Key,
    time: Timestamp,
    external: &dyn External,
) -> Result<(), Refusal> {
    verify_once(payload, signature, key, time, external, &OwnKey::default())
}

/// The same, where `own` is that of these very bytes: its arithmetic is done once.
pub(crate) fn verify_once(
    payload: &[u8],
    signature: &Signature,
    key: &Key,
    time: Timestamp,
    external: &dyn External,
    own: &OwnKey,
) -> Result<(), Refusal> {
    let outside = |code, result: Result<(), ExternalError>| {
        result.map_err(|e| match e {
            ExternalError::Refused(why) => Refusal::new(code, why),
            ExternalError::Weak(why) => Refusal::new(Code::SignatureWeak, why),
            ExternalError::Unavailable(why) => Refusal::new(Code::VerifierMissing, format!("could not {why}")),
        })
    };
    match (&key.kind, signature.scheme) {
        (KeyKind::Ssh(ssh), Scheme::Ssh) => ssh::verify(payload, &signature.bytes, ssh, own),
        (KeyKind::SshAuthority { key, principals }, Scheme::Ssh) => {
            sshsig::Sshsig::parse(&signature.bytes)?.check_frame()?;
            let armored = signature.to_armor();
            let authority = key.to_line();
            outside(Code::CertificateRefused, external.certificate(payload, &armored, &authority, principals, time))
        }
        (KeyKind::OpenPgp { armored: public_key }, Scheme::OpenPgp) => {
            let armored = signature.to_armor();
            let fingerprint = key.fingerprint.to_string();
            let hex = fingerprint.strip_prefix("OPENPGP:").unwrap_or(&fingerprint);
            outside(Code::OpenpgpRefused, external.openpgp(payload, &armored, public_key, hex, time))
        }
        _ => Err(Refusal::new(Code::SignerMismatch, "the signature is of another kind than the key that `By` names")),
    }
}

/// The key that made an SSH signature, under a certificate or by itself.
pub(crate) struct Leaf {
    /// The digest of the plain key.
    pub(crate) key: source::Digest,
    /// The names that the certificate gives it; none for a plain key.
    pub(crate) names: Vec<String>,
}

/// The key that made an SSH signature; `None` for other signatures, and where it cannot be read.
pub(crate) fn leaf(signature: &Signature) -> Option<Leaf> {
    if signature.scheme != Scheme::Ssh {
        return None;
    }
    let parts = sshsig::Sshsig::parse(&signature.bytes).ok()?;
    if !parts.key_algorithm().ends_with(b"-cert-v01@openssh.com") {
        return Some(Leaf { key: source::Digest::of(parts.public_key), names: Vec::new() });
    }
    let certificate = policy::ssh::SshCertificate::from_wire(parts.public_key)?;
    Some(Leaf { key: source::Digest::of(&certificate.key), names: certificate.names })
}

/// The fingerprint of the key inside an SSH signature, where the signature is right for that key; `None` otherwise.
///
/// It says that *somebody* holding that key signed, not that anybody trusts it.
pub fn self_consistent(payload: &[u8], signature: &Signature) -> Option<policy::KeyFingerprint> {
    consistent_once(payload, signature, &OwnKey::default())
}

pub(crate) fn consistent_once(payload: &[u8], signature: &Signature, own: &OwnKey) -> Option<policy::KeyFingerprint> {
    if signature.scheme != Scheme::Ssh {
        return None;
    }
    let parts = sshsig::Sshsig::parse(&signature.bytes).ok()?;
    own.verdict(payload, &parts).ok()?;
    Some(policy::KeyFingerprint::Ssh(source::Digest::of(parts.public_key)))
}
