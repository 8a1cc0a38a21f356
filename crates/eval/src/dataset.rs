//! Data files of suites: tests in YAML, rows in JSON, JSONL and CSV, with the place of each.

mod cell;
mod csv_rows;
mod unique;

use std::io::{BufRead as _, Read as _};
use std::sync::Arc;

use serde_json::Value;
use source::yaml::{self, Kind, Limits, Node};
use source::{RepoPath, Span};

use crate::reading::{DATA_BYTES, MOST_FAULTS, MOST_LINE, MOST_ROWS, Reading, WRITTEN_LIMITS, node_of};
use crate::rules;
use crate::sealed;
use crate::suite::{At, RowFile};
use unique::Unique;

/// How a test reached us: people write suites, but rows are data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// A person wrote it: `file://` in a variable is read.
    File,
    /// It is data and nothing else.
    Row,
}

/// Whether the tests at `path` are rows of cells.
pub(crate) fn is_csv(path: &RepoPath) -> bool {
    sealed::inner_name(path.as_str()).ends_with(".csv")
}

/// Takes each test of a file as it is read, so that a large file is never held as a tree.
pub(crate) type Take<'t> = dyn FnMut(&mut Reading<'_>, &Node, From) + 't;

/// Reads the data file that `reading` holds, by the ending of its name, and gives each test to `take`.
pub(crate) fn read(reading: &mut Reading<'_>, path: &RepoPath, take: &mut Take<'_>) {
    let whole = Span::new(0, reading.text.as_str().len());
    let ending = sealed::inner_name(path.file_name()).rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending {
        "yaml" | "yml" => match yaml::read(&reading.text, whole, &WRITTEN_LIMITS) {
            Ok(root) => items(reading, &root, From::File, take),
            Err(findings) => reading.findings.extend(findings),
        },
        "json" => {
            if let Some(root) = json(reading, whole) {
                items(reading, &root, From::Row, take);
            }
        }
        "jsonl" | "ndjson" => lines(reading, take),
        "csv" => csv_rows::read(reading, take),
        "js" | "mjs" | "cjs" | "ts" | "py" => {
            let help = "write the cases as data: YAML, JSON, JSONL or CSV";
            reading.fault(rules::KEY_REFUSED, Span::default(), format!("{path} would run code"), help);
        }
        _ => {
            let help = "name it .yaml, .json, .jsonl or .csv";
            let message = format!("{path} is of a kind that holds no tests");
            reading.fault(rules::DATA_UNREADABLE, Span::default(), message, help);
        }
    }
}

/// Gives each row of a file that is too long to hold to `take`; `false` where anything about it is wrong, which whoever reads
/// it as a whole will tell.
pub(crate) fn rows(reading: &mut Reading<'_>, file: &Arc<RowFile>, take: &mut Take<'_>) -> bool {
    match reading.text.path().file_name().rsplit_once('.').map_or("", |(_, ending)| ending) {
        "jsonl" | "ndjson" => long_lines(reading, file, take),
        "csv" => csv_rows::long(reading, file, take),
        _ => false,
    }
}

/// One JSON object a line.
fn long_lines(reading: &mut Reading<'_>, file: &Arc<RowFile>, take: &mut Take<'_>) -> bool {
    let (mut from, mut line, mut at, mut rows) = (file.bytes().reader(), Vec::new(), 0, 0);
    loop {
        line.clear();
        match (&mut from).take(MOST_LINE as u64 + 1).read_until(b'\n', &mut line) {
            Ok(0) => return at == file.bytes().len(),
            Ok(n) if n <= MOST_LINE && !line.contains(&0) => {}
            _ => return false,
        }
        let Ok(text) = std::str::from_utf8(&line) else { return false };
        let span = Span::new(at, at + text.trim_end().len());
        at += text.len();
        if text.trim().is_empty() {
            continue;
        }
        rows += 1;
        let Ok(Unique(value @ Value::Object(_))) = serde_json::from_str(text) else { return false };
        reading.row = Some(At::Row(Arc::clone(file), span));
        take(reading, &node_of(value, span), From::Row);
        if rows > MOST_ROWS || !reading.findings.is_empty() {
            return false;
        }
    }
}

fn items(reading: &mut Reading<'_>, root: &Node, from: From, take: &mut Take<'_>) {
    match &root.kind {
        Kind::Seq(items) => items.iter().for_each(|item| take(reading, item, from)),
        Kind::Null => {}
        _ => {
            reading.fault(rules::DATA_UNREADABLE, root.span, "the file is not a list of tests", "write a list");
        }
    }
}

/// JSON with spans: it is YAML too, except where that reader refuses it.
fn json(reading: &mut Reading<'_>, whole: Span) -> Option<Node> {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(reading.text.as_str()) {
        let line = reading.text.line_span(u32::try_from(error.line()).unwrap_or(u32::MAX));
        reading.fault(rules::DATA_UNREADABLE, line, format!("this is not JSON: {}", why(&error)), "mend the line");
        return None;
    }
    match yaml::read(&reading.text, whole, &Limits { bytes: DATA_BYTES, depth: WRITTEN_LIMITS.depth }) {
        Ok(root) => Some(root),
        Err(findings) => {
            reading.findings.extend(findings);
            None
        }
    }
}

/// What is wrong, without the place: the finding has its own.
fn why(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or_default();
    said.strip_prefix("EOF while parsing ").map_or_else(|| said.to_owned(), |what| format!("it ends within {what}"))
}

/// One JSON object a line; blank lines are passed over.
fn lines(reading: &mut Reading<'_>, take: &mut Take<'_>) {
    let text = reading.text.clone();
    if text.as_str().lines().filter(|line| !line.trim().is_empty()).nth(MOST_ROWS).is_some() {
        let message = format!("the file has more than {MOST_ROWS} rows");
        reading.fault("too-complex", Span::default(), message, "part it into several suites");
        return;
    }
    let mut at = 0;
    for line in text.as_str().split_inclusive('\n') {
        let span = Span::new(at, at + line.trim_end().len());
        at += line.len();
        if line.trim().is_empty() {
            continue;
        }
        if reading.findings.len() > MOST_FAULTS {
            break;
        }
        if line.len() > MOST_LINE {
            let start = Span::new(span.start as usize, span.start as usize);
            let message = format!("this line is longer than {MOST_LINE} bytes");
            reading.fault("too-complex", start, message, "shorten its values");
            continue;
        }
        match serde_json::from_str::<Unique>(line).map(|unique| unique.0) {
            Ok(value @ Value::Object(_)) => take(reading, &node_of(value, span), From::Row),
            Ok(_) => {
                let help = "write one object, such as {\"vars\": {…}}";
                reading.fault(rules::DATA_UNREADABLE, span, "this line is not a JSON object", help);
            }
            Err(error) => {
                let message = match error.is_data() {
                    // A value that is no JSON of ours; the line it names is always the first.
                    true => why(&error),
                    false => format!("this line is not JSON: {}", why(&error)),
                };
                reading.fault(rules::DATA_UNREADABLE, span, message, "write one JSON object on the line");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use source::{RepoPath, Snapshot};

    /// The rules of what is found in a suite whose tests are in this file.
    fn found(name: &str, data: &str) -> Vec<&'static str> {
        let suite = format!("tests: file://{name}\n");
        let snapshot = Snapshot::of_texts("t", [("evals/a.yaml", suite.as_str()), (&format!("evals/{name}"), data)]);
        let loaded = crate::suite::load(&snapshot, &RepoPath::new("evals/a.yaml").unwrap());
        assert!(loaded.suite.is_none());
        loaded.findings.iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn what_costs_more_than_it_says_is_refused() {
        assert_eq!(found("d.jsonl", &format!("{{\"vars\":{{\"a\":\"{}\"}}}}", "x".repeat(5 << 20))), ["too-complex"]);
        assert_eq!(found("d.jsonl", &"{}\n".repeat(2_000_001)), ["too-complex"]);
        assert_eq!(found("d.jsonl", &"\n".repeat(4_000_001)), ["too-complex"]);
        assert_eq!(found("d.csv", &format!("a\n{}", "\n".repeat(4_000_001))), ["too-complex"]);
        assert_eq!(found("d.json", &format!("[{}1]", "1,".repeat(1_000_001))), ["too-complex"]);
        assert_eq!(found("d.yaml", &format!("[{}1]", "1,".repeat(1_000_001))), ["too-complex"]);
        assert_eq!(found("d.yaml", &"x".repeat(5 << 20)), ["too-complex"]);
    }

    #[test]
    fn scenarios_that_multiply_are_counted_first() {
        let config = "      - vars: { a: b }\n".repeat(500);
        let tests = "      - assert: [{ type: contains, value: c }]\n".repeat(500);
        let suite = format!("scenarios:\n  - config:\n{config}    tests:\n{tests}");
        let snapshot = Snapshot::of_texts("t", [("evals/a.yaml", suite.as_str())]);
        let loaded = crate::suite::load(&snapshot, &RepoPath::new("evals/a.yaml").unwrap());
        assert_eq!(loaded.findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["too-complex"]);
    }
}
