//! Expressions: what they read and call, and whether filters, tests and functions are part of the subset.

use std::ops::Range;

use minijinja::machinery::ast::{self, BinOpKind, CallArg, Expr};
use source::nearest::nearest;

use super::scopes::{Binding, Unsearched};
use super::{Walk, range, shorten};
use crate::limits;
use crate::template::facts::{Call, How, Read};
use crate::template::{Fault, subset};

impl<'s> Walk<'s> {
    pub(super) fn expression(&mut self, expr: &Expr<'s>) {
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

    pub(super) fn arguments(&mut self, args: &[CallArg<'s>]) {
        for arg in args {
            match arg {
                CallArg::Pos(e) | CallArg::Kwarg(_, e) | CallArg::PosSplat(e) | CallArg::KwargSplat(e) => {
                    self.expression(e)
                }
            }
        }
    }

    pub(super) fn filter(&mut self, f: &ast::Filter<'s>) {
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

    pub(super) fn filter_name(&mut self, name: &str, at: Range<usize>) {
        if subset::is_filter(name) || self.faults.len() >= limits::FINDINGS {
            return;
        }
        let message = format!("`{}` is no filter of the template language", shorten(name));
        let left_out = subset::LEFT_OUT.iter().find(|(n, _)| *n == name).map(|(_, help)| (*help).to_owned());
        let called = || Some(format!("write `{}`", subset::OTHER_NAMES.iter().find(|(n, _)| *n == name)?.1));
        let near = || did_you_mean(name, subset::FILTERS.iter().map(|f| f.0));
        let list = || {
            Some(
                "pass the value in as it should read; `promptuary explain filter-unknown` lists the filters".to_owned(),
            )
        };
        let help = left_out.or_else(called).or_else(near).or_else(list);
        self.fault(Fault { help, ..Fault::new("filter-unknown", at, message) });
    }

    pub(super) fn test_name(&mut self, name: &str, at: Range<usize>) {
        if subset::is_test(name) || self.faults.len() >= limits::FINDINGS {
            return;
        }
        let message = format!("`{}` is no test of the template language", shorten(name));
        let help = did_you_mean(name, subset::TESTS.iter().copied())
            .or_else(|| Some(all("tests", subset::TESTS.iter().copied())));
        self.fault(Fault { help, ..Fault::new("test-unknown", at, message) });
    }

    pub(super) fn call(&mut self, c: &ast::Call<'s>, at: Range<usize>) {
        // `{{ role(user) }}` is one mistake: the word is no variable that should be declared.
        let marker = matches!(&c.expr, Expr::Var(v) if matches!(v.id, "role" | "turns") && self.lookup(v.id).is_none());
        if !marker {
            self.arguments(&c.args);
        }
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
                        && matches!(g.name, "cycle" | "changed") =>
                {
                    // minijinja divides by the number of arguments.
                    if !c.args.iter().any(|arg| matches!(arg, CallArg::Pos(_))) {
                        let message = format!("`loop.{}` has no arguments", g.name);
                        self.fault(Fault::new("function-unknown", at, message).help("give it at least one value"));
                    }
                }
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

    pub(super) fn call_name(&mut self, name: &'s str, at: Range<usize>, whole: &Range<usize>) {
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
            None if self.faults.len() >= limits::FINDINGS => {}
            None => {
                let message = format!("`{name}` is no function of the template language and no macro");
                let known = subset::FUNCTIONS.iter().map(|f| f.0);
                let macros: Vec<String> = self.scopes.iter().flatten().map(|b| b.name.clone()).collect();
                let left_out = || Some(subset::LEFT_OUT_FUNCTIONS.iter().find(|(n, _)| *n == name)?.1.to_owned());
                let marker = || {
                    let lower = name.to_ascii_lowercase();
                    matches!(&*lower, "role" | "turns")
                        .then(|| format!("write {{{{ {lower}(\"…\") }}}}, in lower case"))
                };
                let help = marker()
                    .or_else(left_out)
                    .or_else(|| did_you_mean(name, known.chain(macros.iter().map(String::as_str))))
                    .unwrap_or_else(|| "import the macro from a block, or use range, dict or namespace".to_owned());
                self.fault(Fault::new("function-unknown", at, message).help(help));
            }
        }
    }

    /// `name.attribute`: of a module it is a macro, of anything else a read.
    pub(super) fn member(&mut self, name: &'s str, at: Range<usize>, attribute: &str, whole: Range<usize>) {
        match self.lookup(name) {
            Some((Binding::Module(by), _)) => {
                self.flow().calls.push(Call::Imported { by, name: attribute.to_owned(), at: whole });
            }
            _ => self.read(name, at, How::Member),
        }
    }

    pub(super) fn read(&mut self, name: &str, at: Range<usize>, how: How) {
        self.take_along(name, &at);
        let certain = match self.lookup(name) {
            Some((_, true)) => return,
            Some((_, false)) => false,
            None => true,
        };
        self.flow().reads.push(Read { name: name.to_owned(), at, certain, how });
    }

    /// Where a word that the tree borrows from the source stands; filters and tests have no span for their names.
    pub(super) fn word_at(&self, name: &'s str) -> Range<usize> {
        let start = name.as_ptr() as usize - self.source.as_ptr() as usize;
        start..start + name.len()
    }
}

fn all<'a>(what: &str, known: impl Iterator<Item = &'a str>) -> String {
    format!("the {what} are {}", known.collect::<Vec<_>>().join(", "))
}

fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|near| format!("did you mean `{near}`?"))
}
