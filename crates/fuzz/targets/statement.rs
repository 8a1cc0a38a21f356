//! Statements of evidence: canonical JSON, read and written in one way.

#![no_main]

use ledger::Statement;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(statement) = Statement::parse(bytes) {
        assert_eq!(statement.to_bytes().expect("what is read can be written"), bytes);
        assert_eq!(statement.tally_by_model().len(), statement.models.names().len());
    }
});
