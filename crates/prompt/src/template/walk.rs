//! Walks a template's syntax tree once: what it reads, includes, calls and defines, and whether it keeps to the subset.
//!
//! Dead branches are walked like any other, because minijinja finds an unknown filter only when it runs. The tree is
//! minijinja's unstable machinery; the pinned minor version and this module keep that in its place.

mod expressions;
mod scopes;
mod uses;

use std::ops::Range;

use minijinja::machinery::ast::{self, Expr, Stmt};
use minijinja::machinery::{Span, parse};

use super::facts::{Facts, Flow, How, Macro};
use super::{Fault, syntax, syntax_fault};
use crate::limits;
use scopes::{Binding, Bound, MacroBody, Unsearched, names_of};

/// Parses `source` and finds out what it does.
pub(crate) fn walk(source: &str) -> (Facts, Vec<Fault>) {
    let tree = match parse(source, "", syntax()) {
        Ok(tree) => tree,
        Err(error) => {
            let fault = syntax_fault(&error, source, 0..source.len().min(2));
            return (Facts { unparsed: true, ..Facts::default() }, vec![fault]);
        }
    };
    let mut walk = Walk::new(source);
    if let Stmt::Template(template) = &tree {
        walk.statements(&template.children);
        walk.facts.straight = straight(&template.children);
    }
    (walk.facts, walk.faults)
}

/// See [`Facts::straight`].
fn straight(statements: &[Stmt<'_>]) -> Option<u64> {
    statements.iter().try_fold(0, |bytes, statement| match statement {
        Stmt::EmitRaw(raw) => Some(bytes + raw.raw.len() as u64),
        Stmt::EmitExpr(emit) => matches!(emit.expr, Expr::Var(_)).then_some(bytes),
        Stmt::Include(_) => Some(bytes),
        _ => None,
    })
}

struct Walk<'s> {
    source: &'s str,
    facts: Facts,
    faults: Vec<Fault>,
    /// What statements define, the innermost scope last.
    scopes: Vec<Vec<Bound>>,
    /// How many names were defined.
    names: usize,
    /// The macro whose body is walked.
    within: Option<usize>,
    /// The bodies of macros and `call` blocks that are open.
    bodies: Vec<MacroBody>,
    /// What minijinja does not search for variables that a macro must take along.
    unsearched: Vec<Unsearched>,
}

impl<'s> Walk<'s> {
    fn new(source: &'s str) -> Self {
        Walk {
            source,
            facts: Facts::default(),
            faults: Vec::new(),
            scopes: vec![Vec::new()],
            names: 0,
            within: None,
            bodies: Vec::new(),
            unsearched: Vec::new(),
        }
    }

    fn fault(&mut self, fault: Fault) {
        if self.faults.len() < limits::FINDINGS {
            self.faults.push(fault);
        }
    }

    /// What outgrows a limit is said once, and first.
    fn too_complex(&mut self, at: Range<usize>, what: &str, most: usize) {
        if !self.faults.iter().any(|f| f.rule == "too-complex") {
            let message = format!("more than {most} {what} stand in one message or block");
            self.faults.insert(0, Fault::new("too-complex", at, message).help("split it"));
        }
    }

    fn flow(&mut self) -> &mut Flow {
        match self.within {
            Some(index) => &mut self.facts.macros[index].flow,
            None => &mut self.facts.flow,
        }
    }

    fn at_top(&self) -> bool {
        self.scopes.len() == 1 && self.within.is_none()
    }

    fn statements(&mut self, statements: &[Stmt<'s>]) {
        statements.iter().for_each(|s| self.statement(s));
    }

    fn statement(&mut self, statement: &Stmt<'s>) {
        match statement {
            Stmt::Template(t) => self.statements(&t.children),
            Stmt::EmitRaw(_) => {}
            Stmt::EmitExpr(emit) => match &emit.expr {
                Expr::Var(var) => self.read(var.id, range(var.span()), How::Printed),
                other => self.expression(other),
            },
            Stmt::ForLoop(f) => self.for_loop(f, range(f.span())),
            Stmt::IfCond(i) => self.choice(i),
            Stmt::WithBlock(w) => {
                self.scopes.push(Vec::new());
                for (target, value) in &w.assignments {
                    self.unsearched_for(target, |walk| walk.expression(value));
                    self.assign(target, Binding::Value);
                }
                self.statements(&w.body);
                self.scopes.pop();
            }
            Stmt::Set(set) => {
                self.unsearched_for(&set.target, |walk| walk.expression(&set.expr));
                self.set(&set.target);
            }
            Stmt::SetBlock(set) => {
                if let Some(filter) = &set.filter {
                    self.unsearched(Unsearched::Everything, |walk| walk.expression(filter));
                }
                self.unsearched_for(&set.target, |walk| walk.statements(&set.body));
                self.set(&set.target);
            }
            Stmt::FilterBlock(f) => {
                self.unsearched(Unsearched::Everything, |walk| walk.expression(&f.filter));
                self.statements(&f.body);
            }
            Stmt::Macro(m) => self.macro_definition(m, range(m.span())),
            Stmt::CallBlock(c) => {
                self.call(&c.call, range(c.call_expr_span));
                self.scopes.push(Vec::new());
                self.macro_body(&c.macro_decl);
                self.scopes.pop();
            }
            Stmt::Include(i) => self.include(i, range(i.span())),
            Stmt::Import(i) => self.import(i, range(i.span())),
            Stmt::FromImport(f) => self.import_names(f, range(f.span())),
            Stmt::Extends(s) => self.unsupported("extends", range(s.span()), "include the block instead"),
            Stmt::Block(s) => self.unsupported("block", range(s.span()), "delete it: prompts have no inheritance"),
            Stmt::AutoEscape(s) => {
                self.unsupported("autoescape", range(s.span()), "delete it: nothing is ever escaped")
            }
            Stmt::Do(s) => self.unsupported("do", range(s.span()), "delete it: it has no effect on the text"),
        }
    }

    fn unsupported(&mut self, what: &str, at: Range<usize>, help: &str) {
        self.fault(
            Fault::new("statement-unsupported", at, format!("`{what}` is not part of the template language"))
                .help(help),
        );
    }

    fn for_loop(&mut self, f: &ast::ForLoop<'s>, at: Range<usize>) {
        if f.recursive {
            self.unsupported("recursive", at, "loop over a flat list");
        }
        match &f.iter {
            Expr::Var(var) => self.read(var.id, range(var.span()), How::Looped),
            other => self.expression(other),
        }
        self.scopes.push(Vec::new());
        self.bind("loop", Binding::Loop);
        self.assign(&f.target, Binding::Value);
        if let Some(filter) = &f.filter_expr {
            self.expression(filter);
        }
        self.statements(&f.body);
        self.scopes.pop();
        let known = self.scope_len();
        self.statements(&f.else_body);
        let set = self.scope_since(known);
        self.bind_uncertain(set);
    }

    /// `if`: both ways are walked in the scope around it, as minijinja runs them; what only one way defines is uncertain.
    fn choice(&mut self, i: &ast::IfCond<'s>) {
        self.expression(&i.expr);
        let known = self.scope_len();
        self.statements(&i.true_body);
        let first = self.scope_since(known);
        self.statements(&i.false_body);
        let second = self.scope_since(known);
        let (both, one): (Vec<_>, Vec<_>) =
            first.into_iter().partition(|b| b.certain && second.iter().any(|s| s.certain && s.name == b.name));
        let only: Vec<_> = second.into_iter().filter(|s| !both.iter().any(|b| b.name == s.name)).collect();
        self.bind_uncertain(one);
        self.bind_uncertain(only);
        if let Some(scope) = self.scopes.last_mut() {
            scope.extend(both);
        }
    }

    fn macro_definition(&mut self, m: &ast::Macro<'s>, at: Range<usize>) {
        if self.within.is_some() || self.scopes.len() > 1 {
            self.unsupported("macro", at, "define macros outside of every other statement");
            return;
        }
        self.reserved(m.name, &at);
        self.facts.defines.push((m.name.to_owned(), at));
        let index = self.facts.macros.len();
        self.facts.macros.push(Macro { name: m.name.to_owned(), flow: Flow::default() });
        self.bind(m.name, Binding::Macro(index));
        self.within = Some(index);
        self.scopes.push(Vec::new());
        self.macro_body(m);
        self.scopes.pop();
        self.within = None;
    }

    fn macro_body(&mut self, m: &ast::Macro<'s>) {
        self.bodies.push(MacroBody { scope: self.scopes.len() - 1, ..MacroBody::default() });
        self.bind("caller", Binding::Caller);
        let mut names = Vec::new();
        m.args.iter().for_each(|a| names_of(a, &mut names));
        self.unsearched(Unsearched::Names(names), |walk| m.defaults.iter().for_each(|d| walk.expression(d)));
        m.args.iter().for_each(|a| self.assign(a, Binding::Value));
        self.statements(&m.body);
        let Some(body) = self.bodies.pop() else { return };
        for (name, at) in body.missed {
            if !body.found.contains(&name) {
                let message = format!("`{name}` is not seen inside this macro when it is only used like this");
                self.fault(
                    Fault::new("statement-unsupported", at, message).help("pass it to the macro as an argument"),
                );
            }
        }
        if let Some(outer) = self.bodies.last_mut() {
            outer.found.extend(body.found);
        }
    }
}

fn range(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(60).chain(['…']).collect() }
}
