//! Signed tags: what is read is written back byte for byte, and its identity is that of the signed bytes.

#![no_main]

use ledger::SignedTag;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match SignedTag::parse(bytes) {
        Ok(tag) => {
            assert_eq!(tag.bytes(), bytes);
            assert!(bytes.starts_with(tag.payload()));
            assert_eq!(tag.digest(), source::Digest::of(tag.payload()));
            assert!(tag.record().is_named(tag.name()));
        }
        Err(refusal) => assert!(refusal.to_string().len() < 2_000, "{refusal}"),
    }
});
