//! `docs/ledger-codes.md` is what the table says. `BLESS=1 cargo test --test ledger` writes it.

use std::path::Path;

#[test]
fn the_page_of_codes_is_the_table() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ledger-codes.md");
    let expected = format!(
        "# Every way in which the ledger says no\n\nEach has a stable code. The exit is that of a verifier, and of a writer whose\nkey may not sign or whose ledger does not hold. A writer who lacks what policy demands gets 1, and `resolve` gives 2 for what\nwas retired, as for any prompt that is not live.\n\n{}",
        ledger::code::to_markdown()
    );
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&page, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(found == expected, "docs/ledger-codes.md is out of date: run BLESS=1 cargo test --test ledger codes");
}
