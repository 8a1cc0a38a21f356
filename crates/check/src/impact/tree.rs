//! Impact for the terminal: each change with the prompts it reaches.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Cause, Impact, State};

/// A node: what changed, or what carries the change on.
#[derive(Default)]
struct Branch(BTreeMap<String, Branch>);

/// One line a node; the changes stand at the margin, the prompts they reach are leaves. A prompt that changed by an edit
/// of its own file stands at the margin itself.
pub fn tree(impact: &Impact) -> String {
    let mut root = Branch::default();
    for moved in &impact.prompts {
        for cause in &moved.causes {
            let mut at = &mut root;
            let way: Vec<String> = match cause {
                Cause::Itself => {
                    root.0.entry(format!("{} ({})", moved.id, word(moved.state))).or_default();
                    continue;
                }
                Cause::Route { name } => vec![format!("route {name}")],
                Cause::Block { path } => path.iter().rev().map(|name| name.to_string()).collect(),
            };
            let reached = match moved.state {
                State::Changed | State::Reached => moved.id.to_string(),
                state => format!("{} ({})", moved.id, word(state)),
            };
            for step in way.into_iter().chain([reached]) {
                at = at.0.entry(step).or_default();
            }
        }
    }
    let mut out = String::new();
    for (name, below) in &root.0 {
        let _ = writeln!(out, "{name}");
        write(below, "", &mut out);
    }
    let count = impact.prompts.len();
    let would = impact.prompts.iter().any(|moved| moved.state == State::Reached);
    let what = match (would, count) {
        (false, 1) => "prompt changes its",
        (false, _) => "prompts change their",
        (true, 1) => "prompt would change its",
        (true, _) => "prompts would change their",
    };
    let _ = writeln!(out, "{count} {what} content");
    out
}

fn word(state: State) -> &'static str {
    match state {
        State::New => "new",
        State::Gone => "gone",
        State::Broken => "no longer compiles",
        State::Mended => "compiles again",
        State::Changed | State::Reached => "its own file",
    }
}

fn write(branch: &Branch, indent: &str, out: &mut String) {
    for (at, (name, below)) in branch.0.iter().enumerate() {
        let last = at + 1 == branch.0.len();
        let _ = writeln!(out, "{indent}{}{name}", if last { "└─ " } else { "├─ " });
        write(below, &format!("{indent}{}", if last { "   " } else { "│  " }), out);
    }
}
