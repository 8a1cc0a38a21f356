//! How deep the expression of a tag nests, judged while its tokens come by.
//!
//! What is run has guards around some operands (`renderer::guard`), each a pair of brackets or two, and a slice wraps all
//! that stands before it; minijinja's parser refuses 150 levels. Within [`limits::TAG_DEPTH`] and
//! [`limits::STATEMENT_DEPTH`] a template has at most 142 of them however it is guarded: 8 for each level here, 4 around
//! the whole expression, 2 for the expression itself, and one for each statement.

use minijinja::machinery::Token;

use crate::limits;

/// The expression so far.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    /// Outside of every bracket.
    outer: Level,
    /// The brackets that are open, the innermost last.
    open: Vec<Level>,
    after_dot: bool,
}

/// What stands side by side between two brackets.
#[derive(Debug, Default)]
struct Level {
    /// Whether the bracket is a `[`, in which a colon makes a slice.
    square: bool,
    slice: bool,
    /// The levels inside the operand that is read, and the slices that were taken of it.
    inner: usize,
    slices: usize,
    /// The most that any operand before it had.
    deepest: usize,
}

impl Level {
    fn end_operand(&mut self) {
        self.deepest = self.deepest.max(self.inner + self.slices);
        (self.inner, self.slices) = (0, 0);
    }
}

impl Nesting {
    /// Takes the next token; says whether the expression is still within its limit.
    pub(super) fn take(&mut self, token: &Token<'_>) -> bool {
        let after_dot = std::mem::replace(&mut self.after_dot, matches!(token, Token::Dot));
        match token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => {
                self.open.push(Level { square: matches!(token, Token::BracketOpen), ..Level::default() });
            }
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                if let Some(mut closed) = self.open.pop() {
                    closed.end_operand();
                    let level = self.level();
                    level.inner = level.inner.max(1 + closed.deepest);
                    level.slices += usize::from(closed.slice);
                }
            }
            Token::Dot => {}
            Token::Ident(_) | Token::Int(_) | Token::Int128(_) if after_dot => {}
            _ => {
                let level = self.level();
                level.end_operand();
                level.slice |= level.square && matches!(token, Token::Colon);
            }
        }
        let level = self.open.last().unwrap_or(&self.outer);
        self.open.len() + level.inner + level.slices <= limits::TAG_DEPTH
    }

    fn level(&mut self) -> &mut Level {
        self.open.last_mut().unwrap_or(&mut self.outer)
    }
}

#[cfg(test)]
mod tests {
    use minijinja::machinery::parse;

    use crate::limits::{STATEMENT_DEPTH, TAG_DEPTH};
    use crate::renderer::guarded;
    use crate::template::{syntax, tags::tags};

    /// Puts a template around another.
    type Wrap = dyn Fn(&str) -> String;

    /// `wrap` around `x`, again and again.
    fn nested(times: usize, wrap: impl Fn(&str) -> String) -> String {
        (0..times).fold("x".to_owned(), |inner, _| wrap(&inner))
    }

    /// What is accepted here is accepted by the parser when it is run, and what lies just beyond is refused here.
    #[test]
    fn whatever_passes_can_be_run() {
        let wraps: [(usize, &Wrap); 12] = [
            (1, &|x| format!("({x})")),
            (1, &|x| format!("[{x}]")),
            (1, &|x| format!("[{x}, {x}, 1]")),
            (1, &|x| format!("{{'a': {x}}}")),
            (1, &|x| format!("{{{x}: 1}}")),
            (1, &|x| format!("f({x} == y)")),
            (1, &|x| format!("y[{x} + y]")),
            (1, &|x| format!("[{x} * y + 'a' if y else {x}][0]")),
            (1, &|x| format!("y|default({x} in y)")),
            (1, &|x| format!("{x}[1:]")),
            (2, &|x| format!("y[{x} + y:{x} == y]")),
            (2, &|x| format!("({x} == y)[y == y:]")),
        ];
        for (cost, wrap) in wraps {
            // A slice is a bracket too, so that the last of a chain counts twice.
            let sure = TAG_DEPTH / cost - 1;
            let tag = |times| format!("{{{{ {} == y }}}}", nested(times, wrap));
            let shown = tag(2);
            // Some double with each level; the number of operators ends them first.
            for times in 1..=TAG_DEPTH {
                let source = tag(times);
                let Err(fault) = tags(&source) else {
                    let whole =
                        "{% if a == b %}".repeat(STATEMENT_DEPTH) + &source + &"{% endif %}".repeat(STATEMENT_DEPTH);
                    assert!(tags(&whole).is_ok(), "{shown}");
                    let run = guarded(&whole);
                    assert!(parse(&run, "", syntax()).is_ok(), "{shown} {times} times");
                    continue;
                };
                let grown = times > sure || fault.message.contains("operators") || fault.message.contains("bytes");
                assert!(grown, "{shown} {times} times: {}", fault.message);
            }
            assert!(tags(&tag(TAG_DEPTH + 1)).is_err_and(|fault| fault.rule == "too-complex"), "{shown}");
        }
    }

    #[test]
    fn only_what_nests_counts() {
        let many = |piece: &str| format!("{{{{ [{}] }}}}", vec![piece; 30].join(", "));
        for piece in ["x[1:]", "(x)", "x[0][1][2]", "{'a': [x]}"] {
            assert!(tags(&many(piece)).is_ok(), "{piece}");
        }
        let sum = |piece: &str| format!("{{{{ {} }}}}", vec![piece; 30].join(" ~ "));
        assert!(tags(&sum("x[1:]")).is_ok() && tags(&sum("x.a[0].b")).is_ok());
        let statements = |n: usize| "{% if a %}".repeat(n) + "x" + &"{% endif %}".repeat(n);
        assert!(tags(&statements(STATEMENT_DEPTH)).is_ok());
        assert_eq!(tags(&statements(STATEMENT_DEPTH + 1)).unwrap_err().rule, "too-complex");
    }
}
