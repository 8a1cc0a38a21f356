//! JSON: the whole of it as one document, or a line for each outcome. Both shapes only ever grow.

use std::io::BufRead;

use serde::ser::{SerializeMap as _, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::ser::PrettyFormatter;
use serde_json::{Map, Value, json as object};
use source::{ModelName, Report};

use super::{Reported, conclusion};
use crate::gate::Baseline;
use crate::run::{Part, Results};

/// About so many bytes are written at a time.
const PIECE: usize = 32 << 10;

/// `{format, conclusion, suites: [{verdict, results, baseline?}]}` with what was `found` in the conclusion, and whatever `more` adds at the top, in pieces that are
/// given to `take`.
pub fn json(reported: &[Reported<'_>], found: &Report, more: Map<String, Value>, take: &mut dyn FnMut(&str)) {
    let mut out = Pieces { text: Vec::new(), take };
    let mut whole = more;
    whole.insert("format".to_owned(), 1.into());
    whole.insert("conclusion".to_owned(), conclusion(reported, found).as_str().into());
    whole.insert("suites".to_owned(), Value::Null);
    let suites = Suites(reported);
    let mut to = serde_json::Serializer::with_formatter(&mut out, PrettyFormatter::new());
    // Nothing that is written here can fail: keys are texts, and pieces are taken whatever they are.
    let _ = in_order(&whole, "suites", &suites, &mut to);
    out.text.push(b'\n');
    out.lines();
}

/// Writes `map` with `value` under `key`, which holds too much for a tree of its own.
fn in_order<S: Serializer>(
    map: &Map<String, Value>,
    key: &str,
    value: &impl Serialize,
    to: S,
) -> Result<S::Ok, S::Error> {
    let mut written = to.serialize_map(Some(map.len()))?;
    for (name, own) in map {
        if name == key { written.serialize_entry(name, value)? } else { written.serialize_entry(name, own)? }
    }
    written.end()
}

/// What was run, one suite after another.
struct Suites<'a, 'r>(&'a [Reported<'r>]);

impl Serialize for Suites<'_, '_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(One))
    }
}

struct One<'a, 'r>(&'a Reported<'r>);

impl Serialize for One<'_, '_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Reported { results, verdict, baseline, .. } = *self.0;
        let mut written = to.serialize_map(None)?;
        if let Some(baseline) = baseline {
            written.serialize_entry("baseline", &Other(baseline))?;
        }
        written.serialize_entry("results", &Ran(results))?;
        written.serialize_entry("verdict", &object!(verdict))?;
        written.end()
    }
}

/// A baseline, its keys in order.
struct Other<'a>(&'a Baseline);

impl Serialize for Other<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let results = self.0.results.as_ref();
        let Value::Object(map) = object!(Baseline { results: results.map(Results::head), ..self.0.aside() }) else {
            return to.serialize_unit();
        };
        match results {
            Some(results) => in_order(&map, "results", &Ran(results), to),
            None => map.serialize(to),
        }
    }
}

/// Results, their keys in order, their outcomes one after another.
struct Ran<'a>(&'a Results);

impl Serialize for Ran<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Value::Object(map) = object!(self.0.head()) else { return to.serialize_unit() };
        in_order(&map, "outcomes", &Outcomes(self.0), to)
    }
}

struct Outcomes<'a>(&'a Results);

impl Serialize for Outcomes<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.outcomes.iter().map(|outcome| object!(&*outcome)))
    }
}

/// Gives away what is written to it, a few thousand bytes at a time.
struct Pieces<'a> {
    text: Vec<u8>,
    take: &'a mut dyn FnMut(&str),
}

impl Pieces<'_> {
    fn end_line(&mut self) {
        self.text.push(b'\n');
        if self.text.len() >= PIECE {
            self.lines();
        }
    }

    /// Whole lines: whoever escapes them looks at where they begin.
    fn lines(&mut self) {
        let end = self.text.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        self.give(end);
    }

    fn give(&mut self, end: usize) {
        (self.take)(std::str::from_utf8(&self.text[..end]).expect("JSON is written as UTF-8"));
        self.text.drain(..end);
    }
}

impl std::io::Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.text.extend_from_slice(bytes);
        if self.text.len() >= PIECE {
            self.lines();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A line for each outcome: `{suite, prompt, model, outcome}`, many at a time to `take`.
pub fn lines(reported: &[Reported<'_>], take: &mut dyn FnMut(&str)) {
    let mut out = Pieces { text: Vec::new(), take };
    for Reported { results, .. } in reported {
        for outcome in &results.outcomes {
            // An outcome becomes a tree for the order of its keys, the line around it need not.
            let line = Line {
                model: results.models.get(outcome.model),
                outcome: object!(&*outcome),
                prompt: &results.prompt,
                suite: &results.suite,
            };
            // Nothing that is written here can fail, as above.
            let _ = serde_json::to_writer(&mut out.text, &line);
            out.end_line();
        }
    }
    out.lines();
}

/// Its fields in the order of their names, as everywhere in these reports.
#[derive(Serialize)]
struct Line<'a> {
    model: Option<&'a ModelName>,
    outcome: Value,
    prompt: &'a str,
    suite: &'a str,
}

/// Reads the runs back from what [`json`] wrote; what they came to is left aside, whoever merges them judges anew.
pub fn read(mut from: impl BufRead) -> Result<Vec<Part>, String> {
    if from.fill_buf().is_ok_and(<[u8]>::is_empty) {
        return Err("it is empty, as of a run that failed before it had anything to say".to_owned());
    }
    #[derive(Deserialize)]
    struct Document {
        format: u64,
        suites: Vec<Suite>,
    }
    #[derive(Deserialize)]
    struct Suite {
        results: Results,
        baseline: Option<Baseline>,
    }
    let document: Document = serde_json::from_reader(from).map_err(|e| match e.is_eof() {
        true => format!("it is cut off ({e})"),
        false => e.to_string(),
    })?;
    if document.format != 1 {
        return Err(format!("it is of format {}, this program reads format 1", document.format));
    }
    let part = |s: Suite| Part { results: s.results, baseline: s.baseline };
    Ok(document.suites.into_iter().map(part).collect())
}
