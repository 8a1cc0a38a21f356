//! Includes and imports: which block they name, and what is defined around them.

use std::collections::BTreeMap;
use std::ops::Range;

use minijinja::machinery::ast::{self, Expr};
use source::BlockName;

use super::scopes::Binding;
use super::{Walk, range, shorten};
use crate::limits;
use crate::template::Fault;
use crate::template::facts::{Use, UseKind};

impl<'s> Walk<'s> {
    pub(super) fn include(&mut self, i: &ast::Include<'s>, at: Range<usize>) {
        if i.ignore_missing {
            self.unsupported("ignore missing", at.clone(), "include a block that exists");
        }
        if !self.bodies.is_empty() {
            let fault = Fault::new(
                "statement-unsupported",
                at,
                "a block is included inside a macro, where it sees no variables",
            );
            return self.fault(fault.help("include it outside of the macro"));
        }
        if let Some((block, at)) = self.block_name(&i.name) {
            self.add_use(block, at, UseKind::Include);
        }
    }

    pub(super) fn import(&mut self, i: &ast::Import<'s>, at: Range<usize>) {
        if self.misplaced_import(&at) {
            return;
        }
        let Some((block, name_at)) = self.block_name(&i.expr) else { return };
        let Expr::Var(alias) = &i.name else {
            return self.fault(
                Fault::new("name-computed", range(i.name.span()), "an import's name is computed")
                    .help("write one plain name after `as`"),
            );
        };
        self.reserved(alias.id, &range(alias.span()));
        self.define(alias.id, range(alias.span()));
        let by = self.add_use(block, name_at, UseKind::Module);
        self.bind(alias.id, Binding::Module(by));
    }

    pub(super) fn import_names(&mut self, f: &ast::FromImport<'s>, at: Range<usize>) {
        if self.misplaced_import(&at) {
            return;
        }
        let Some((block, name_at)) = self.block_name(&f.expr) else { return };
        let mut names = Vec::new();
        let mut bindings = Vec::new();
        for (name, alias) in &f.names {
            let (Expr::Var(name), Expr::Var(alias)) = (name, alias.as_ref().unwrap_or(name)) else { continue };
            self.reserved(alias.id, &range(alias.span()));
            self.define(alias.id, range(alias.span()));
            names.push((name.id.to_owned(), range(name.span())));
            bindings.push((alias.id, name.id));
        }
        let by = self.add_use(block, name_at, UseKind::Names(names));
        for (alias, name) in bindings {
            self.bind(alias, Binding::Imported(by, name.to_owned()));
        }
    }

    /// Imports inside macros would run at every call and see nothing of the message.
    pub(super) fn misplaced_import(&mut self, at: &Range<usize>) -> bool {
        if !self.bodies.is_empty() {
            self.unsupported("import", at.clone(), "import at the top of the file, outside of the macro");
        }
        !self.bodies.is_empty()
    }

    pub(super) fn define(&mut self, name: &str, at: Range<usize>) {
        if self.at_top() {
            self.facts.defines.push((name.to_owned(), at));
        }
    }

    pub(super) fn add_use(&mut self, block: BlockName, at: Range<usize>, kind: UseKind) -> usize {
        if self.facts.uses.len() >= limits::USES {
            self.too_complex(at, "includes and imports", limits::USES);
            return 0;
        }
        let visible = self.visible();
        let index = self.facts.uses.len();
        self.facts.uses.push(Use { block, at, kind, visible });
        self.flow().uses.push(index);
        index
    }

    fn visible(&self) -> BTreeMap<String, bool> {
        let mut names = BTreeMap::new();
        for bound in self.scopes.iter().flatten() {
            *names.entry(bound.name.clone()).or_default() |= bound.certain;
        }
        names
    }

    /// The block that one plain literal names; concatenated, escaped and computed names are refused.
    pub(super) fn block_name(&mut self, expr: &Expr<'s>) -> Option<(BlockName, Range<usize>)> {
        let at = range(expr.span());
        let text = match expr {
            Expr::Const(constant) => constant.value.as_str().unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        let typed = self.source.get(at.clone()).unwrap_or_default();
        if text.is_empty() || !(typed == format!("\"{text}\"") || typed == format!("'{text}'")) {
            // What it reads counts as used; what is wrong inside it is said by this one finding.
            let known = self.faults.len();
            self.expression(expr);
            self.faults.truncate(known);
            self.fault(
                Fault::new("name-computed", at, "the block's name is not one plain text")
                    .help("write the name itself, such as \"blocks/json-only.md\""),
            );
            return None;
        }
        match text.parse::<BlockName>() {
            Ok(name) => Some((name, at)),
            Err(error) => {
                let message = format!("`{}` names no block: {}", shorten(&text), error.why);
                self.fault(
                    Fault::new("block-name-invalid", at, message)
                        .help("name a file under `prompts/blocks/`, such as \"blocks/json-only.md\""),
                );
                None
            }
        }
    }
}
