//! Runs a template on lengths instead of values.
//!
//! The syntax tree is minijinja's unstable machinery, as in `template::walk`. Templates were checked before: whatever the
//! language does not have is not met here.

mod expression;

use std::collections::BTreeMap;

use minijinja::machinery::ast::{self, Expr, Stmt};
use minijinja::machinery::parse;
use source::BlockName;

use super::size::Size;
use super::value::{Fields, Value};
use crate::template::facts::Facts;
use crate::template::syntax;
use crate::{Catalog, Compiled, stack};

/// Blocks, parsed once for all prompts that reach them.
pub struct Library<'a> {
    trees: BTreeMap<&'a str, Stmt<'a>>,
    /// What is known of them, where they come from a catalog.
    facts: BTreeMap<&'a str, &'a Facts>,
}

impl<'a> Library<'a> {
    /// The blocks of one prompt.
    pub fn of(compiled: &'a Compiled) -> Self {
        let trees = trees(compiled.blocks.iter().map(|(name, source)| (name, &**source)));
        Self { trees, facts: BTreeMap::new() }
    }

    /// All blocks of a catalog.
    pub fn of_catalog(catalog: &'a Catalog) -> Self {
        let trees = stack::with_room(|| trees(catalog.blocks().map(|b| (&b.name, &**b.template.source()))));
        let facts = catalog.blocks().map(|block| (block.name.as_str(), &block.template.facts)).collect();
        Self { trees, facts }
    }

    /// The most that a template with these facts can come to, where it and all blocks that it reaches are straight; then
    /// no tree need be walked, which takes four times as long. `left` counts what is looked at.
    pub(super) fn straight(&self, facts: &Facts, inputs: &[(&str, Value)], left: &mut usize) -> Option<Size> {
        let mut size = Size { fixed: facts.straight?, ..Size::default() };
        *left = left.checked_sub(facts.flow.reads.len() + facts.uses.len())?;
        for read in &facts.flow.reads {
            if let Some((_, value)) = inputs.iter().find(|(name, _)| *name == read.name) {
                size = size.plus(&value.text);
            }
        }
        for used in &facts.uses {
            size = size.plus(&self.straight(self.facts.get(used.block.as_str())?, inputs, left)?);
        }
        Some(size)
    }
}

fn trees<'a>(blocks: impl Iterator<Item = (&'a BlockName, &'a str)>) -> BTreeMap<&'a str, Stmt<'a>> {
    blocks.filter_map(|(name, source)| Some((name.as_str(), parse(source, "", syntax()).ok()?))).collect()
}

impl std::fmt::Debug for Library<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.trees.keys()).finish()
    }
}

/// The most that one message can come to.
pub(super) fn message(compiled: &Compiled, library: &Library<'_>, source: &str, inputs: &[(&str, Value)]) -> Size {
    let whole = format!("{}{source}", compiled.prelude);
    let Ok(tree) = parse(&whole, "", syntax()) else { return Size::default() };
    let values = inputs.iter().map(|(name, value)| ((*name).to_owned(), Bound::Value(value.clone()))).collect();
    let mut walk = Walk { library, scopes: vec![values], depth: 0, steps: MAX_STEPS };
    walk.statement(&tree)
}

/// What a name means.
#[derive(Clone)]
enum Bound<'a> {
    Value(Value),
    Macro(&'a ast::Macro<'a>),
    /// The macros of an imported block.
    Module(&'a str),
    /// What stands between `call` and `endcall`.
    Caller(Size),
}

struct Walk<'a> {
    library: &'a Library<'a>,
    scopes: Vec<BTreeMap<String, Bound<'a>>>,
    depth: usize,
    steps: usize,
}

/// Macros and includes inside each other; more is taken for endless.
const MAX_DEPTH: usize = 24;
/// Statements and expressions looked at in one message.
const MAX_STEPS: usize = 100_000;

impl<'a> Walk<'a> {
    fn statements(&mut self, statements: &'a [Stmt<'a>]) -> Size {
        statements.iter().fold(Size::default(), |sum, statement| sum.plus(&self.statement(statement)))
    }

    fn spent(&mut self) -> bool {
        self.steps = self.steps.saturating_sub(1);
        self.steps == 0 || self.depth > MAX_DEPTH
    }

    fn statement(&mut self, statement: &'a Stmt<'a>) -> Size {
        if self.spent() {
            return Size::endless(None, "calls inside calls");
        }
        match statement {
            Stmt::Template(t) => self.statements(&t.children),
            Stmt::EmitRaw(raw) => Size::of_text(raw.raw),
            Stmt::EmitExpr(emit) => self.value(&emit.expr).text,
            Stmt::ForLoop(f) => self.for_loop(f),
            Stmt::IfCond(i) => self.choice(i),
            Stmt::WithBlock(w) => {
                self.scopes.push(BTreeMap::new());
                for (target, value) in &w.assignments {
                    let value = self.value(value);
                    self.assign(target, value);
                }
                let size = self.statements(&w.body);
                self.scopes.pop();
                size
            }
            Stmt::Set(set) => {
                let value = self.value(&set.expr);
                self.assign(&set.target, value);
                Size::default()
            }
            Stmt::SetBlock(set) => {
                let body = Value::of_size(self.statements(&set.body));
                let value = set.filter.as_ref().map_or_else(|| body.clone(), |filter| self.applied(filter, &body));
                self.assign(&set.target, value);
                Size::default()
            }
            Stmt::FilterBlock(f) => {
                let body = Value::of_size(self.statements(&f.body));
                self.applied(&f.filter, &body).text
            }
            Stmt::Macro(m) => {
                self.bind(m.name, Bound::Macro(m));
                Size::default()
            }
            Stmt::CallBlock(c) => {
                let body = self.statements(&c.macro_decl.body);
                self.call(&c.call, Some(body)).text
            }
            Stmt::Include(i) => match name(&i.name).and_then(|name| self.library.trees.get(name)) {
                Some(tree) => self.deeper(|walk| walk.statement(tree)),
                None => Size::default(),
            },
            Stmt::Import(i) => {
                if let (Some(block), Expr::Var(alias)) = (name(&i.expr), &i.name) {
                    self.bind(alias.id, Bound::Module(block));
                }
                Size::default()
            }
            Stmt::FromImport(f) => {
                for (from, alias) in &f.names {
                    if let (Expr::Var(from), Expr::Var(alias)) = (from, alias.as_ref().unwrap_or(from))
                        && let Some(found) = name(&f.expr).and_then(|block| self.macro_of(block, from.id))
                    {
                        self.bind(alias.id, Bound::Macro(found));
                    }
                }
                Size::default()
            }
            _ => Size::default(),
        }
    }

    fn deeper<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        done
    }

    /// The body once an item; what all items have in common length is counted once.
    fn for_loop(&mut self, f: &'a ast::ForLoop<'a>) -> Size {
        let list = self.value(&f.iter).items();
        let mut body = |item: &Value| {
            self.scopes.push(BTreeMap::new());
            self.bind("loop", Bound::Value(Value::number()));
            self.assign(&f.target, item.clone());
            let size = self.statements(&f.body);
            self.scopes.pop();
            size
        };
        let empty = list.together.as_ref().map(|_| body(&Value::default()));
        let each = body(&list.together.clone().map_or_else(|| list.item.clone(), Value::of_size));
        let all = match &empty {
            Some(empty) => list.most.of(empty).plus(&each.beyond(empty)),
            None => list.most.of(&each),
        };
        all.or(&self.statements(&f.else_body))
    }

    fn choice(&mut self, i: &'a ast::IfCond<'a>) -> Size {
        let before = self.scopes.clone();
        let first = self.statements(&i.true_body);
        let after = std::mem::replace(&mut self.scopes, before);
        let second = self.statements(&i.false_body);
        for (scope, other) in self.scopes.iter_mut().zip(after) {
            for (name, bound) in other {
                let joined = match (scope.get(&name), &bound) {
                    (Some(Bound::Value(a)), Bound::Value(b)) => Bound::Value(a.or(b)),
                    _ => bound,
                };
                scope.insert(name, joined);
            }
        }
        first.or(&second)
    }

    fn bind(&mut self, name: &str, bound: Bound<'a>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), bound);
        }
    }

    fn lookup(&self, name: &str) -> Option<&Bound<'a>> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    fn assign(&mut self, target: &'a Expr<'a>, value: Value) {
        match target {
            Expr::Var(var) => self.bind(var.id, Bound::Value(value)),
            Expr::List(list) => list.items.iter().for_each(|t| self.assign(t, value.inside())),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|t| self.assign(t, value.inside())),
            // A namespace may be added to in a loop: unless it stays a number there is no telling how often.
            Expr::GetAttr(g) => {
                if let Expr::Var(var) = &g.expr
                    && let Some(Bound::Value(known)) = self.lookup(var.id).cloned()
                {
                    let grown = value.text.bound() > Value::number().text.bound();
                    let value = match grown {
                        true => Value::of_size(value.text.plus(&Size::endless(None, "a namespace that grows"))),
                        false => value,
                    };
                    let mut named = known.fields.map(|f| f.named).unwrap_or_default();
                    named.insert(g.name.to_owned(), value);
                    let fields = Value::of_fields(Fields { named, other: None });
                    let scope = self.scopes.iter_mut().rev().find(|scope| scope.contains_key(var.id));
                    scope.map(|scope| scope.insert(var.id.to_owned(), Bound::Value(fields)));
                }
            }
            _ => {}
        }
    }
}

/// The text of a plain literal.
fn name<'e>(expr: &'e Expr<'_>) -> Option<&'e str> {
    match expr {
        Expr::Const(constant) => constant.value.as_str(),
        _ => None,
    }
}
