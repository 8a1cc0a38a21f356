//! Expressions on lengths: what a value can be after operators, filters and calls.

use std::collections::BTreeMap;

use minijinja::machinery::ast::{self, BinOpKind, CallArg, Expr, Stmt};

use super::super::filters::filtered;
use super::super::size::Size;
use super::super::value::{Count, Fields, List, Value};
use super::{Bound, Walk, name};

impl<'a> Walk<'a> {
    pub(super) fn value(&mut self, expr: &'a Expr<'a>) -> Value {
        if self.spent() {
            return Value::of_size(Size::endless(None, "calls inside calls"));
        }
        match expr {
            Expr::Const(constant) => of_constant(&constant.value),
            Expr::Var(var) => match self.lookup(var.id) {
                Some(Bound::Value(value)) => value.clone(),
                _ => Value::default(),
            },
            Expr::Slice(s) => self.value(&s.expr),
            Expr::UnaryOp(_) | Expr::Compare(_) | Expr::Test(_) => Value::number(),
            Expr::BinOp(b) => self.operation(b),
            Expr::IfExpr(i) => {
                let first = self.value(&i.true_expr);
                i.false_expr.as_ref().map_or_else(Value::default, |other| self.value(other)).or(&first)
            }
            Expr::Filter(f) => {
                let value = f.expr.as_ref().map(|e| self.value(e)).unwrap_or_default();
                self.filter(f, &value)
            }
            Expr::GetAttr(g) => self.value(&g.expr).member(g.name),
            Expr::GetItem(g) => {
                let value = self.value(&g.expr);
                match &g.subscript_expr {
                    Expr::Const(c) if c.value.as_str().is_some() => value.member(c.value.as_str().unwrap_or_default()),
                    // A position in a text is a piece of it.
                    _ => Value { text: value.text.or(&value.inside().text), ..value.inside() },
                }
            }
            Expr::Call(c) => self.call(c, None),
            Expr::List(l) => self.list(l.items.iter().collect()),
            Expr::Tuple(t) => self.list(t.items.iter().collect()),
            Expr::Map(m) => {
                let mut named = BTreeMap::new();
                for (key, value) in m.keys.iter().zip(&m.values) {
                    let value = self.value(value);
                    let key = name(key).map_or_else(|| format!("#{}", named.len()), str::to_owned);
                    named.insert(key, value);
                }
                Value::of_fields(Fields { named, other: None })
            }
        }
    }

    fn list(&mut self, items: Vec<&'a Expr<'a>>) -> Value {
        let count = items.len() as u64;
        let item = items.into_iter().map(|e| self.value(e)).reduce(|a, b| a.or(&b)).unwrap_or_default();
        Value::of_list(List { item, most: Count::Most(count), together: None })
    }

    fn operation(&mut self, b: &'a ast::BinOp<'a>) -> Value {
        let (left, right) = (self.value(&b.left), self.value(&b.right));
        match b.op {
            BinOpKind::Add | BinOpKind::Concat => {
                let lists = left.list.is_some() || right.list.is_some();
                let (a, b) = (left.items(), right.items());
                let sum = Value::of_size(left.text.plus(&right.text));
                if !lists {
                    return sum;
                }
                let most = match (&a.most, &b.most) {
                    (Count::Most(a), Count::Most(b)) => Count::Most(a.saturating_add(*b)),
                    (a, b) => a.or(b),
                };
                let list = Value::of_list(List { item: a.item.or(&b.item), most, together: None });
                Value { text: sum.text, ..list }
            }
            BinOpKind::Mul => match (times(&b.left), times(&b.right)) {
                (Some(n), _) if right.text.bound() > Value::number().text.bound() => {
                    Value::of_size(right.text.times(n))
                }
                (_, Some(n)) if left.text.bound() > Value::number().text.bound() => Value::of_size(left.text.times(n)),
                (None, None) if left.text.fixed + right.text.fixed > 0 => {
                    Value::of_size(Size::endless(None, "a text repeated so often as a value says"))
                }
                (Some(n), _) | (_, Some(n)) => {
                    Value::of_size(left.text.or(&right.text).times(n).or(&Value::number().text))
                }
                _ => Value::number(),
            },
            BinOpKind::ScAnd | BinOpKind::ScOr => left.or(&right),
            _ => Value::number(),
        }
    }

    /// A filter that stands without a value of its own, in a block.
    pub(super) fn applied(&mut self, filter: &'a Expr<'a>, value: &Value) -> Value {
        match filter {
            Expr::Filter(f) => {
                let inner = f.expr.as_ref().map_or_else(|| value.clone(), |e| self.applied(e, value));
                self.filter(f, &inner)
            }
            _ => value.clone(),
        }
    }

    fn filter(&mut self, f: &'a ast::Filter<'a>, value: &Value) -> Value {
        let mut args = Vec::new();
        let mut literals = Vec::new();
        for arg in &f.args {
            match arg {
                CallArg::Kwarg("attribute", e) if f.name == "map" => {
                    return self.mapped(value, name(e).unwrap_or_default());
                }
                CallArg::Pos(e) => {
                    args.push(self.value(e));
                    literals.push(match e {
                        Expr::Const(c) => Some(c.value.to_string()),
                        _ => None,
                    });
                }
                _ => {}
            }
        }
        filtered(f.name, value, &args, &literals)
    }

    fn mapped(&self, value: &Value, attribute: &str) -> Value {
        let mut list = value.items();
        list.item = list.item.member(attribute);
        list.together = None;
        Value::of_list(list)
    }

    pub(super) fn call(&mut self, c: &'a ast::Call<'a>, body: Option<Size>) -> Value {
        match &c.expr {
            Expr::Var(var) => match (self.lookup(var.id).cloned(), var.id) {
                (Some(Bound::Macro(found)), _) => self.macro_call(found, &c.args, body),
                (Some(Bound::Caller(size)), _) => Value::of_size(size),
                (_, "range") => self.range(&c.args),
                (_, "dict" | "namespace") => {
                    let mut named = BTreeMap::new();
                    for arg in &c.args {
                        if let CallArg::Kwarg(name, e) = arg {
                            named.insert((*name).to_owned(), self.value(e));
                        }
                    }
                    Value::of_fields(Fields { named, other: None })
                }
                _ => Value::default(),
            },
            Expr::GetAttr(g) => match &g.expr {
                Expr::Var(var) => match self.lookup(var.id).cloned() {
                    Some(Bound::Module(block)) => match self.macro_of(block, g.name) {
                        Some(found) => self.macro_call(found, &c.args, body),
                        None => Value::default(),
                    },
                    // `loop.cycle(…)` is one of its arguments.
                    _ => c
                        .args
                        .iter()
                        .filter_map(positional)
                        .map(|e| self.value(e))
                        .reduce(|a, b| a.or(&b))
                        .unwrap_or_default(),
                },
                _ => Value::default(),
            },
            _ => Value::default(),
        }
    }

    /// Integers up to a literal, or as many as the engine ever makes.
    fn range(&mut self, args: &'a [CallArg<'a>]) -> Value {
        const MOST: u64 = 100_000;
        let bounds: Vec<Option<u64>> = args.iter().filter_map(positional).map(times).collect();
        let most = match bounds[..] {
            [Some(stop)] => stop,
            [Some(start), Some(stop), ..] => stop.saturating_sub(start),
            _ => MOST,
        };
        Value::of_list(List { item: Value::number(), most: Count::Most(most.min(MOST)), together: None })
    }

    fn macro_call(&mut self, found: &'a ast::Macro<'a>, args: &'a [CallArg<'a>], body: Option<Size>) -> Value {
        let mut scope = BTreeMap::new();
        scope.insert("caller".to_owned(), Bound::Caller(body.unwrap_or_default()));
        let names: Vec<&str> =
            found.args.iter().filter_map(|arg| if let Expr::Var(v) = arg { Some(v.id) } else { None }).collect();
        let first_default = names.len().saturating_sub(found.defaults.len());
        for (name, default) in names.iter().skip(first_default).zip(&found.defaults) {
            scope.insert((*name).to_owned(), Bound::Value(self.value(default)));
        }
        for (at, arg) in args.iter().enumerate() {
            let (name, e) = match arg {
                CallArg::Pos(e) => (names.get(at).copied(), e),
                CallArg::Kwarg(name, e) => (Some(*name), e),
                CallArg::PosSplat(_) | CallArg::KwargSplat(_) => continue,
            };
            if let Some(name) = name {
                scope.insert(name.to_owned(), Bound::Value(self.value(e)));
            }
        }
        self.scopes.push(scope);
        let size = self.deeper(|walk| walk.statements(&found.body));
        self.scopes.pop();
        Value::of_size(size)
    }

    pub(super) fn macro_of(&self, block: &str, wanted: &str) -> Option<&'a ast::Macro<'a>> {
        let Stmt::Template(template) = self.library.trees.get(block)? else { return None };
        template.children.iter().find_map(|child| match child {
            Stmt::Macro(m) if m.name == wanted => Some(&**m),
            _ => None,
        })
    }
}

/// The number of a plain literal.
fn times(expr: &Expr<'_>) -> Option<u64> {
    match expr {
        Expr::Const(constant) => constant.value.as_usize().map(|n| n as u64),
        _ => None,
    }
}

fn positional<'e, 'a>(arg: &'e CallArg<'a>) -> Option<&'e Expr<'a>> {
    match arg {
        CallArg::Pos(e) => Some(e),
        _ => None,
    }
}

fn of_constant(value: &minijinja::Value) -> Value {
    if let Some(text) = value.as_str() {
        return Value::of_size(Size::of_text(text));
    }
    if let Ok(items) = value.try_iter()
        && value.len().is_some()
    {
        let items: Vec<Value> = items.map(|item| of_constant(&item)).collect();
        let most = Count::Most(items.len() as u64);
        let item = items.into_iter().reduce(|a, b| a.or(&b)).unwrap_or_default();
        return Value::of_list(List { item, most, together: None });
    }
    Value::of_size(Size::of_text(&value.to_string()))
}
