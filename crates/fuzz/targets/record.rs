//! Records and ref names: what is read is written back byte for byte; nothing else is read.

#![no_main]

use ledger::{Record, RefName};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Record::parse(text) {
        Ok(record) => {
            assert_eq!(record.render().expect("what is read can be written"), text);
            assert!(text.starts_with(&record.subject()));
            let hidden = |c: char| c != '\n' && source::escape::is_hidden(c);
            assert!(!text.contains(hidden), "hidden characters in {text:?}");
        }
        Err(refusal) => {
            assert!(!refusal.to_string().is_empty());
            assert!(refusal.to_string().len() < 2_000, "{refusal}");
        }
    }
    for line in text.lines() {
        if let Ok(name) = line.parse::<RefName>() {
            assert_eq!(name.to_string(), line);
            assert_eq!(RefName::from_full(&name.full()).expect("its own name"), name);
            assert!(name.folders().iter().all(|folder| !folder.contains('@')));
        }
        if let Some(mark) = ledger::Mark::from_line(line) {
            assert_eq!(ledger::Mark::from_line(&mark.to_line()), Some(mark));
        }
    }
});
