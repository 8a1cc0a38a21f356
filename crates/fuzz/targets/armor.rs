//! Signatures: many spellings in, one spelling out; what is inside never panics and never verifies for nothing.
//!
//! Text is read as armor; anything else as the bytes inside of one.

#![no_main]

use ledger::armor::{Scheme, Signature};
use ledger::signature::self_consistent;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(signature) = Signature::parse(bytes) {
        assert_eq!(signature.to_armor().as_bytes(), bytes, "two spellings");
    }
    let read = std::str::from_utf8(bytes).ok().and_then(|text| Signature::from_program(text).ok());
    if let Some(signature) = read {
        let armor = signature.to_armor();
        assert_eq!(Signature::start(armor.as_bytes()), Some(0));
        assert_eq!(Signature::parse(armor.as_bytes()).expect("our own spelling"), signature);
        let _ = self_consistent(b"payload", &signature);
    }
    let inside = Signature { scheme: Scheme::Ssh, bytes: bytes.to_vec() };
    let _ = self_consistent(b"payload", &inside);
});
