//! CSV: a column a variable, and columns that begin with two underscores as promptfoo has them.
//!
//! `__expected`, `__expected2`, … hold assertions; `__description`, `__metric`, `__threshold`, `__providerOutput`,
//! `__metadata:key`, `__metadata:key[]` and `__config:__expected2:threshold` say more of them; `__id` and `__cluster`
//! are ours.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use source::Span;
use source::render::counted;
use source::yaml::{Entry, Kind, Node};

use super::{From, Take, cell};
use crate::reading::{MOST_FAULTS, MOST_LINE, MOST_ROWS, Reading, node_of};
use crate::rules;
use crate::suite::{At, RowFile};

/// What a column holds.
enum Column {
    Variable(String),
    Expected(usize),
    Description,
    Metric,
    Threshold,
    Stored,
    Id,
    Cluster,
    Metadata { key: String, list: bool },
    ExpectedThreshold(usize),
    Nothing,
}

pub(super) fn read(reading: &mut Reading<'_>, take: &mut Take<'_>) {
    let text = reading.text.clone();
    if let Some(long) = too_long(text.as_str()) {
        let message = format!("this line is longer than {MOST_LINE} bytes, or the first than {MOST_HEADER}");
        reading.fault("too-complex", long, message, "write long values as JSONL");
        return;
    }
    let mut csv = csv::ReaderBuilder::new().has_headers(false).flexible(false).from_reader(text.as_str().as_bytes());
    let mut columns: Option<Vec<Column>> = None;
    let mut rows = 0;
    let mut record = csv::StringRecord::new();
    loop {
        let start = csv.position().byte();
        match csv.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let span = line_at(reading, start);
                let why = match error.kind() {
                    csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                        let cells = counted(usize::try_from(*len).unwrap_or(usize::MAX), "cell");
                        format!("this row has {cells}, the first has {expected_len}")
                    }
                    _ => format!("this is not CSV: {error}"),
                };
                let help = "quote cells that contain commas, quotes or line breaks";
                reading.fault(rules::DATA_UNREADABLE, span, why, help);
                return;
            }
        }
        if record.as_slice().len() > MOST_LINE {
            let at = usize::try_from(start).unwrap_or(usize::MAX);
            let message = format!("this row is longer than {MOST_LINE} bytes; is a quote left open?");
            reading.fault("too-complex", Span::new(at, at), message, "write long values as JSONL");
            return;
        }
        let start = record.position().map_or(start, csv::Position::byte);
        let span = span_of(reading, start, csv.position().byte());
        // A quote that is left open takes in all that is left, so that only the last row can have one.
        let is_last = text.as_str().len() as u64 <= csv.position().byte();
        if let Some(open) = left_open(text.slice(span)).filter(|_| is_last) {
            let at = span.start as usize + open;
            let rows = text.as_str()[at..].trim_end().lines().count();
            let rest = if rows > 1 { format!(": {rows} lines are one cell") } else { String::new() };
            let message = format!("this quote is never closed{rest}");
            reading.fault(
                rules::DATA_UNREADABLE,
                Span::new(at, at + 1),
                message,
                "close it; a quote within quotes is written twice",
            );
            return;
        }
        match &columns {
            None => {
                let Some(header) = header(reading, &record, span) else { return };
                columns = Some(header);
            }
            Some(columns) => {
                if let Some(row) = row(reading, columns, &record, span) {
                    rows += 1;
                    take(reading, &row, From::Row);
                }
            }
        }
        if rows > MOST_ROWS || reading.findings.len() > MOST_FAULTS {
            break;
        }
    }
}

/// The rows of a file that is too long to hold; `false` where anything about it is wrong.
pub(super) fn long(reading: &mut Reading<'_>, file: &Arc<RowFile>, take: &mut Take<'_>) -> bool {
    let from = file.bytes().reader();
    let mut csv = csv::ReaderBuilder::new().has_headers(false).flexible(false).from_reader(from);
    let (mut columns, mut rows, mut record) = (None, 0, csv::StringRecord::new());
    loop {
        let start = csv.position().byte();
        match csv.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return true,
            Err(_) => return false,
        }
        let most = if columns.is_none() { MOST_HEADER } else { MOST_LINE };
        // Whether a quote was left open is told with the whole text at hand.
        if csv.position().byte() >= file.bytes().len() as u64 && record.as_slice().contains('\n') {
            return false;
        }
        if record.as_slice().len() > most || record.as_slice().contains(['\0', '\u{feff}']) {
            return false;
        }
        let to = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let start = record.position().map_or(start, csv::Position::byte);
        let span = Span::new(to(start), to(csv.position().byte()));
        match &columns {
            None => columns = header(reading, &record, span),
            Some(columns) => {
                let Some(row) = row(reading, columns, &record, span) else { return false };
                rows += 1;
                reading.row = Some(At::Row(Arc::clone(file), span));
                take(reading, &row, From::Row);
            }
        }
        if columns.is_none() || rows > MOST_ROWS || !reading.findings.is_empty() {
            return false;
        }
    }
}

/// How long the first line may be: every column is a variable.
const MOST_HEADER: usize = 64 << 10;

/// The start of the first line that is too long.
fn too_long(text: &str) -> Option<Span> {
    let mut at = 0;
    for (n, line) in text.split_inclusive('\n').enumerate() {
        if line.len() > if n == 0 { MOST_HEADER } else { MOST_LINE } {
            return Some(Span::new(at, at));
        }
        at += line.len();
    }
    None
}

/// Where in `row` the quote stands that nothing closes: one that begins a cell, as readers of CSV have it.
fn left_open(row: &str) -> Option<usize> {
    let (mut open, mut begins, mut bytes) = (None, true, row.bytes().enumerate().peekable());
    while let Some((at, byte)) = bytes.next() {
        match (open, byte) {
            (Some(_), b'"') if bytes.next_if(|(_, next)| *next == b'"').is_none() => open = None,
            (Some(_), _) => {}
            (None, b'"') if begins => open = Some(at),
            (None, _) => {}
        }
        begins = byte == b',' && open.is_none();
    }
    open
}

fn line_at(reading: &Reading<'_>, byte: u64) -> Span {
    let at = usize::try_from(byte).unwrap_or(usize::MAX);
    let rest = reading.text.as_str().get(at..).unwrap_or("");
    let at = at + rest.len() - rest.trim_start_matches(['\n', '\r']).len();
    let position = reading.text.position(u32::try_from(at).unwrap_or(u32::MAX));
    reading.text.line_span(position.line)
}

fn span_of(reading: &Reading<'_>, start: u64, end: u64) -> Span {
    let to = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let span = Span::new(to(start), to(end).min(reading.text.as_str().len()));
    // What ended the row before may still stand here: of CRLF the second half, and empty lines.
    let rest = reading.text.slice(span);
    let start = to(start) + rest.len() - rest.trim_start_matches(['\n', '\r']).len();
    let body = rest.trim_matches(['\n', '\r']);
    Span::new(start, start + body.len())
}

fn header(reading: &mut Reading<'_>, record: &csv::StringRecord, span: Span) -> Option<Vec<Column>> {
    let mut columns = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let before = reading.findings.len();
    if record.len() == 1
        && let Some(separator) = record.iter().flat_map(str::chars).find(|c| matches!(c, ';' | '\t' | '|'))
    {
        let named = if separator == '\t' { "tabs".to_owned() } else { format!("`{separator}`") };
        let message = format!("the columns are separated by {named}, not by commas");
        reading.fault(rules::CELL_INVALID, span, message, "save the file with commas between the cells");
        return None;
    }
    for name in record.iter().map(str::trim) {
        if !seen.insert(name) {
            reading.fault(rules::CELL_INVALID, span, format!("the column `{name}` stands twice"), "rename one");
        }
        columns.push(column(reading, name, span));
    }
    (reading.findings.len() == before).then_some(columns)
}

fn column(reading: &mut Reading<'_>, name: &str, span: Span) -> Column {
    let number = |digits: &str| if digits.is_empty() { Some(1) } else { digits.parse().ok().filter(|n| *n >= 1) };
    let special = match name {
        "__description" => Some(Column::Description),
        "__metric" => Some(Column::Metric),
        "__threshold" => Some(Column::Threshold),
        STORED => Some(Column::Stored),
        "__id" => Some(Column::Id),
        "__cluster" => Some(Column::Cluster),
        _ => None,
    };
    if let Some(column) = special {
        return column;
    }
    if let Some(digits) = name.strip_prefix("__expected")
        && let Some(n) = number(digits)
    {
        return Column::Expected(n);
    }
    if let Some(key) = name.strip_prefix("__metadata:").filter(|k| !k.is_empty()) {
        let list = key.ends_with("[]");
        return Column::Metadata { key: key.trim_end_matches("[]").to_owned(), list };
    }
    if let Some(digits) = name.strip_prefix("__config:__expected").and_then(|r| r.strip_suffix(":threshold"))
        && let Some(n) = number(digits)
    {
        return Column::ExpectedThreshold(n);
    }
    let typing_error = ["expected", "description", "metric", "threshold", "providerOutput", "metadata", "config"];
    let (message, help) = if name.is_empty() {
        ("a column has no name".to_owned(), "name it, or remove it".to_owned())
    } else if name == "__prefix" || name == "__suffix" {
        (format!("`{name}` would change the prompt under test"), "remove the column".to_owned())
    } else if folded(name) == folded(STORED) {
        (format!("`{name}` holds no answers, and every row would be asked"), format!("did you mean `{STORED}`?"))
    } else if name.starts_with("__") {
        let near = KNOWN.into_iter().find(|known| folded(known) == folded(name));
        let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let near = near.or_else(|| source::nearest::nearest(bare, KNOWN));
        let number = if near == Some("__expected") { &name[bare.len()..] } else { "" };
        let help = near.map_or_else(
            || format!("the columns are {}; a name such as `ticket` makes a variable", KNOWN.join(", ")),
            |near| format!("did you mean `{near}{number}`?"),
        );
        (format!("there is no column `{name}`"), help)
    } else if let Some(bare) = name.strip_prefix('_').filter(|b| typing_error.iter().any(|t| b.starts_with(t))) {
        (format!("`{name}` begins with one underscore"), format!("did you mean `__{bare}`?"))
    } else {
        return Column::Variable(name.to_owned());
    };
    reading.fault(rules::CELL_INVALID, span, message, help);
    Column::Nothing
}

/// The column that holds answers.
const STORED: &str = "__providerOutput";

/// The columns that are no variables.
const KNOWN: [&str; 8] =
    ["__id", "__expected", "__description", "__metric", "__threshold", STORED, "__cluster", "__metadata:NAME"];

/// A name as it sounds: without underscores, in lower case.
fn folded(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// A row in the shape of a test.
fn row(reading: &mut Reading<'_>, columns: &[Column], record: &csv::StringRecord, span: Span) -> Option<Node> {
    let mut vars = Vec::new();
    let mut test = Map::new();
    let mut metadata = Map::new();
    let mut asserts: Vec<(usize, Value)> = Vec::new();
    let mut thresholds: Vec<(usize, f64)> = Vec::new();
    let mut metric = None;
    let before = reading.findings.len();
    for (column, cell) in columns.iter().zip(record) {
        let filled = !cell.trim().is_empty();
        match column {
            Column::Variable(name) => {
                vars.push(Entry { key: name.clone(), key_span: span, value: node_of(cell.into(), span) });
            }
            Column::Expected(n) if filled => match cell::assertion(cell.trim()) {
                Ok(assertion) => asserts.push((*n, assertion)),
                Err(fault) => reading.fault(fault.rule, span, fault.message, fault.help),
            },
            Column::Description if filled => drop(test.insert("description".into(), cell.into())),
            Column::Id if filled => drop(test.insert("id".into(), cell.trim().into())),
            Column::Cluster if filled => drop(test.insert("cluster".into(), cell.trim().into())),
            // A blank one is an empty answer: nobody is asked for a row of a file of answers.
            Column::Stored => drop(test.insert("providerOutput".into(), cell.into())),
            Column::Metric if filled => metric = Some(cell.to_owned()),
            Column::Threshold if filled => {
                if let Some(n) = number(reading, cell, span) {
                    test.insert("threshold".into(), json!(n));
                }
            }
            Column::ExpectedThreshold(n) if filled => thresholds.extend(number(reading, cell, span).map(|t| (*n, t))),
            Column::Metadata { key, list: false } if filled => drop(metadata.insert(key.clone(), cell.into())),
            Column::Metadata { key, list: true } if filled => {
                metadata.insert(key.clone(), cell::escaped_list(cell).into());
            }
            _ => {}
        }
    }
    for (n, threshold) in thresholds {
        match asserts.iter_mut().find(|(m, _)| *m == n) {
            Some((_, assertion)) if !cell::takes_threshold(assertion) => {
                let word = assertion["type"].as_str().unwrap_or_default();
                let fault = cell::ungraded(word, format!("empty the cell under `__config:__expected{n}:threshold`"));
                reading.fault(fault.rule, span, fault.message, fault.help);
            }
            Some((_, assertion)) => assertion["threshold"] = json!(threshold),
            None => {
                let message = format!("a threshold for `__expected{n}`, which is empty");
                reading.fault(rules::CELL_INVALID, span, message, "fill in the assertion, or empty this cell too")
            }
        }
    }
    if reading.findings.len() > before {
        return None;
    }
    asserts.sort_by_key(|(n, _)| *n);
    let mut list = Vec::new();
    for (_, mut assertion) in asserts {
        if let Some(fault) = cell::unmeasured(&assertion) {
            reading.fault(fault.rule, span, fault.message, fault.help);
            return None;
        }
        if let Some(metric) = &metric {
            assertion["metric"] = metric.as_str().into();
        }
        list.push(assertion);
    }
    if !list.is_empty() {
        test.insert("assert".into(), Value::Array(list));
    }
    if !metadata.is_empty() {
        test.insert("metadata".into(), Value::Object(metadata));
    }
    let Node { kind: Kind::Map(mut entries), span } = node_of(Value::Object(test), span) else { return None };
    entries.push(Entry { key: "vars".into(), key_span: span, value: Node { span, kind: Kind::Map(vars) } });
    Some(Node { span, kind: Kind::Map(entries) })
}

fn number(reading: &mut Reading<'_>, cell: &str, span: Span) -> Option<f64> {
    let n = cell.trim().parse().ok().filter(|n: &f64| n.is_finite());
    if n.is_none() {
        let message = format!("`{}` is not a number", cell.trim());
        reading.fault(rules::CELL_INVALID, span, message, "write a number, or empty the cell");
    }
    n
}
