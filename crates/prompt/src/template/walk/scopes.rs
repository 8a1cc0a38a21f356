//! Scopes: what a name means at a place, and which outer variables the body of a macro sees.

use std::collections::BTreeSet;
use std::ops::Range;

use minijinja::machinery::ast::Expr;

use super::{Walk, range};
use crate::limits;
use crate::template::{Fault, subset};

#[derive(Debug, Clone)]
pub(super) enum Binding {
    Value,
    Loop,
    Caller,
    Macro(usize),
    Module(usize),
    Imported(usize, String),
}

#[derive(Debug, Clone)]
pub(super) struct Bound {
    pub(super) name: String,
    pub(super) binding: Binding,
    pub(super) certain: bool,
}

/// The body of a macro or `call` block. It sees only those outer variables that minijinja found in it beforehand, and
/// minijinja does not look everywhere.
#[derive(Default)]
pub(super) struct MacroBody {
    /// The first scope of its own.
    pub(super) scope: usize,
    pub(super) found: BTreeSet<String>,
    pub(super) missed: Vec<(String, Range<usize>)>,
}

pub(super) enum Unsearched {
    Everything,
    Names(Vec<String>),
}

impl<'s> Walk<'s> {
    pub(super) fn unsearched(&mut self, what: Unsearched, walk: impl FnOnce(&mut Self)) {
        self.unsearched.push(what);
        walk(self);
        self.unsearched.pop();
    }

    /// minijinja takes a target as defined before it looks at the value.
    pub(super) fn unsearched_for(&mut self, target: &Expr<'s>, walk: impl FnOnce(&mut Self)) {
        let mut names = Vec::new();
        names_of(target, &mut names);
        self.unsearched(Unsearched::Names(names), walk);
    }

    /// Notes a use of an outer variable in the body of a macro.
    pub(super) fn take_along(&mut self, name: &str, at: &Range<usize>) {
        let Some(scope) = self.bodies.last().map(|b| b.scope) else { return };
        if self.scopes[scope..].iter().flatten().any(|b| b.name == name) {
            return;
        }
        let missed = self.unsearched.iter().any(|u| match u {
            Unsearched::Everything => true,
            Unsearched::Names(names) => names.iter().any(|n| n == name),
        });
        if let Some(body) = self.bodies.last_mut() {
            if missed {
                body.missed.push((name.to_owned(), at.clone()));
            } else {
                body.found.insert(name.to_owned());
            }
        }
    }

    /// What `name` means here, and whether it surely does.
    pub(super) fn lookup(&self, name: &str) -> Option<(Binding, bool)> {
        let mut found = self.scopes.iter().rev().flat_map(|s| s.iter().rev()).filter(|b| b.name == name);
        let first = found.next()?;
        Some((first.binding.clone(), first.certain || found.any(|b| b.certain)))
    }

    pub(super) fn set(&mut self, target: &Expr<'s>) {
        if self.at_top() {
            self.targets(target, &mut |walk, name, at| walk.facts.sets.push((name.to_owned(), at)));
        }
        self.assign(target, Binding::Value);
    }

    pub(super) fn assign(&mut self, target: &Expr<'s>, binding: Binding) {
        self.targets(target, &mut |walk, name, at| {
            walk.reserved(name, &at);
            walk.bind(name, binding.clone());
        });
    }

    pub(super) fn targets(&mut self, target: &Expr<'s>, each: &mut dyn FnMut(&mut Self, &'s str, Range<usize>)) {
        match target {
            Expr::Var(var) => each(self, var.id, range(var.span())),
            Expr::List(list) => list.items.iter().for_each(|t| self.targets(t, each)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|t| self.targets(t, each)),
            Expr::GetAttr(g) => self.expression(&g.expr),
            _ => {}
        }
    }

    pub(super) fn reserved(&mut self, name: &str, at: &Range<usize>) {
        if subset::is_reserved(name) {
            let message = format!("`{name}` belongs to the template language");
            self.fault(Fault::new("name-reserved", at.clone(), message).help("choose another name"));
        }
    }

    pub(super) fn bind(&mut self, name: &str, binding: Binding) {
        self.names += 1;
        if self.names > limits::NAMES {
            return self.too_complex(0..self.source.len().min(2), "definitions of names", limits::NAMES);
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(Bound { name: name.to_owned(), binding, certain: true });
        }
    }

    pub(super) fn bind_uncertain(&mut self, bounds: Vec<Bound>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.extend(bounds.into_iter().map(|b| Bound { certain: false, ..b }));
        }
    }

    pub(super) fn scope_len(&self) -> usize {
        self.scopes.last().map_or(0, Vec::len)
    }

    pub(super) fn scope_since(&mut self, known: usize) -> Vec<Bound> {
        self.scopes.last_mut().map_or_else(Vec::new, |scope| scope.split_off(known))
    }
}

pub(super) fn names_of(target: &Expr<'_>, names: &mut Vec<String>) {
    match target {
        Expr::Var(var) => names.push(var.id.to_owned()),
        Expr::List(list) => list.items.iter().for_each(|t| names_of(t, names)),
        Expr::Tuple(tuple) => tuple.items.iter().for_each(|t| names_of(t, names)),
        _ => {}
    }
}
