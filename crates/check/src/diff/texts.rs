//! A message's template as text, with its blocks apart or in place.

use prompt::{Compiled, CompiledMessage};

/// Whether included blocks are shown where they are included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// Each reached block is compared by itself.
    Apart,
    /// Every include is replaced by the block's text.
    Inlined,
}

/// Blocks inside blocks are followed this far; the catalogue allows no more.
const MAX_DEPTH: usize = 16;
/// A shown text does not grow beyond this, however often blocks include blocks.
const MAX_BYTES: usize = 4 << 20;

impl Texts {
    pub(crate) fn of(self, message: &CompiledMessage, compiled: &Compiled) -> String {
        match (message, self) {
            (CompiledMessage::Turns(input), _) => format!("{{{{ turns(\"{input}\") }}}}\n"),
            (CompiledMessage::Role { source, .. }, Self::Apart) => source.to_string(),
            (CompiledMessage::Role { source, .. }, Self::Inlined) => {
                let mut out = String::new();
                inline(source, compiled, MAX_DEPTH, &mut out);
                out
            }
        }
    }
}

/// Writes `source` with every literal include replaced; whatever does not look like one stays as it is.
fn inline(source: &str, compiled: &Compiled, depth: usize, out: &mut String) {
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let Some(length) = rest[start..].find("%}").map(|n| n + 2) else { break };
        let tag = &rest[start..start + length];
        out.push_str(&rest[..start]);
        match included(tag).and_then(|name| compiled.blocks.iter().find(|(block, _)| block.as_str() == name)) {
            Some((_, block)) if depth > 0 && out.len() + block.len() < MAX_BYTES => {
                inline(block.trim_end_matches('\n'), compiled, depth - 1, out);
            }
            _ => out.push_str(tag),
        }
        rest = &rest[start + length..];
    }
    out.push_str(rest);
}

/// The name in `{% include "name" %}`.
fn included(tag: &str) -> Option<&str> {
    let inner = tag.strip_prefix("{%")?.strip_suffix("%}")?;
    let inner = inner.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim();
    let name = inner.strip_prefix("include")?.trim();
    let unquoted = |q: char| name.strip_prefix(q)?.strip_suffix(q);
    unquoted('"').or_else(|| unquoted('\''))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_includes_are_recognised() {
        assert_eq!(included("{% include \"blocks/a.md\" %}"), Some("blocks/a.md"));
        assert_eq!(included("{%- include 'blocks/a.md' -%}"), Some("blocks/a.md"));
        assert_eq!(included("{% import \"blocks/a.md\" as a %}"), None);
        assert_eq!(included("{% include x %}"), None);
    }
}
