//! What a model would see: both sides of a diff rendered over the cases of the prompt's suites.

use std::sync::Arc;

use check::diff::{Diff, Pair};
use ledger::{Code, Refusal};
use prompt::{Compiled, Message, RenderError, Renderer};
use serde_json::{Map, Value};
use source::{Files, Finding, PromptId, ReadError, Severity};

use crate::desk::Desk;
use crate::error::Result;
use crate::found::{Which, in_release};

/// The inputs of one case.
#[derive(Debug, Clone)]
pub struct Example {
    /// The case, with its suite's name before it where that is not the prompt's own.
    pub case: String,
    /// The suite's file.
    pub suite: String,
    /// The inputs.
    pub inputs: Arc<Map<String, Value>>,
}

/// The cases of a prompt's suites.
#[derive(Debug, Clone, Default)]
pub struct Examples {
    /// Those of suites that could be read, in order.
    pub cases: Vec<Example>,
    /// What keeps other suites from being read.
    pub faults: Vec<Finding>,
}

/// The cases of every suite of `id` in `files`.
pub fn examples(files: &dyn Files, id: &PromptId) -> std::result::Result<Examples, ReadError> {
    let mut found = Examples::default();
    for path in eval::suite::paths_of(files, id)? {
        let loaded = eval::suite::load(files, &path);
        let Some(suite) = loaded.suite else {
            found.faults.extend(loaded.findings.into_iter().filter(|f| f.severity == Severity::Error));
            continue;
        };
        let part = suite.name.strip_prefix(id.as_str()).unwrap_or_default().trim_start_matches('.');
        found.cases.extend(suite.cases.iter().map(|case| Example {
            case: if part.is_empty() { case.id.clone() } else { format!("{part}: {}", case.id) },
            suite: path.to_string(),
            inputs: Arc::new(case.vars.map()),
        }));
    }
    Ok(found)
}

/// The same, as the meant release of `id` has them.
pub fn released_examples(desk: &Desk, id: &PromptId, which: Which<'_>) -> Result<Examples> {
    in_release(desk, id, which, |files| {
        Ok(examples(files, id).map_err(|e| Refusal::new(Code::Unreadable, e.to_string()))?)
    })
}

/// Adds to `diff` what both sides render to, case by case: the newer side's cases, or the older one's where it has none.
///
/// Both sides get the newer inputs. Where the older one cannot use them, because an input was renamed say, it gets the inputs
/// that its own suite has for this case. A side without the prompt renders to nothing.
pub fn add_rendered(
    diff: &mut Diff,
    [old, new]: [Option<&Compiled>; 2],
    [before, after]: [&[Example]; 2],
) -> std::result::Result<(), RenderError> {
    let ready = |compiled: &Compiled| Ok::<_, RenderError>((compiled.renderer()?, compiled.clone()));
    let (a, b) = (old.map(ready).transpose()?, new.map(ready).transpose()?);
    let cases = if after.is_empty() { before } else { after };
    let pair = |example: &Example| {
        let then = rendering(a.as_ref(), &example.inputs).or_else(|fault| {
            let own = before.iter().find(|own| own.case == example.case).ok_or(fault.clone())?;
            rendering(a.as_ref(), &own.inputs).map_err(|_| fault)
        });
        let sides = [then, rendering(b.as_ref(), &example.inputs)];
        Pair { case: example.case.clone(), suite: example.suite.clone(), sides }
    };
    diff.set_rendered(&cases.iter().map(pair).collect::<Vec<_>>());
    Ok(())
}

fn rendering(
    side: Option<&(Renderer, Compiled)>,
    inputs: &Map<String, Value>,
) -> std::result::Result<Vec<Message>, String> {
    let Some((renderer, compiled)) = side else { return Ok(Vec::new()) };
    renderer.render(&eval::suite::fit_vars(compiled, inputs.clone())).map_err(|error| error.to_string())
}
