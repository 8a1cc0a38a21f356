//! Walks a template's syntax tree once: what it reads, includes, calls and defines, and whether it keeps to the subset.
//!
//! Dead branches are walked like any other, because minijinja finds an unknown filter only when it runs. The tree is
//! minijinja's unstable machinery; the pinned minor version and this one file keep that in its place.

use std::collections::BTreeSet;
use std::ops::Range;

use minijinja::machinery::ast::{self, BinOpKind, CallArg, Expr, Stmt};
use minijinja::machinery::{Span, parse};
use source::BlockName;
use source::nearest::nearest;

use super::facts::{Call, Facts, Flow, How, Macro, Read, Use, UseKind};
use super::{Fault, subset, syntax, syntax_fault};

/// Parses `source` and finds out what it does.
pub(crate) fn walk(source: &str) -> (Facts, Vec<Fault>) {
    let tree = match parse(source, "", syntax()) {
        Ok(tree) => tree,
        Err(error) => return (Facts::default(), vec![syntax_fault(&error, source, 0..source.len().min(2))]),
    };
    let mut walk = Walk::new(source);
    if let Stmt::Template(template) = &tree {
        walk.statements(&template.children);
    }
    (walk.facts, walk.faults)
}

#[derive(Debug, Clone)]
enum Binding {
    Value,
    Loop,
    Caller,
    Macro(usize),
    Module(usize),
    Imported(usize, String),
}

#[derive(Debug, Clone)]
struct Bound {
    name: String,
    binding: Binding,
    certain: bool,
}

struct Walk<'s> {
    source: &'s str,
    facts: Facts,
    faults: Vec<Fault>,
    /// What statements define, the innermost scope last.
    scopes: Vec<Vec<Bound>>,
    /// The macro whose body is walked.
    within: Option<usize>,
    /// The bodies of macros and `call` blocks that are open.
    bodies: Vec<MacroBody>,
    /// What minijinja does not search for variables that a macro must take along.
    unsearched: Vec<Unsearched>,
}

/// The body of a macro or `call` block. It sees only those outer variables that minijinja found in it beforehand, and
/// minijinja does not look everywhere.
#[derive(Default)]
struct MacroBody {
    /// The first scope of its own.
    scope: usize,
    found: BTreeSet<String>,
    missed: Vec<(String, Range<usize>)>,
}

enum Unsearched {
    Everything,
    Names(Vec<String>),
}

impl<'s> Walk<'s> {
    fn new(source: &'s str) -> Self {
        Walk {
            source,
            facts: Facts::default(),
            faults: Vec::new(),
            scopes: vec![Vec::new()],
            within: None,
            bodies: Vec::new(),
            unsearched: Vec::new(),
        }
    }

    fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
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

    fn unsearched(&mut self, what: Unsearched, walk: impl FnOnce(&mut Self)) {
        self.unsearched.push(what);
        walk(self);
        self.unsearched.pop();
    }

    /// minijinja takes a target as defined before it looks at the value.
    fn unsearched_for(&mut self, target: &Expr<'s>, walk: impl FnOnce(&mut Self)) {
        let mut names = Vec::new();
        names_of(target, &mut names);
        self.unsearched(Unsearched::Names(names), walk);
    }

    /// Notes a use of an outer variable in the body of a macro.
    fn take_along(&mut self, name: &str, at: &Range<usize>) {
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

    fn include(&mut self, i: &ast::Include<'s>, at: Range<usize>) {
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

    fn import(&mut self, i: &ast::Import<'s>, at: Range<usize>) {
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

    fn import_names(&mut self, f: &ast::FromImport<'s>, at: Range<usize>) {
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
    fn misplaced_import(&mut self, at: &Range<usize>) -> bool {
        if !self.bodies.is_empty() {
            self.unsupported("import", at.clone(), "import at the top of the file, outside of the macro");
        }
        !self.bodies.is_empty()
    }

    fn define(&mut self, name: &str, at: Range<usize>) {
        if self.at_top() {
            self.facts.defines.push((name.to_owned(), at));
        }
    }

    fn add_use(&mut self, block: BlockName, at: Range<usize>, kind: UseKind) -> usize {
        let visible = self.visible();
        let index = self.facts.uses.len();
        self.facts.uses.push(Use { block, at, kind, visible });
        self.flow().uses.push(index);
        index
    }

    fn visible(&self) -> Vec<(String, bool)> {
        let mut names: Vec<(String, bool)> = Vec::new();
        for bound in self.scopes.iter().flatten() {
            match names.iter_mut().find(|(name, _)| *name == bound.name) {
                Some(known) => known.1 |= bound.certain,
                None => names.push((bound.name.clone(), bound.certain)),
            }
        }
        names
    }

    /// The block that one plain literal names; concatenated, escaped and computed names are refused.
    fn block_name(&mut self, expr: &Expr<'s>) -> Option<(BlockName, Range<usize>)> {
        let at = range(expr.span());
        let text = match expr {
            Expr::Const(constant) => constant.value.as_str().unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        let typed = self.source.get(at.clone()).unwrap_or_default();
        if text.is_empty() || !(typed == format!("\"{text}\"") || typed == format!("'{text}'")) {
            self.expression(expr);
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

    fn expression(&mut self, expr: &Expr<'s>) {
        match expr {
            Expr::Const(_) => {}
            Expr::Var(var) => self.read(var.id, range(var.span()), How::Other),
            Expr::Slice(s) => {
                self.unsearched(Unsearched::Everything, |walk| walk.expression(&s.expr));
                [&s.start, &s.stop, &s.step].into_iter().flatten().for_each(|e| self.expression(e));
            }
            Expr::UnaryOp(u) => self.expression(&u.expr),
            Expr::BinOp(b) => {
                if matches!(b.op, BinOpKind::Concat) {
                    let help = "use `+` between texts, or put `{{ … }}` tags side by side: `~` makes text of anything";
                    self.unsupported("~", range(b.span()), help);
                }
                self.expression(&b.left);
                self.expression(&b.right);
            }
            Expr::Compare(c) => {
                self.expression(&c.expr);
                c.ops.iter().for_each(|op| self.expression(&op.expr));
            }
            Expr::IfExpr(i) => {
                self.expression(&i.test_expr);
                self.expression(&i.true_expr);
                match &i.false_expr {
                    Some(other) => self.expression(other),
                    None => self.fault(
                        Fault::new("statement-unsupported", range(i.true_expr.span()), "an inline `if` has no `else`")
                            .help("add what to use otherwise, such as `else \"\"`"),
                    ),
                }
            }
            Expr::Filter(f) => self.filter(f),
            Expr::Test(t) => {
                self.test_name(t.name, self.word_at(t.name));
                self.expression(&t.expr);
                self.arguments(&t.args);
            }
            Expr::GetAttr(g) => match &g.expr {
                Expr::Var(var) => self.member(var.id, range(var.span()), g.name, range(g.span())),
                other => self.expression(other),
            },
            Expr::GetItem(g) => {
                self.expression(&g.expr);
                self.expression(&g.subscript_expr);
            }
            Expr::Call(c) => self.call(c, range(c.span())),
            Expr::List(l) => l.items.iter().for_each(|e| self.expression(e)),
            Expr::Tuple(t) => t.items.iter().for_each(|e| self.expression(e)),
            Expr::Map(m) => m.keys.iter().chain(&m.values).for_each(|e| self.expression(e)),
        }
    }

    fn arguments(&mut self, args: &[CallArg<'s>]) {
        for arg in args {
            match arg {
                CallArg::Pos(e) | CallArg::Kwarg(_, e) | CallArg::PosSplat(e) | CallArg::KwargSplat(e) => {
                    self.expression(e)
                }
            }
        }
    }

    fn filter(&mut self, f: &ast::Filter<'s>) {
        if let Some(value) = &f.expr {
            self.expression(value);
        }
        self.arguments(&f.args);
        self.filter_name(f.name, self.word_at(f.name));
        let literal = |arg: Option<&CallArg<'s>>| match arg {
            Some(CallArg::Pos(Expr::Const(c))) => c.value.as_str().map(|s| (s.to_owned(), range(c.span()))),
            _ => None,
        };
        let attribute = f.args.iter().any(|a| matches!(a, CallArg::Kwarg("attribute", _)));
        let splat = f.args.iter().any(|a| matches!(a, CallArg::PosSplat(_) | CallArg::KwargSplat(_)));
        let named = match f.name {
            "map" if !attribute => f.args.first(),
            "select" | "reject" => f.args.first(),
            "selectattr" | "rejectattr" => f.args.get(1),
            _ => return,
        };
        match (literal(named), named) {
            (Some((name, at)), _) if f.name == "map" => self.filter_name(&name, at),
            (Some((name, at)), _) => self.test_name(&name, at),
            (None, None) if !splat && f.name != "map" => {}
            _ => {
                let what = if f.name == "map" { "filter" } else { "test" };
                let message = format!("the {what} that `{}` applies is not one plain text", f.name);
                self.fault(
                    Fault::new("name-computed", self.word_at(f.name), message)
                        .help(format!("write the {what}'s name itself")),
                );
            }
        }
    }

    fn filter_name(&mut self, name: &str, at: Range<usize>) {
        if subset::is_filter(name) {
            return;
        }
        let message = format!("`{}` is no filter of the template language", shorten(name));
        let left_out = subset::LEFT_OUT.iter().find(|(n, _)| *n == name).map(|(_, help)| (*help).to_owned());
        let help = left_out.or_else(|| did_you_mean(name, subset::FILTERS.iter().map(|f| f.0)));
        self.faults.push(Fault { help, ..Fault::new("filter-unknown", at, message) });
    }

    fn test_name(&mut self, name: &str, at: Range<usize>) {
        if subset::is_test(name) {
            return;
        }
        let message = format!("`{}` is no test of the template language", shorten(name));
        let help = did_you_mean(name, subset::TESTS.iter().copied());
        self.faults.push(Fault { help, ..Fault::new("test-unknown", at, message) });
    }

    fn call(&mut self, c: &ast::Call<'s>, at: Range<usize>) {
        self.arguments(&c.args);
        match &c.expr {
            Expr::Var(var) => self.call_name(var.id, range(var.span()), &at),
            Expr::GetAttr(g) => match &g.expr {
                Expr::Var(var) if matches!(self.lookup(var.id), Some((Binding::Module(_), _))) => {
                    // The call's own span starts at its dot.
                    let name = range(var.span());
                    self.member(var.id, name.clone(), g.name, name.start..at.end);
                }
                Expr::Var(var)
                    if matches!(self.lookup(var.id), Some((Binding::Loop, _)))
                        && matches!(g.name, "cycle" | "changed") => {}
                other => {
                    self.expression(other);
                    self.fault(
                        Fault::new(
                            "function-unknown",
                            at,
                            format!("`.{}()` is a method call; values have no methods", shorten(g.name)),
                        )
                        .help("use a filter, such as `| upper`"),
                    );
                }
            },
            other => {
                self.expression(other);
                self.fault(
                    Fault::new("function-unknown", at, "what is called here is no function or macro")
                        .help("call a macro by its name"),
                );
            }
        }
    }

    fn call_name(&mut self, name: &'s str, at: Range<usize>, whole: &Range<usize>) {
        match self.lookup(name) {
            Some((Binding::Macro(index), _)) => self.flow().calls.push(Call::Local(index)),
            Some((Binding::Imported(by, name), _)) => self.flow().calls.push(Call::Imported { by, name, at }),
            Some((Binding::Caller, _)) => {}
            _ if subset::is_function(name) => {}
            _ if matches!(name, "role" | "turns") => {
                let message = format!("`{name}(…)` stands inside another expression");
                self.fault(
                    Fault::new("role-misplaced", whole.clone(), message)
                        .help(format!("write {{{{ {name}(\"…\") }}}} alone on its line")),
                );
            }
            Some(_) => {
                self.fault(Fault::new("function-unknown", at, format!("`{name}` is a value, not a function or macro")));
            }
            None => {
                let message = format!("`{name}` is no function of the template language and no macro");
                let known = subset::FUNCTIONS.iter().map(|f| f.0);
                let macros: Vec<String> = self.scopes.iter().flatten().map(|b| b.name.clone()).collect();
                let help = did_you_mean(name, known.chain(macros.iter().map(String::as_str)))
                    .unwrap_or_else(|| "import the macro from a block, or use range, dict or namespace".to_owned());
                self.fault(Fault::new("function-unknown", at, message).help(help));
            }
        }
    }

    /// `name.attribute`: of a module it is a macro, of anything else a read.
    fn member(&mut self, name: &'s str, at: Range<usize>, attribute: &str, whole: Range<usize>) {
        match self.lookup(name) {
            Some((Binding::Module(by), _)) => {
                self.flow().calls.push(Call::Imported { by, name: attribute.to_owned(), at: whole });
            }
            _ => self.read(name, at, How::Member),
        }
    }

    fn read(&mut self, name: &str, at: Range<usize>, how: How) {
        self.take_along(name, &at);
        let certain = match self.lookup(name) {
            Some((_, true)) => return,
            Some((_, false)) => false,
            None => true,
        };
        self.flow().reads.push(Read { name: name.to_owned(), at, certain, how });
    }

    /// What `name` means here, and whether it surely does.
    fn lookup(&self, name: &str) -> Option<(Binding, bool)> {
        let mut found = self.scopes.iter().rev().flat_map(|s| s.iter().rev()).filter(|b| b.name == name);
        let first = found.next()?;
        Some((first.binding.clone(), first.certain || found.any(|b| b.certain)))
    }

    fn set(&mut self, target: &Expr<'s>) {
        if self.at_top() {
            self.targets(target, &mut |walk, name, at| walk.facts.sets.push((name.to_owned(), at)));
        }
        self.assign(target, Binding::Value);
    }

    fn assign(&mut self, target: &Expr<'s>, binding: Binding) {
        self.targets(target, &mut |walk, name, at| {
            walk.reserved(name, &at);
            walk.bind(name, binding.clone());
        });
    }

    fn targets(&mut self, target: &Expr<'s>, each: &mut dyn FnMut(&mut Self, &'s str, Range<usize>)) {
        match target {
            Expr::Var(var) => each(self, var.id, range(var.span())),
            Expr::List(list) => list.items.iter().for_each(|t| self.targets(t, each)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|t| self.targets(t, each)),
            Expr::GetAttr(g) => self.expression(&g.expr),
            _ => {}
        }
    }

    fn reserved(&mut self, name: &str, at: &Range<usize>) {
        if subset::is_reserved(name) {
            let message = format!("`{name}` belongs to the template language");
            self.fault(Fault::new("name-reserved", at.clone(), message).help("choose another name"));
        }
    }

    fn bind(&mut self, name: &str, binding: Binding) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(Bound { name: name.to_owned(), binding, certain: true });
        }
    }

    fn bind_uncertain(&mut self, bounds: Vec<Bound>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.extend(bounds.into_iter().map(|b| Bound { certain: false, ..b }));
        }
    }

    fn scope_len(&self) -> usize {
        self.scopes.last().map_or(0, Vec::len)
    }

    fn scope_since(&mut self, known: usize) -> Vec<Bound> {
        self.scopes.last_mut().map_or_else(Vec::new, |scope| scope.split_off(known))
    }

    /// Where a word that the tree borrows from the source stands; filters and tests have no span for their names.
    fn word_at(&self, name: &'s str) -> Range<usize> {
        let start = name.as_ptr() as usize - self.source.as_ptr() as usize;
        start..start + name.len()
    }
}

fn names_of(target: &Expr<'_>, names: &mut Vec<String>) {
    match target {
        Expr::Var(var) => names.push(var.id.to_owned()),
        Expr::List(list) => list.items.iter().for_each(|t| names_of(t, names)),
        Expr::Tuple(tuple) => tuple.items.iter().for_each(|t| names_of(t, names)),
        _ => {}
    }
}

fn range(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|near| format!("did you mean `{near}`?"))
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(60).chain(['…']).collect() }
}
