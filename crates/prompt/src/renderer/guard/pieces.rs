//! The tokens of a template's tags, told apart as far as guarding expressions needs it.

use std::ops::Range;

use minijinja::machinery::{Token, Tokenizer};

use crate::template::syntax;

/// What a token is to an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Literal,
    Open(char),
    Close,
    Comma,
    Colon,
    Assign,
    Dot,
    /// An operator that compares, or `in`.
    Compare,
    In,
    Plus,
    Times,
    /// A word between expressions: `and`, `if`, …
    Between,
    Other,
}

#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
}

/// The tokens of every tag.
pub(super) fn tags(source: &str) -> Option<Vec<Vec<Piece>>> {
    let mut lexer = Tokenizer::new(source, "", false, syntax());
    let (mut tags, mut open): (Vec<Vec<Piece>>, Option<Vec<Piece>>) = (Vec::new(), None);
    let mut statement = false;
    while let Some((token, span)) = lexer.next_token().ok()? {
        let at = span.start_offset as usize..span.end_offset as usize;
        match (&token, &mut open) {
            (Token::VariableStart | Token::BlockStart, None) => {
                statement = matches!(token, Token::BlockStart);
                open = Some(Vec::new());
            }
            (Token::VariableEnd | Token::BlockEnd, Some(_)) => tags.extend(open.take()),
            (_, Some(pieces)) => {
                let last = pieces.last().map(|p: &Piece| (&source[p.at.clone()], p.kind));
                let mut kind = kind(&token, last);
                if statement && pieces.is_empty() {
                    kind = Kind::Between;
                }
                // `for x in y` compares nothing.
                let first_in = || !pieces.iter().any(|p| p.kind == Kind::In || &source[p.at.clone()] == "in");
                if kind == Kind::In
                    && statement
                    && pieces.first().is_some_and(|p| &source[p.at.clone()] == "for")
                    && first_in()
                {
                    kind = Kind::Between;
                }
                // `not in` is one operator of two words.
                if kind == Kind::In
                    && let Some(not) = pieces.last_mut().filter(|p| &source[p.at.clone()] == "not")
                {
                    not.kind = Kind::In;
                }
                pieces.push(Piece { kind, at });
            }
            _ => {}
        }
    }
    Some(tags)
}

fn kind(token: &Token<'_>, last: Option<(&str, Kind)>) -> Kind {
    match token {
        // `x is in(y)` is a test, which pays for itself.
        Token::Ident("in") if last.is_some_and(|(word, kind)| kind == Kind::Other && matches!(word, "is" | "not")) => {
            Kind::Other
        }
        Token::Ident("in") => Kind::In,
        Token::Ident("not") if last.is_some_and(|(word, _)| word == "is") => Kind::Other,
        Token::Ident("and" | "or" | "not" | "if" | "else") if last.is_none_or(|(_, kind)| kind != Kind::Dot) => {
            Kind::Between
        }
        Token::Ident("true" | "false" | "none" | "True" | "False" | "None") => Kind::Literal,
        Token::Ident("is") => Kind::Other,
        Token::Ident(_) => Kind::Name,
        Token::Str(_) | Token::String(_) | Token::Int(_) | Token::Int128(_) | Token::Float(_) => Kind::Literal,
        Token::ParenOpen => Kind::Open('('),
        Token::BracketOpen => Kind::Open('['),
        Token::BraceOpen => Kind::Open('{'),
        Token::ParenClose | Token::BracketClose | Token::BraceClose => Kind::Close,
        Token::Comma => Kind::Comma,
        Token::Colon => Kind::Colon,
        Token::Assign => Kind::Assign,
        Token::Dot => Kind::Dot,
        Token::Eq | Token::Ne | Token::Lt | Token::Lte | Token::Gt | Token::Gte => Kind::Compare,
        Token::Plus => Kind::Plus,
        Token::Mul => Kind::Times,
        _ => Kind::Other,
    }
}
