//! Impact as a Graphviz graph: changes as boxes, prompts as ellipses, an edge for every step of the way.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Cause, Impact};

/// The graph in DOT.
pub fn dot(impact: &Impact) -> String {
    let mut lines = BTreeSet::new();
    for moved in &impact.prompts {
        let id = quoted(moved.id.as_str());
        lines.insert(format!("{id} [shape=ellipse]"));
        for cause in &moved.causes {
            match cause {
                Cause::Itself => {
                    lines.insert(format!("{id} [style=bold]"));
                }
                Cause::Route { name } => {
                    lines.insert(format!("{} -> {id}", quoted(&format!("route {name}"))));
                }
                Cause::Block { path } => {
                    lines.extend(path.last().map(|changed| format!("{} [style=bold]", quoted(changed.as_str()))));
                    lines.extend(
                        path.windows(2).map(|w| format!("{} -> {}", quoted(w[1].as_str()), quoted(w[0].as_str()))),
                    );
                    lines.extend(path.first().map(|first| format!("{} -> {id}", quoted(first.as_str()))));
                }
            }
        }
    }
    let mut out = "digraph impact {\n  rankdir=LR\n  node [shape=box]\n".to_owned();
    for line in lines {
        let _ = writeln!(out, "  {line}");
    }
    out.push_str("}\n");
    out
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}
