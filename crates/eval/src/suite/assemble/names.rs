//! Names within a suite: variables that assertions refer to, and ids of cases.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use source::{Finding, Place, Span};

use super::{Assembler, MOST_FINDINGS};
use crate::assertion::Item;
use crate::dataset::is_csv;
use crate::hashed::hashed;
use crate::reading::Reading;
use crate::rules;
use crate::suite::At;

impl Assembler<'_> {
    /// References of `items` to what `vars` does not hold, each reported once. The first `inherited` of them stand in the
    /// suite itself, wherever the case does.
    pub(super) fn undefined(
        &mut self,
        reading: &mut Reading<'_>,
        (items, inherited): (&[Item], usize),
        vars: &Map<String, Value>,
        case: Span,
    ) {
        let text_path = &reading.text.path().clone();
        for (n, item) in items.iter().enumerate() {
            let text = if n < inherited { self.home.clone() } else { reading.text.clone() };
            let set = match item {
                Item::Set(set, _) => set.metric.as_ref().map(|m| (set.span, m)),
                Item::One(..) => None,
            };
            let asserts = item.asserts().iter().flat_map(|a| a.templates().into_iter().map(|t| (a.span, t)));
            for (span, template) in asserts.chain(set) {
                for name in template.variables().filter(|name| !vars.contains_key(*name)) {
                    if self.undefined.insert((text.path().clone(), span, name.to_owned())) {
                        let near = source::nearest::nearest(name, vars.keys().map(String::as_str));
                        let help = match near {
                            _ if name == "vars" || name == "context" => {
                                "write the variable's name alone: `{{ ticket }}`, not `{{ vars.ticket }}`".to_owned()
                            }
                            Some(near) => format!("did you mean `{near}`?"),
                            None if is_csv(text_path) => format!("add a column `{name}`"),
                            None => "define it under the test's `vars`".to_owned(),
                        };
                        let message = format!("the variable `{name}` is not defined in every case");
                        let finding = Finding::new(rules::VARIABLE_UNDEFINED, Place::new(&text, span), message);
                        let lacks = Place::new(&reading.text, case);
                        let here = lacks.path() == text.path() && case.start <= span.start && span.end <= case.end;
                        let finding = if here { finding } else { finding.also(lacks, "this case has none") };
                        reading.findings.push(finding.help(help));
                    }
                }
            }
        }
    }

    pub(super) fn twins(&mut self) {
        let mut findings = Vec::new();
        // Eight bytes a case tell which ids have to be looked at twice.
        let mut hashes: Vec<u64> = Vec::with_capacity(self.cases.len());
        for case in &self.cases {
            hashes.push(hashed(&case.id));
            if (case.id.is_empty() || case.id.len() > 200 || case.id.chars().any(char::is_control))
                && findings.len() < MOST_FINDINGS
            {
                let message = "an id is 1 to 200 characters without control characters";
                findings.push(Finding::new("value-invalid", case.at.place(), message).help("write another `id:`"));
            }
        }
        hashes.sort_unstable();
        let alike: BTreeSet<u64> = hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        drop(hashes);
        let mut seen: BTreeMap<String, At> = BTreeMap::new();
        let cases = self.cases.iter().filter(|_| !alike.is_empty());
        for case in cases.filter(|case| alike.contains(&hashed(&case.id))) {
            if findings.len() >= MOST_FINDINGS {
                break;
            }
            if let Some(first) = seen.insert(case.id.clone(), case.at.clone()) {
                let message = format!("two cases have the id `{}`", case.id);
                let own = match is_csv(case.at.path()) {
                    true => "a cell of its own under `__id`",
                    false => "an `id:` of its own",
                };
                let finding = Finding::new(rules::CASE_TWIN, case.at.place(), message)
                    .also(first.place(), "the other one")
                    .help(format!(
                        "give each test {own}; where they ask one question, write one test with the assertions of both"
                    ));
                findings.push(finding);
            }
        }
        self.findings.append(&mut findings);
    }
}

/// Where the assertions of `item` stand.
pub(super) fn spans(item: &Item) -> impl Iterator<Item = Span> {
    item.asserts().iter().map(|a| a.span)
}
