//! Text that we did not write, in every place that we show it: nothing of it acts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use source::{Finding, Place, RepoPath, Report, Severity, Span, Text, escape, render};

fuzz_target!(|text: &str| {
    for shown in [escape::terminal(text), escape::terminal_lines(text)] {
        quiet(&shown);
        assert!(!shown.contains("##["), "{shown:?}");
        assert!(!shown.lines().any(|line| line.trim_start().starts_with("::")), "{shown:?}");
    }
    assert!(!escape::terminal(text).contains('\n'));
    let markdown = escape::markdown(text);
    assert!(!markdown.contains('\n') && !markdown.contains("<!--"), "{markdown:?}");
    assert!(!markdown.contains('<'), "{markdown:?}");
    assert!(!mentions(&markdown), "{markdown:?}");
    let code = escape::markdown_code(text);
    let fence = escape::markdown_fence(text, "text");
    for shown in [&code, &fence] {
        quiet(shown);
        assert!(!shown.contains("<!--"), "{shown:?}");
    }
    let ticks = fence.chars().take_while(|c| *c == '`').count();
    let inside = fence.lines().skip(1).collect::<Vec<_>>();
    let (last, body) = inside.split_last().expect("a closing fence");
    assert_eq!(last.len(), ticks);
    assert!(body.iter().all(|line| line.trim_start().chars().take_while(|c| *c == '`').count() < ticks), "{fence:?}");

    let path = text.lines().next().and_then(|line| RepoPath::new(line).ok());
    let place = Place::new(&Text::new(path.unwrap_or_else(|| RepoPath::new("a").expect("a path")), text), Span::new(0, 9));
    let finding = Finding::new("value-invalid", place.clone(), text).help(text).also(place, text);
    let report = Report::new(vec![finding.clone(), finding.severity(Severity::Warning)]);
    for colour in [false, true] {
        let human = render::human(&report, colour);
        let without = if colour { human.replace("\u{1b}[", "") } else { human };
        quiet(&without);
        assert!(!fuzz::heard(&without), "{without:?}");
    }
    quiet(&render::short(&report));
    for line in render::github(&report).lines() {
        let command = ["::error ", "::warning ", "::notice "].iter().any(|c| line.starts_with(c));
        assert!(command, "{line:?} is no command of ours");
    }
    for line in render::json_lines(&report).lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("JSON");
    }
    serde_json::from_str::<serde_json::Value>(&render::gitlab(&report)).expect("JSON");
});

/// Nothing that a terminal obeys or that people do not see.
fn quiet(shown: &str) {
    assert!(!shown.contains(|c: char| !matches!(c, '\n' | '\t') && escape::is_hidden(c)), "{shown:?}");
}

fn mentions(markdown: &str) -> bool {
    let bytes = markdown.as_bytes();
    bytes.windows(2).any(|w| w[0] == b'@' && (w[1].is_ascii_alphanumeric()))
}
