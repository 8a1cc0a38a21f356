//! Policy documents: refused with a reason and only then, and every answer of a policy is had without a panic.
//!
//! The first byte chooses the document that the rest replaces; the ledger reads the same documents with the same code.

#![no_main]

use libfuzzer_sys::fuzz_target;
use policy::Policy;
use policy::policy::documents_digest;

fuzz_target!(|bytes: &[u8]| {
    let Some((&which, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let mut texts = fuzz::POLICY;
    texts[usize::from(which) % 3].1 = text;
    let snapshot = fuzz::snapshot(texts);
    let loaded = Policy::load(&snapshot);
    fuzz::hold(&loaded.findings);
    assert_eq!(loaded.policy.is_none(), fuzz::fails(&loaded.findings), "refused with a reason, and only then");
    documents_digest(&snapshot).expect("its files are regular");
    let Some(policy) = &loaded.policy else { return };
    assert!(policy::diff::diff(policy, policy).is_empty());
    // What git is handed: one principal, options, algorithm and key a line, and nobody's name adds a line.
    for line in ledger::export::lines(policy) {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words.len(), 4, "{line:?}");
        assert!(words[1].ends_with("namespaces=\"git\""), "{line:?}");
        assert!(!line.chars().any(source::escape::is_hidden), "{line:?}");
        ssh_key::PublicKey::from_openssh(&words[2..].join(" ")).expect("a key that others read too");
    }
});
