//! The JSON-like objects in a text, read as generously as promptfoo's `contains-json` reads them.
//!
//! From each `{` to the brace that balances it (quotes are not looked at; braces that are missing at the end are added),
//! the text is read as a YAML flow mapping in which `//` begins a comment: `{a: 1}`, `{a}`, a trailing comma and
//! `{"a":1` all count; lists outside an object do not. Work is bounded by the text's length.

use serde_json::{Map, Number, Value};

use crate::ecma;

/// An object longer than this is cut there.
const LONGEST: usize = 100_000;

/// Deeper nesting is not read.
const DEEPEST: usize = 100;

/// The objects in `text`, in order, none inside another.
pub(super) fn objects(text: &str) -> Vec<Value> {
    let bytes = text.as_bytes();
    let ends = balanced(bytes);
    // Every candidate pays for its length and each step of reading it, so that braces that never balance, each of which
    // would be read to the end, cannot make the work quadratic.
    let mut budget = bytes.len().saturating_mul(16) + (1 << 20);
    let mut found = Vec::new();
    let mut i = 0;
    while let Some(at) = bytes.get(i..).and_then(|b| b.iter().position(|&b| b == b'{')).map(|p| i + p) {
        i = at + 1;
        let limit = floor(text, (at + LONGEST).min(text.len()));
        let (end, missing) = match ends.get(&at) {
            Some(&end) if end <= limit => (end, 0),
            _ => (limit, open_braces(&bytes[at..limit])),
        };
        match budget.checked_sub(end - at) {
            Some(left) => budget = left,
            None => break,
        }
        let mut candidate = comments_as_yaml(&text[at..end]);
        candidate.extend(std::iter::repeat_n('}', missing.min(DEEPEST + 1)));
        let mut reader = Reader { text: &candidate, at: 0, budget: &mut budget };
        if let Some(object) = reader.whole() {
            found.push(object);
            i = end;
        }
    }
    found
}

/// For each `{` that is balanced, the offset after its `}`.
fn balanced(bytes: &[u8]) -> std::collections::HashMap<usize, usize> {
    let mut open = Vec::new();
    let mut ends = std::collections::HashMap::new();
    for (i, b) in bytes.iter().enumerate() {
        match b {
            b'{' => open.push(i),
            b'}' => {
                if let Some(start) = open.pop() {
                    ends.insert(start, i + 1);
                }
            }
            _ => {}
        }
    }
    ends
}

fn open_braces(bytes: &[u8]) -> usize {
    let opened = bytes.iter().filter(|&&b| b == b'{').count();
    opened.saturating_sub(bytes.iter().filter(|&&b| b == b'}').count())
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// `//` outside quotes and outside a `://` becomes `#`.
fn comments_as_yaml(text: &str) -> String {
    if !text.contains("//") {
        return text.to_owned();
    }
    let line = |line: &str| -> String {
        let mut quote = None;
        let mut before = ' ';
        let mut escaped = false;
        for (i, c) in line.char_indices() {
            match quote {
                Some(q) => {
                    if c == q && !escaped {
                        quote = None;
                    }
                    escaped = c == '\\' && !escaped;
                }
                None if c == '"' || (c == '\'' && !before.is_ascii_alphabetic()) => quote = Some(c),
                None if line[i..].starts_with("//") => {
                    let token = line[..i].rfind(ecma::is_space).map_or(0, |p| p + 1);
                    if !line[token..i + 2].contains("://") {
                        return format!("{}#{}", &line[..i], line[i..].trim_start_matches('/'));
                    }
                }
                None => {}
            }
            before = c;
        }
        line.to_owned()
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    budget: &'a mut usize,
}

impl Reader<'_> {
    /// A flow mapping and nothing after it.
    fn whole(&mut self) -> Option<Value> {
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
            map.insert(key, value);
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

#[cfg(test)]
mod tests {
    use super::objects;
    use serde_json::json;

    #[test]
    fn generous_forms_are_read() {
        for (text, expected) in [
            ("text {\"a\":1} more", vec![json!({"a": 1})]),
            ("{a: 1} {b}", vec![json!({"a": 1}), json!({"b": null})]),
            ("{\"a\":1", vec![json!({"a": 1})]),
            ("{\"a\":[1,{\"b\":null,},],}", vec![json!({"a": [1, {"b": null}]})]),
            ("{ // c\n \"a\":1}", vec![json!({"a": 1})]),
            (
                "{u: http://x/y, s: 'it''s', t: \"\\u00e9\\ud83d\\ude00\"}",
                vec![json!({"u": "http://x/y", "s": "it's", "t": "é😀"})],
            ),
            ("[1,2] {}", vec![json!({})]),
            ("{{x}}", vec![json!({"x": null})]),
            (
                "{a: yes, b: 0x10, c: -1.5e3, d: two words}",
                vec![json!({"a": "yes", "b": 16, "c": -1500.0, "d": "two words"})],
            ),
        ] {
            assert_eq!(objects(text), expected, "{text}");
        }
    }

    #[test]
    fn hostile_text_costs_no_more_than_its_length() {
        for unit in ["{", "{a: [", "{a: {", "{\"", "{a, "] {
            let text = unit.repeat(200_000 / unit.len());
            let _ = objects(&text);
        }
    }
}
