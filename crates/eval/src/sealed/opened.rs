//! age at work: identities read, files decrypted. The one place that touches the crate.

use std::io::Read as _;

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor, Identity, IdentityFile, ssh};

use source::secrets::is_encrypted;

use super::Closed;

/// The identities in `content`; a clause where there is none that can be used without asking anybody.
pub(super) fn identities(content: &[u8]) -> Result<Vec<Box<dyn Identity>>, &'static str> {
    if is_encrypted(content) {
        return Err("it is encrypted itself; decrypt it to a place of your own first");
    }
    if content.trim_ascii_start().starts_with(b"-----BEGIN") {
        return match ssh::Identity::from_buffer(content, None) {
            Ok(identity @ ssh::Identity::Unencrypted(_)) => Ok(vec![Box::new(identity)]),
            Ok(ssh::Identity::Encrypted(_)) => {
                Err("it has a passphrase, and nobody is asked here; use one without, or an identity of age-keygen")
            }
            Ok(ssh::Identity::Unsupported(_)) => Err("SSH keys are ssh-ed25519 or ssh-rsa here"),
            Err(_) => Err("it is no SSH private key that can be read"),
        };
    }
    let none = "it holds no identity: age-keygen writes one, a line of AGE-SECRET-KEY-1…";
    let file = IdentityFile::from_buffer(content).map_err(|_| none)?;
    let found = file.into_identities().map_err(|_| none)?;
    if found.is_empty() { Err(none) } else { Ok(found.into_iter().map(|i| i as Box<dyn Identity>).collect()) }
}

/// What `bytes` are encrypted from, at most `most` bytes of it.
pub(super) fn open(bytes: &[u8], identities: &[Box<dyn Identity>], most: usize) -> Result<Vec<u8>, Closed> {
    if identities.is_empty() {
        return Err(Closed::NoIdentity);
    }
    let decryptor = Decryptor::new(ArmoredReader::new(bytes)).map_err(|_| Closed::Damaged)?;
    if decryptor.is_scrypt() {
        return Err(Closed::Passphrase);
    }
    let reader = decryptor.decrypt(identities.iter().map(|i| &**i)).map_err(|error| match error {
        DecryptError::NoMatchingKeys => Closed::Others,
        _ => Closed::Damaged,
    })?;
    let mut plain = Vec::new();
    // Every chunk is authenticated before it is given out: what is cut or changed ends here.
    reader.take(most as u64 + 1).read_to_end(&mut plain).map_err(|_| Closed::Damaged)?;
    if plain.len() > most { Err(Closed::TooLarge) } else { Ok(plain) }
}
