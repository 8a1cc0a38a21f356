//! SSH public keys: what ours accepts, another reader accepts and understands alike, and it is written in one way.

#![no_main]

use libfuzzer_sys::fuzz_target;
use policy::ssh::SshKey;

fuzz_target!(|text: &str| {
    let Ok(key) = SshKey::parse(text) else { return };
    let line = key.to_line();
    let again = SshKey::parse(&line).expect("our own spelling");
    assert_eq!((&again.algorithm, &again.blob), (&key.algorithm, &key.blob));
    assert_eq!(again.fingerprint(), key.fingerprint());
    assert!(!line.contains(['\n', '\r']) && line.split(' ').count() == 2);
    let theirs = ssh_key::PublicKey::from_openssh(&line);
    // A point that is not on its curve is a key of the right shape that verifies nothing.
    let Ok(theirs) = theirs else {
        assert!(!key.algorithm.contains("ed25519"), "{line}");
        return;
    };
    assert_eq!(theirs.fingerprint(ssh_key::HashAlg::Sha256).to_string(), key.fingerprint().to_string());
});
