//! The tags of a source, found by minijinja's own lexer so that both always agree on where text ends and a tag begins.
//!
//! The lexer neither recurses nor backtracks. Whatever would hurt the parser behind it is refused here.

use std::ops::Range;

use minijinja::machinery::{Token, Tokenizer};

use super::nesting::Nesting;
use super::{Fault, syntax, syntax_fault};
use crate::limits;

/// The tags of a source, in order.
#[derive(Debug, Default)]
pub(crate) struct Tags<'s> {
    pub(crate) tags: Vec<Tag<'s>>,
    /// Where text other than white space stands outside of tags and comments, raw blocks included.
    pub(crate) texts: Vec<Range<usize>>,
    /// The statements that are never closed, outermost first.
    pub(crate) open: Vec<(&'s str, Range<usize>)>,
}

/// A tag, delimiters included.
#[derive(Debug)]
pub(crate) struct Tag<'s> {
    pub(crate) at: Range<usize>,
    pub(crate) kind: Kind<'s>,
    /// How many statements enclose it.
    pub(crate) depth: usize,
}

/// What a tag is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind<'s> {
    /// `{{ role("…") }}`, spelled exactly so.
    Role(&'s str),
    /// `{{ turns("…") }}`, spelled exactly so.
    Turns(&'s str),
    /// A call of `role` or `turns` that is spelled otherwise.
    Crooked,
    /// Any other `{{ … }}`.
    Print,
    /// `{% … %}` with its first word.
    Statement(&'s str),
}

/// Finds the tags of `source`.
pub(crate) fn tags(source: &str) -> Result<Tags<'_>, Fault> {
    long_lines(source)?;
    let mut scan = Scan { source, found: Tags::default(), branches: 0, statements: Vec::new() };
    let mut lexer = Tokenizer::new(source, "", false, syntax());
    let mut tag: Option<Open<'_>> = None;
    let mut end = 0;
    loop {
        let (token, span) = match lexer.next_token() {
            Ok(Some(found)) => found,
            Ok(None) => break,
            Err(error) => return Err(scan.lexical(&error, tag.as_ref().map_or(end, |t| t.start))),
        };
        let at = span.start_offset as usize..span.end_offset as usize;
        end = at.end;
        match (&token, &mut tag) {
            (Token::TemplateData(text), None) => {
                if !text.trim().is_empty() {
                    scan.found.texts.push(at);
                }
            }
            (Token::VariableStart | Token::BlockStart, None) => {
                tag = Some(Open::new(at.start, matches!(token, Token::BlockStart)));
            }
            (Token::VariableEnd | Token::BlockEnd, Some(_)) => {
                if let Some(open) = tag.take() {
                    scan.close(&open, at.end)?;
                }
            }
            (_, Some(open)) => open.token(&token, &at)?,
            (_, None) => {}
        }
    }
    if let Some(open) = tag {
        let opener = if open.statement { "{%" } else { "{{" };
        let closer = if open.statement { "%}" } else { "}}" };
        let fault = Fault::new("template-syntax", open.start..open.start + 2, format!("`{opener}` is never closed"));
        return Err(fault.help(format!("add `{closer}`")));
    }
    scan.found.open = scan.statements.into_iter().map(|s| (s.word, s.at)).collect();
    Ok(scan.found)
}

fn long_lines(source: &str) -> Result<(), Fault> {
    if source.len() <= limits::LINE_BYTES {
        return Ok(());
    }
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        if line.len() > limits::LINE_BYTES && ["{{", "{%", "{#"].iter().any(|opener| line.contains(opener)) {
            let message =
                format!("this line has {} bytes and holds tags, at most {} are read", line.len(), limits::LINE_BYTES);
            return Err(Fault::new("too-complex", at..at + 1, message).help("break the line"));
        }
        at += line.len();
    }
    Ok(())
}

/// A tag whose end is not reached yet.
struct Open<'s> {
    start: usize,
    statement: bool,
    operators: usize,
    nesting: Nesting,
    tokens: usize,
    parens: usize,
    word: &'s str,
    assigns: bool,
    calls: bool,
    argument: Option<&'s str>,
}

impl<'s> Open<'s> {
    fn new(start: usize, statement: bool) -> Self {
        Self {
            start,
            statement,
            operators: 0,
            nesting: Nesting::default(),
            tokens: 0,
            parens: 0,
            word: "",
            assigns: false,
            calls: false,
            argument: None,
        }
    }

    fn token(&mut self, token: &Token<'s>, at: &Range<usize>) -> Result<(), Fault> {
        match (self.tokens, token) {
            (0, Token::Ident(word)) => self.word = word,
            (1, Token::ParenOpen) => self.calls = true,
            (2, Token::Str(text)) if self.calls => self.argument = Some(text),
            _ => {}
        }
        self.tokens += 1;
        match token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => self.parens += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => self.parens = self.parens.saturating_sub(1),
            Token::Assign if self.parens == 0 => self.assigns = true,
            _ => {}
        }
        let operator = match token {
            Token::Ident(word) => matches!(*word, "not" | "and" | "or" | "if" | "else" | "is" | "in"),
            Token::Str(_) | Token::String(_) | Token::Int(_) | Token::Int128(_) | Token::Float(_) => false,
            Token::Comma | Token::Colon | Token::Assign => false,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => false,
            _ => true,
        };
        self.operators += usize::from(operator);
        if self.operators > limits::TAG_OPERATORS {
            let message = format!("this tag has more than {} operators and filters", limits::TAG_OPERATORS);
            return Err(
                Fault::new("too-complex", at.clone(), message).help("set intermediate variables, or use a list")
            );
        }
        if !self.nesting.take(token) {
            let message = format!("brackets and slices of this tag nest deeper than {} levels", limits::TAG_DEPTH);
            return Err(Fault::new("too-complex", at.clone(), message).help("set intermediate variables"));
        }
        Ok(())
    }
}

struct Statement<'s> {
    word: &'s str,
    at: Range<usize>,
    branches: usize,
}

struct Scan<'s> {
    source: &'s str,
    found: Tags<'s>,
    statements: Vec<Statement<'s>>,
    /// The branches of all open statements: what the parser would have on its stack.
    branches: usize,
}

impl<'s> Scan<'s> {
    fn close(&mut self, open: &Open<'s>, end: usize) -> Result<(), Fault> {
        let at = open.start..end;
        let closes = open.statement && open.word.starts_with("end") && open.word != "end";
        if closes && let Some(statement) = self.statements.pop() {
            self.branches -= statement.branches;
        }
        let depth = self.statements.len();
        let kind = if open.statement { Kind::Statement(open.word) } else { self.print(open, &at) };
        self.found.tags.push(Tag { at: at.clone(), kind, depth });
        if !open.statement {
            return Ok(());
        }
        match open.word {
            "for" | "if" | "with" | "filter" | "macro" | "call" | "autoescape" | "block" => {
                self.opens(open.word, at, 1)
            }
            "set" if !open.assigns => self.opens(open.word, at, 1),
            "elif" | "else" => {
                self.branches += 1;
                if let Some(statement) = self.statements.last_mut() {
                    statement.branches += 1;
                }
                self.limit(at)
            }
            _ => Ok(()),
        }
    }

    fn opens(&mut self, word: &'s str, at: Range<usize>, branches: usize) -> Result<(), Fault> {
        self.branches += branches;
        self.statements.push(Statement { word, at: at.clone(), branches });
        if self.statements.len() > limits::STATEMENT_DEPTH {
            let message = format!("statements nest deeper than {} levels", limits::STATEMENT_DEPTH);
            return Err(Fault::new("too-complex", at, message).help("move the inner ones into a macro or a block"));
        }
        self.limit(at)
    }

    fn limit(&self, at: Range<usize>) -> Result<(), Fault> {
        if self.branches <= limits::STATEMENT_BRANCHES {
            return Ok(());
        }
        let message = format!("this statement has more than {} branches", limits::STATEMENT_BRANCHES);
        Err(Fault::new("too-complex", at, message).help("pass the choice in as an input, or look it up in a mapping"))
    }

    fn print(&self, open: &Open<'s>, at: &Range<usize>) -> Kind<'s> {
        if !open.calls || !matches!(open.word, "role" | "turns") {
            return Kind::Print;
        }
        let exact = |name: &str| self.source[at.clone()] == format!("{{{{ {}(\"{name}\") }}}}", open.word);
        match open.argument {
            Some(name) if exact(name) && open.word == "role" => Kind::Role(name),
            Some(name) if exact(name) => Kind::Turns(name),
            _ => Kind::Crooked,
        }
    }

    /// The quote that is never closed in the tag that begins at `start`.
    fn quote(&self, start: usize) -> Range<usize> {
        let mut open = None;
        let mut chars = self.source[start..].char_indices();
        while let Some((at, c)) = chars.next() {
            match (open, c) {
                (Some(_), '\\') => drop(chars.next()),
                (Some((_, quote)), c) if c == quote => open = None,
                (None, '"' | '\'') => open = Some((at, c)),
                _ => {}
            }
        }
        let at = start + open.map_or(0, |(at, _)| at);
        at..(at + 1).min(self.source.len())
    }

    fn lexical(&self, error: &minijinja::Error, start: usize) -> Fault {
        let fault = syntax_fault(error, self.source, start..start);
        let begins = |opener: &str| self.source[start..].find(opener).map(|i| start + i..start + i + 2);
        match error.detail() {
            Some("unexpected end of comment") => {
                let at = begins("{#").unwrap_or(fault.at);
                Fault::new("template-syntax", at, "this comment is never closed").help("add `#}`")
            }
            Some("unexpected end of raw block") => {
                let at = begins("{%").unwrap_or(fault.at);
                Fault::new("template-syntax", at, "this raw block is never closed").help("add `{% endraw %}`")
            }
            Some("unexpected end of string") => {
                let at = self.quote(start);
                Fault::new("template-syntax", at, "a text in this tag is never closed").help("add the missing quote")
            }
            _ => fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<(Kind<'_>, usize)> {
        tags(source).unwrap().tags.into_iter().map(|t| (t.kind, t.depth)).collect()
    }

    fn rule(source: &str) -> (&'static str, Range<usize>) {
        let fault = tags(source).unwrap_err();
        (fault.rule, fault.at)
    }

    #[test]
    fn markers_are_tags_and_nothing_else() {
        assert_eq!(kinds(r#"{{ role("user") }}"#), [(Kind::Role("user"), 0)]);
        assert_eq!(kinds(r#"{{ turns("h") }}{{ x }}"#), [(Kind::Turns("h"), 0), (Kind::Print, 0)]);
        for crooked in [
            r#"{{role("user")}}"#,
            "{{ role('user') }}",
            r#"{{- role("user") }}"#,
            "{{ role(x) }}",
            r#"{{ role("a" ~ b) }}"#,
        ] {
            assert_eq!(kinds(crooked), [(Kind::Crooked, 0)], "{crooked}");
        }
        for hidden in [
            r#"{# {{ role("user") }} #}"#,
            r#"{% raw %}{{ role("user") }}{% endraw %}"#,
            r#"{{ '{{ role("user") }}' }}"#,
        ] {
            assert!(kinds(hidden).iter().all(|(k, _)| *k == Kind::Print), "{hidden}");
        }
    }

    #[test]
    fn depth_counts_open_statements() {
        let source = "{% if a %}{{ b }}{% for x in y %}{{ x }}{% endfor %}{% elif c %}{% endif %}\
            {% set d = 1 %}{{ d }}{% set e %}{{ e }}{% endset %}{{ f }}{% set g | indent(width=2) %}{{ g }}{% endset %}";
        let prints: Vec<_> = kinds(source).into_iter().filter(|(k, _)| *k == Kind::Print).map(|(_, d)| d).collect();
        assert_eq!(prints, [1, 2, 0, 1, 0, 1]);
        let open = tags("{% if a %}{% for x in y %}{% endfor %}{% with b = 1 %}").unwrap().open;
        assert_eq!(open.iter().map(|o| o.0).collect::<Vec<_>>(), ["if", "with"]);
    }

    #[test]
    fn what_would_hurt_the_parser_is_refused() {
        for hostile in ["- ".repeat(5_000), "not ".repeat(5_000), "a if b else ".repeat(5_000), "(".repeat(5_000)] {
            assert_eq!(rule(&format!("{{{{ {hostile}x }}}}")).0, "too-complex");
        }
        for hostile in [".a", "[0]", "()", "|upper", " + 1", " ~ 1", " is none"] {
            assert_eq!(rule(&format!("{{{{ x{} }}}}", hostile.repeat(5_000))).0, "too-complex", "{hostile}");
        }
        let branches = format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(5_000));
        assert_eq!(rule(&branches).0, "too-complex");
        let nested = "{% if a %}{% elif b %}{% elif c %}".repeat(200);
        assert_eq!(rule(&nested).0, "too-complex");
        assert_eq!(rule(&format!("{} {{{{", "x".repeat(70_000))).0, "too-complex");
        assert!(tags(&"x".repeat(70_000)).is_ok());
        let list = format!("{{{{ [{}] }}}}", "1,".repeat(5_000));
        assert!(tags(&list).is_ok());
    }

    #[test]
    fn what_is_never_closed_is_shown_where_it_begins() {
        assert_eq!(rule("ab {{ x "), ("template-syntax", 3..5));
        assert_eq!(rule("ab {% if x"), ("template-syntax", 3..5));
        assert_eq!(rule("{{ a }} {# x"), ("template-syntax", 8..10));
        assert_eq!(rule("a {% raw %} {{ x }}"), ("template-syntax", 2..4));
        assert_eq!(rule("a {{ 'x }}"), ("template-syntax", 5..6));
        assert_eq!(rule("a {{ f('x', \"y) }}"), ("template-syntax", 12..13));
    }
}
