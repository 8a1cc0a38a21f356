//! Whole catalogues: prompts and blocks that include one another, judged by every rule and shown in every format.
//!
//! The text is two prompts, two blocks and the routes, parted by lines `%%%%`.

#![no_main]

use check::{Contents, History, Subject};
use libfuzzer_sys::fuzz_target;
use policy::Policy;
use prompt::Catalog;
use source::{Timestamp, render};

fuzz_target!(|text: &str| {
    let [a, b, x, y, routes] = fuzz::parts(text);
    let routes = if routes.is_empty() { fuzz::ROUTES.1 } else { routes };
    let files = [
        ("prompts/support/a.md", a),
        ("prompts/b.md", b),
        ("prompts/blocks/x.md", x),
        ("prompts/blocks/y.md", y),
        ("prompts/routes.yaml", routes),
    ];
    let snapshot = fuzz::snapshot(files.into_iter().chain(fuzz::POLICY));
    let policy = Policy::load(&snapshot).policy.expect("the documents are good");
    let catalog = Catalog::load(&snapshot);
    let contents = Contents::of(&catalog);
    let base = Catalog::load(&fuzz::snapshot([("prompts/support/a.md", b), ("prompts/b.md", a), files[2], files[3], files[4]]));
    let base = Contents::of(&base);
    let history = History::of_revision(&base, "base");
    let now = Timestamp::parse("2026-11-22").expect("a date");
    let report = check::check(&Subject::new(&snapshot, &contents, Some(&policy), &history, now));
    fuzz::hold(report.findings());
    for shown in [render::human(&report, false), render::short(&report)] {
        let hidden = |c: char| c != '\n' && source::escape::is_hidden(c);
        assert!(!shown.contains(hidden), "hidden characters in {shown:?}");
        assert!(!fuzz::heard(&shown), "a workflow command in {shown}");
    }
});
