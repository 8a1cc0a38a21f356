//! Whether a suite's cases fit its prompt's inputs: found out before anybody is asked.

use std::collections::{BTreeMap, BTreeSet};

use prompt::{Compiled, RenderError, Renderer};
use serde_json::{Map, Value};
use source::yaml::{self, Kind, Node};
use source::{Finding, Place, RepoPath, Severity, Span, nearest};

use super::gate_check::out_of_reach;
use super::questions::{Asked, Questions};
use super::{At, Case, Suite};
use crate::dataset::is_csv;
use crate::reading::WRITTEN_LIMITS;
use crate::rules;

/// Variables that model-graded assertions read by name.
const READ_BY_GRADERS: [&str; 2] = ["query", "context"];

/// How the renderer says that an input was not given.
const IS_MISSING: &str = "is missing";

/// How a suite fits its prompt.
#[derive(Debug)]
pub struct Fit {
    /// What is wrong between the two.
    pub findings: Vec<Finding>,
    /// What several cases ask.
    pub questions: Questions,
}

pub(super) fn fit(suite: &Suite, compiled: &Compiled, renderer: &Renderer) -> Fit {
    let inputs: BTreeSet<&str> = compiled.inputs.iter().map(|i| i.name.as_str()).collect();
    let mut asked = Asked::default();
    let mut unused: BTreeMap<String, (Case, usize)> = BTreeMap::new();
    let mut faults: BTreeMap<Clause, (Case, usize)> = BTreeMap::new();
    let stratum = suite.sample.as_ref().and_then(|s| s.stratify_by.as_deref());
    for case in &suite.cases {
        let referred: BTreeSet<&str> = case
            .asserts
            .iter()
            .flat_map(|i| i.asserts())
            .flat_map(crate::assertion::Assertion::templates)
            .flat_map(crate::reference::Template::variables)
            .collect();
        let used = |name: &str| {
            inputs.contains(name) || referred.contains(name) || READ_BY_GRADERS.contains(&name) || Some(name) == stratum
        };
        let vars = case.vars.map();
        for name in vars.keys().filter(|name| !used(name)) {
            unused.entry(name.clone()).or_insert_with(|| ((*case).clone(), 0)).1 += 1;
        }
        let rendered = case.stored.is_none().then(|| renderer.render(&fit_vars(compiled, vars)));
        asked.push(&case, rendered.as_ref().and_then(|rendered| rendered.as_deref().ok()));
        if let Some(Err(error)) = &rendered {
            for clause in clauses(error) {
                faults.entry(clause).or_insert_with(|| ((*case).clone(), 0)).1 += 1;
            }
        }
    }
    let (questions, mut findings) = asked.closed(suite);
    // By its clusters alone the suite was judged when it was read.
    findings.extend(Some(&questions).filter(|found| found.surplus > 0).and_then(|found| out_of_reach(suite, found)));
    let mut places = Places::default();
    for ((mut message, input), (case, count)) in faults {
        let case = &case;
        let place = places.of(case, input.as_deref());
        let meant = |name: &&str| nearest::nearest(name, inputs.iter().copied()) == input.as_deref();
        let slip = unused.keys().find(|name| meant(&name.as_str())).cloned().filter(|_| message.contains(IS_MISSING));
        // A misspelt name is said once, at the name.
        if let (Some(input), Some(name)) = (&input, slip) {
            unused.remove(&name);
            let place = places.of_name(case, &name);
            let message = format!("input `{input}` is missing, and `{name}` is none{}", others(case, count));
            let finding = Finding::new(rules::INPUT_INVALID, place, message);
            findings.push(finding.help(format!("write `{input}` instead of `{name}`")));
            continue;
        }
        let help = if input.as_deref().is_some_and(|input| places.is_expanded(case, input)) {
            message += ": a list of texts under `vars` stands for one case each, as in promptfoo";
            "to pass the list whole, write `options: { disableVarExpansion: true }` beside `vars`"
        } else if let Some(input) = input.as_deref().filter(|_| is_csv(case.at.path()) && message.contains(IS_MISSING))
        {
            &format!("add a column `{input}`")
        } else if is_csv(case.at.path()) {
            "correct the cell; CSV holds texts only, JSONL holds any type"
        } else if message.contains(IS_MISSING) {
            "add it under `vars`"
        } else {
            "correct the value under `vars`"
        };
        findings.push(Finding::new(rules::INPUT_INVALID, place, message + &others(case, count)).help(help));
    }
    for (name, (case, count)) in unused {
        let case = &case;
        let message = format!("neither the prompt nor an assertion uses `{name}`{}", others(case, count));
        let near = nearest::nearest(&name, inputs.iter().copied());
        let (severity, help) = match near {
            Some(near) => (Severity::Error, format!("did you mean `{near}`?")),
            None if is_csv(case.at.path()) => {
                (Severity::Warning, format!("remove the column, or name it `__metadata:{name}`"))
            }
            None => (Severity::Warning, "remove it, or keep it under `metadata`".to_owned()),
        };
        let place = places.of_name(case, &name);
        findings.push(Finding::new(rules::VARIABLE_UNUSED, place, message).help(help).severity(severity));
    }
    Fit { findings, questions }
}

/// The variables that the prompt takes.
pub fn fit_vars(compiled: &Compiled, mut vars: Map<String, Value>) -> Map<String, Value> {
    vars.retain(|name, _| compiled.inputs.iter().any(|i| i.name == *name));
    vars
}

/// What is wrong with a case, and with which of its inputs, where it is with one.
type Clause = (String, Option<String>);

fn clauses(error: &RenderError) -> Vec<Clause> {
    match error {
        RenderError::Inputs(faults) => {
            faults.iter().map(|f| (format!("input `{}` {}", f.name, f.message), Some(f.name.clone()))).collect()
        }
        other => vec![(format!("could not {other}"), None)],
    }
}

/// Finds variables in the files again, where they are YAML: cases keep no place of each.
#[derive(Default)]
struct Places(BTreeMap<RepoPath, Option<Node>>);

impl Places {
    /// The value at `input` (`history.2`) of `case`, or the nearest part above it that stands in the case itself.
    fn of(&mut self, case: &Case, input: Option<&str>) -> Place {
        let found = input.and_then(|input| {
            let vars = self.vars(case)?;
            let path: Vec<&str> = input.split('.').collect();
            (1..=path.len()).rev().find_map(|n| Some(vars.at(&path[..n])?.span))
        });
        found.map_or_else(|| case.at.place(), |span| Place::new(&case.at.place().text, span))
    }

    /// Whether `input` is written as a list and `case` holds one of its texts.
    fn is_expanded(&mut self, case: &Case, input: &str) -> bool {
        let is_text = case.vars.map().get(input).is_some_and(Value::is_string);
        is_text
            && self.vars(case).and_then(|vars| vars.get(input)).is_some_and(|node| matches!(node.kind, Kind::Seq(_)))
    }

    /// The name of a variable of `case`.
    fn of_name(&mut self, case: &Case, name: &str) -> Place {
        let found = self.vars(case).and_then(|vars| Some(vars.entry(name)?.key_span));
        found.map_or_else(|| case.at.place(), |span| Place::new(&case.at.place().text, span))
    }

    fn vars(&mut self, case: &Case) -> Option<&Node> {
        // Rows are no YAML.
        let At::Text(Place { text, span }) = &case.at else { return None };
        let root = self.0.entry(text.path().clone()).or_insert_with(|| {
            let written = [".yaml", ".yml"].iter().any(|ending| text.path().as_str().ends_with(ending));
            let whole = Span::new(0, text.as_str().len());
            written.then(|| yaml::read(text, whole, &WRITTEN_LIMITS).ok()).flatten()
        });
        find(root.as_ref()?, *span)?.get("vars")
    }
}

/// The mapping that stands exactly at `span`.
fn find(node: &Node, span: Span) -> Option<&Node> {
    if node.span == span && matches!(node.kind, Kind::Map(_)) {
        return Some(node);
    }
    let mut below = node.items().iter().chain(node.entries().iter().map(|entry| &entry.value));
    below.find(|inner| inner.span.start <= span.start && span.end <= inner.span.end).and_then(|inner| find(inner, span))
}

fn others(case: &Case, count: usize) -> String {
    match count {
        1 => format!(" (case `{}`)", case.id),
        n => format!(" (case `{}` and {} more)", case.id, n - 1),
    }
}
