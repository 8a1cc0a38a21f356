//! Questions to programs outside this process, as something above may ask them: certificates and OpenPGP signatures.
//!
//! The trait here lets the ledger ask without knowing how a program is started; the maintainers' flows and the resolver
//! share the one answer to it.

use crate::Timestamp;

/// What programs outside this process say of a signature.
pub trait External {
    /// Verifies an SSH signature made with a certificate: `ssh-keygen -Y verify -n git`, at `time`, against an
    /// allowed-signers file that holds only `cert-authority` lines with `authority` (`algorithm base64`) for `names`.
    fn certificate(
        &self,
        payload: &[u8],
        armored: &str,
        authority: &str,
        names: &[String],
        time: Timestamp,
    ) -> Result<(), ExternalError>;

    /// Verifies an OpenPGP signature: `gpg --status-fd` with a keyring that holds only `public_key`.
    ///
    /// Accepts exactly one `GOODSIG` with a `VALIDSIG` whose primary key is `fingerprint` (upper-case hex); an expired or
    /// revoked key or signature is refused whatever the program's exit says.
    fn openpgp(
        &self,
        payload: &[u8],
        armored: &str,
        public_key: &str,
        fingerprint: &str,
        time: Timestamp,
    ) -> Result<(), ExternalError>;
}

/// Why another program did not say yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExternalError {
    /// It said no.
    Refused(String),
    /// The signature is right, by a key, hash or algorithm that does not count.
    Weak(String),
    /// It is not there, or failed before it could say.
    Unavailable(String),
}
