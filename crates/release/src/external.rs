//! The ledger's questions to other programs, put to the repository, which alone may start any.

use ledger::signature::{External, ExternalError};
use policy::KeyFingerprint;
use policy::ssh::SshKey;
use repo::{Repo, Said};
use source::Timestamp;

/// ssh-keygen for certificates and gpg for OpenPGP, as trusted configuration names them.
pub(crate) struct Programs<'a>(pub(crate) &'a Repo);

impl External for Programs<'_> {
    fn certificate(
        &self,
        payload: &[u8],
        armored: &str,
        authority: &SshKey,
        names: &[String],
        time: Timestamp,
    ) -> Result<(), ExternalError> {
        answer(self.0.verify_certificate(payload, armored, &authority.to_line(), names, time.0))
    }

    fn openpgp(
        &self,
        payload: &[u8],
        armored: &str,
        public_key: &str,
        fingerprint: &KeyFingerprint,
    ) -> Result<(), ExternalError> {
        let fingerprint = fingerprint.to_string();
        let hex = fingerprint.strip_prefix("OPENPGP:").unwrap_or(&fingerprint);
        answer(self.0.verify_openpgp(payload, armored, public_key, hex))
    }
}

fn answer(said: repo::Result<Said>) -> Result<(), ExternalError> {
    match said {
        Ok(Said::Good) => Ok(()),
        Ok(Said::Refused(why)) => Err(ExternalError::Refused(why)),
        Err(error) => Err(ExternalError::Unavailable(error.to_string())),
    }
}
