//! One object, read as a YAML flow mapping is, with a budget of steps.

use serde_json::{Map, Number, Value};

use super::DEEPEST;
use crate::ecma;

pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) budget: &'a mut usize,
    /// Whether a key stood twice in one object.
    pub(super) repeats: bool,
}

impl Reader<'_> {
    /// A flow mapping and nothing after it.
    pub(super) fn whole(&mut self) -> Option<Value> {
        let value = self.value(0)?;
        self.space();
        (self.at == self.text.len()).then_some(value)
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn step(&mut self) -> Option<char> {
        let c = self.peek()?;
        *self.budget = self.budget.checked_sub(1)?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn takes(&mut self, c: char) -> bool {
        let there = self.peek() == Some(c);
        if there {
            self.at += c.len_utf8();
        }
        there
    }

    /// White space and comments.
    fn space(&mut self) {
        while let Some(c) = self.peek() {
            if c == '#' {
                let rest = &self.text[self.at..];
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if !matches!(c, ' ' | '\t' | '\n' | '\r') || self.step().is_none() {
                return;
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        match self.peek()? {
            '{' => self.mapping(depth),
            '[' => self.sequence(depth),
            '"' => self.double_quoted().map(Value::String),
            '\'' => self.single_quoted().map(Value::String),
            _ => self.plain().map(|text| resolve(&text)),
        }
    }

    fn mapping(&mut self, depth: usize) -> Option<Value> {
        self.step()?;
        let mut map = Map::new();
        loop {
            self.space();
            if self.takes('}') {
                return Some(Value::Object(map));
            }
            let (key, value) = self.pair(depth)?;
            self.repeats |= map.insert(key, value).is_some();
            self.space();
            if !self.takes(',') && self.peek()? != '}' {
                return None;
            }
        }
    }

    fn sequence(&mut self, depth: usize) -> Option<Value> {
        self.step()?;
        let mut items = Vec::new();
        loop {
            self.space();
            if self.takes(']') {
                return Some(Value::Array(items));
            }
            let item = self.value(depth + 1)?;
            self.space();
            items.push(if self.colon() {
                let value = self.pair_value(depth)?;
                Value::Object([(key_text(&item)?, value)].into_iter().collect())
            } else {
                item
            });
            self.space();
            if !self.takes(',') && self.peek()? != ']' {
                return None;
            }
        }
    }

    fn pair(&mut self, depth: usize) -> Option<(String, Value)> {
        if self.peek()? == ',' {
            return None;
        }
        let key = if self.peek() == Some(':') { Value::Null } else { self.value(depth + 1)? };
        let key = key_text(&key)?;
        self.space();
        let value = if self.takes(':') { self.pair_value(depth)? } else { Value::Null };
        Some((key, value))
    }

    fn pair_value(&mut self, depth: usize) -> Option<Value> {
        self.space();
        if matches!(self.peek()?, ',' | '}' | ']') { Some(Value::Null) } else { self.value(depth + 1) }
    }

    fn colon(&mut self) -> bool {
        let after = self.text[self.at..].chars().nth(1);
        self.peek() == Some(':') && after.is_none_or(ends_plain) && self.takes(':')
    }

    fn plain(&mut self) -> Option<String> {
        if matches!(self.peek()?, '&' | '*' | '!' | '|' | '>' | '%' | '@' | '`' | ',' | '}' | ']' | '#') {
            return None;
        }
        // A hyphen by itself begins an item of a list, which has no place here.
        if self.peek()? == '-' && self.text[self.at + 1..].chars().next().is_none_or(ends_plain) {
            return None;
        }
        let start = self.at;
        let mut end = self.at;
        while let Some(c) = self.peek() {
            let next = self.text[self.at + c.len_utf8()..].chars().next();
            let stops = matches!(c, ',' | '[' | ']' | '{' | '}')
                || (c == ':' && next.is_none_or(ends_plain))
                || (c == '#' && self.text[..self.at].ends_with(ecma::is_space));
            if stops {
                break;
            }
            if unprintable(c) {
                return None;
            }
            self.step()?;
            if !ecma::is_space(c) {
                end = self.at;
            }
        }
        let words: Vec<&str> = ecma::words(&self.text[start..end]).collect();
        let one_line = !self.text[start..end].contains('\n');
        Some(if one_line { self.text[start..end].to_owned() } else { words.join(" ") }).filter(|t| !t.is_empty())
    }

    fn single_quoted(&mut self) -> Option<String> {
        self.step()?;
        let mut out = String::new();
        loop {
            match self.step()? {
                '\'' if self.takes('\'') => out.push('\''),
                '\'' => return Some(out),
                '\n' => self.fold(&mut out),
                c if is_control(c) => return None,
                c => out.push(c),
            }
        }
    }

    fn double_quoted(&mut self) -> Option<String> {
        self.step()?;
        let mut out = String::new();
        loop {
            match self.step()? {
                '"' => return Some(out),
                '\n' => self.fold(&mut out),
                '\\' => match self.step()? {
                    'n' => out.push('\n'),
                    't' | '\t' => out.push('\t'),
                    'r' => out.push('\r'),
                    'b' => out.push('\u{8}'),
                    'f' => out.push('\u{c}'),
                    '0' => out.push('\0'),
                    'e' => out.push('\u{1b}'),
                    'a' => out.push('\u{7}'),
                    'v' => out.push('\u{b}'),
                    'x' => out.push(self.hex(2)?),
                    'u' => out.push(self.hex(4)?),
                    'U' => out.push(self.hex(8)?),
                    '\n' => self.space(),
                    c @ ('"' | '\\' | '/' | ' ') => out.push(c),
                    _ => return None,
                },
                c if is_control(c) => return None,
                c => out.push(c),
            }
        }
    }

    fn hex(&mut self, digits: usize) -> Option<char> {
        let mut read = |n| -> Option<u32> {
            let mut code = 0;
            for _ in 0..n {
                code = code * 16 + self.step()?.to_digit(16)?;
            }
            Some(code)
        };
        let code = read(digits)?;
        if !(0xD800..0xDC00).contains(&code) {
            return Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        // A pair of surrogates, as JSON writes what lies beyond the basic plane.
        if !self.text[self.at..].starts_with("\\u") {
            return Some(char::REPLACEMENT_CHARACTER);
        }
        self.at += 2;
        let mut low = 0;
        for _ in 0..4 {
            low = low * 16 + self.step()?.to_digit(16)?;
        }
        let joined = (0xDC00..0xE000).contains(&low).then(|| 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00));
        Some(joined.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// A line break in quotes is a space; each further one is a line break.
    fn fold(&mut self, out: &mut String) {
        while out.ends_with([' ', '\t', '\r']) {
            out.pop();
        }
        let mut breaks = 1;
        while let Some(c @ (' ' | '\t' | '\r' | '\n')) = self.peek() {
            breaks += usize::from(c == '\n');
            self.at += 1;
        }
        if breaks == 1 {
            out.push(' ');
        } else {
            out.extend(std::iter::repeat_n('\n', breaks - 1));
        }
    }
}

fn ends_plain(c: char) -> bool {
    ecma::is_space(c) || matches!(c, ',' | '[' | ']' | '{' | '}')
}

/// What must not stand in quotes as it is.
const fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}')
}

/// What must not stand outside them.
const fn unprintable(c: char) -> bool {
    is_control(c) || matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

fn key_text(key: &Value) -> Option<String> {
    ecma::scalar(key)
}

/// A plain scalar's value by YAML's core schema.
fn resolve(text: &str) -> Value {
    let signed = text.strip_prefix(['+', '-']).unwrap_or(text);
    match text {
        "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(n) = text.strip_prefix(prefix).and_then(|d| i64::from_str_radix(d, radix).ok()) {
            return Value::from(n);
        }
    }
    let digits = !signed.is_empty() && signed.bytes().all(|b| b.is_ascii_digit());
    if digits && let Ok(n) = text.parse::<i64>() {
        return Value::from(n);
    }
    let decimal = signed.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && signed.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
        && signed.bytes().any(|b| b.is_ascii_digit());
    if decimal && let Some(n) = text.parse::<f64>().ok().and_then(Number::from_f64) {
        return Value::Number(n);
    }
    Value::String(text.to_owned())
}
