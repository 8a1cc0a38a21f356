//! XML 1.0 well-formedness with namespaces, and the elements of a document, for `is-xml`.
//!
//! No DTD is read: an internal subset is refused, and entities other than the five predefined ones are taken only where
//! the document type names an external subset that could declare them.

mod prolog;

use std::collections::{HashMap, HashSet};

/// An element.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<String>,
    pub(super) children: Vec<Element>,
    pub(super) text: bool,
}

/// Reads `text` as one document; the error is a sentence.
pub(super) fn document(text: &str) -> Result<Element, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { text, at: 0, external: false, spaces: HashMap::new() };
    reader.declaration()?;
    let mut doctype = false;
    let mut root = None;
    loop {
        reader.space();
        if reader.done() {
            return root.ok_or_else(|| "there is no root element".to_owned());
        }
        if reader.comment()? || reader.instruction()? {
            continue;
        }
        if reader.rest().starts_with("<!DOCTYPE") {
            if doctype || root.is_some() {
                return reader.wrong("a document type stands where none may");
            }
            doctype = true;
            reader.doctype()?;
        } else if reader.rest().starts_with('<') && root.is_none() {
            root = Some(reader.tree()?);
        } else {
            return reader.wrong("there is text outside the root element");
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Whether entities may be declared where this reader does not look.
    external: bool,
    /// What each prefix stands for here, and in the elements around: the last holds.
    spaces: HashMap<&'a str, Vec<&'a str>>,
}

/// An element being read, with the prefixes that it declares.
struct Open<'a> {
    element: Element,
    prefixes: Vec<&'a str>,
}

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

impl Element {
    pub(super) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), attributes: Vec::new(), children: Vec::new(), text: false }
    }
}

/// One after the other: elements may lie deeper in each other than a thread's stack is.
impl Drop for Element {
    fn drop(&mut self) {
        let mut inside = std::mem::take(&mut self.children);
        while let Some(mut element) = inside.pop() {
            inside.append(&mut element.children);
        }
    }
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn done(&self) -> bool {
        self.at == self.text.len()
    }

    fn wrong<T>(&self, what: &str) -> Result<T, String> {
        let line = self.text[..self.at].matches('\n').count() + 1;
        Err(format!("{what} (line {line} of the output)"))
    }

    fn takes(&mut self, literal: &str) -> bool {
        let there = self.rest().starts_with(literal);
        self.at += if there { literal.len() } else { 0 };
        there
    }

    fn space(&mut self) -> bool {
        let rest = self.rest();
        let kept = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.at += rest.len() - kept.len();
        rest.len() != kept.len()
    }

    /// Everything up to `end`, which is passed.
    fn until(&mut self, end: &str, what: &str) -> Result<&'a str, String> {
        let rest = self.rest();
        match rest.find(end) {
            Some(at) => {
                self.at += at + end.len();
                Ok(&rest[..at])
            }
            None => self.wrong(&format!("{what} is not closed")),
        }
    }

    fn name(&mut self) -> Result<&'a str, String> {
        let rest = self.rest();
        let end = rest.char_indices().find(|&(i, c)| !name_char(c, i == 0)).map_or(rest.len(), |(i, _)| i);
        if end == 0 {
            return self.wrong("a name was expected");
        }
        self.at += end;
        Ok(&rest[..end])
    }

    fn comment(&mut self) -> Result<bool, String> {
        if !self.takes("<!--") {
            return Ok(false);
        }
        let inner = self.until("-->", "a comment")?;
        if inner.contains("--") || inner.ends_with('-') { self.wrong("a comment contains `--`") } else { Ok(true) }
    }

    fn instruction(&mut self) -> Result<bool, String> {
        if !self.takes("<?") {
            return Ok(false);
        }
        let target = self.name()?;
        if target.eq_ignore_ascii_case("xml") {
            return self.wrong("an XML declaration stands elsewhere than at the start");
        }
        if !self.rest().starts_with("?>") && !self.space() {
            return self.wrong("a processing instruction is malformed");
        }
        self.until("?>", "a processing instruction").map(|_| true)
    }

    /// The root element with everything in it; a stack of its own, so that depth cannot exhaust the thread's.
    fn tree(&mut self) -> Result<Element, String> {
        let mut open: Vec<Open<'a>> = Vec::new();
        loop {
            let finished = if self.rest().starts_with("</") {
                self.at += 2;
                let name = self.name()?;
                self.space();
                let Some(top) = open.pop().filter(|o| o.element.name == name && self.takes(">")) else {
                    return self.wrong(&format!("`</{name}>` closes no open element"));
                };
                self.unbind(&top.prefixes);
                Some(top.element)
            } else if self.comment()? || self.instruction()? {
                None
            } else if self.takes("<![CDATA[") {
                let inner = self.until("]]>", "a CDATA section")?;
                if let Some(top) = open.last_mut() {
                    top.element.text |= !inner.is_empty();
                }
                None
            } else if self.rest().starts_with('<') {
                self.tag(&mut open)?
            } else {
                let text = self.characters()?;
                if let Some(top) = open.last_mut() {
                    top.element.text |= text;
                }
                None
            };
            let Some(element) = finished else { continue };
            match open.last_mut() {
                Some(parent) => parent.element.children.push(element),
                None => return Ok(element),
            }
        }
    }

    /// A start tag: pushed, or returned where it closes itself.
    fn tag(&mut self, open: &mut Vec<Open<'a>>) -> Result<Option<Element>, String> {
        self.at += 1;
        let name = self.name()?;
        let mut this = Open { element: Element::named(name), prefixes: Vec::new() };
        let mut names = HashSet::new();
        let closes = loop {
            let spaced = self.space();
            if self.takes("/>") {
                break true;
            }
            if self.takes(">") {
                break false;
            }
            if !spaced {
                return self.wrong(&format!("the tag `<{name}` is malformed"));
            }
            let attribute = self.name()?;
            self.space();
            if !self.takes("=") {
                return self.wrong(&format!("the attribute `{attribute}` has no value"));
            }
            self.space();
            let value = self.value()?;
            if !names.insert(attribute) {
                return self.wrong(&format!("the attribute `{attribute}` stands twice"));
            }
            if let Some(prefix) = attribute.strip_prefix("xmlns:") {
                if value.is_empty() || prefix == "xmlns" || value == XMLNS || (prefix == "xml") != (value == XML) {
                    return self.wrong(&format!("the prefix `{prefix}` cannot stand for this namespace"));
                }
                this.prefixes.push(prefix);
                self.spaces.entry(prefix).or_default().push(value);
            }
            this.element.attributes.push(attribute.to_owned());
        };
        let space_of = |prefix: &str| self.spaces.get(prefix)?.last().copied();
        let bound = |name: &str| match name.split_once(':') {
            None => true,
            Some((_, local)) if local.is_empty() || local.contains(':') => false,
            Some(("xml" | "xmlns", _)) => true,
            Some((prefix, _)) => space_of(prefix).is_some(),
        };
        if let Some(loose) = [&this.element.name].into_iter().chain(&this.element.attributes).find(|n| !bound(n)) {
            return self.wrong(&format!("the prefix of `{loose}` is not bound to a namespace"));
        }
        let mut seen = std::collections::BTreeSet::new();
        let spaced = this.element.attributes.iter().filter_map(|a| a.split_once(':'));
        if let Some((_, twice)) =
            spaced.filter_map(|(p, local)| Some((space_of(p)?, local))).find(|one| !seen.insert(*one))
        {
            return self.wrong(&format!("the attribute `{twice}` stands twice in one namespace"));
        }
        if closes {
            self.unbind(&this.prefixes);
            return Ok(Some(this.element));
        }
        open.push(this);
        Ok(None)
    }

    /// An element ends that declared these.
    fn unbind(&mut self, prefixes: &[&'a str]) {
        for prefix in prefixes {
            if let Some(spaces) = self.spaces.get_mut(prefix) {
                spaces.pop();
            }
        }
    }

    fn quoted(&mut self, what: &str) -> Result<&'a str, String> {
        let quote = if self.takes("\"") {
            "\""
        } else if self.takes("'") {
            "'"
        } else {
            return self.wrong(&format!("{what} is not quoted"));
        };
        self.until(quote, what)
    }

    fn value(&mut self) -> Result<&'a str, String> {
        let inner = self.quoted("an attribute's value")?;
        if inner.contains('<') {
            return self.wrong("an attribute's value contains `<`");
        }
        self.entities(inner).map(|()| inner)
    }

    /// Text up to the next tag; whether it is more than white space.
    fn characters(&mut self) -> Result<bool, String> {
        let rest = self.rest();
        let Some(end) = rest.find('<') else { return self.wrong("an element is not closed") };
        let text = &rest[..end];
        self.at += end;
        if text.contains("]]>") {
            return self.wrong("`]]>` stands in text");
        }
        self.entities(text)?;
        Ok(!text.trim_matches([' ', '\t', '\r', '\n']).is_empty())
    }

    fn entities(&self, text: &str) -> Result<(), String> {
        let allowed =
            |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        if !text.chars().all(allowed) {
            return self.wrong("there is a character that XML does not allow");
        }
        let mut rest = text;
        while let Some(at) = rest.find('&') {
            let Some(end) = rest[at..].find(';') else { return self.wrong("an `&` begins no entity") };
            let entity = &rest[at + 1..at + end];
            rest = &rest[at + end + 1..];
            let code = match entity.strip_prefix('#') {
                Some(number) => match number.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16).ok(),
                    None => number.parse().ok(),
                }
                .and_then(char::from_u32)
                .is_some_and(allowed),
                None => false,
            };
            let named = matches!(entity, "amp" | "lt" | "gt" | "quot" | "apos")
                || (self.external && !entity.is_empty() && entity.char_indices().all(|(i, c)| name_char(c, i == 0)));
            if !code && !named {
                return self.wrong(&format!("the entity `&{entity};` is not defined"));
            }
        }
        Ok(())
    }
}

/// XML's `NameStartChar` and `NameChar`.
pub(super) fn name_char(c: char, first: bool) -> bool {
    let start = matches!(c, ':' | '_' | 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}'
        | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}'
        | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}'
        | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}');
    start || (!first && matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}'))
}

#[cfg(test)]
mod tests {
    use super::document;

    #[test]
    fn only_well_formed_documents_are_read() {
        for good in [
            "<a/>",
            "<?xml version=\"1.0\"?>\n<a x='1'>&amp;&#x41;<b><![CDATA[<]]></b><!-- c --></a>\n",
            "<!DOCTYPE a><a/>",
            "<p:a xmlns:p='u'><p:b/></p:a>",
            "<!DOCTYPE a SYSTEM 'x'><a>&foo;</a>",
            "<?xml version = '1.0' encoding='UTF-8'\n standalone=\"yes\" ?><a/>",
            "<?xmlfoo bar?><a xml:lang='en'/>",
            "<a xmlns:p='u' xmlns:q='v' p:x='1' q:x='2' x='3'><b xmlns:p='w' p:x='1'/></a>",
        ] {
            assert!(document(good).is_ok(), "{good}: {:?}", document(good));
        }
        for bad in [
            "",
            "x <a/>",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a x=1/>",
            "<a x='1' x='2'/>",
            "<a>&foo;</a>",
            "<a>]]></a>",
            "<p:a/>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>",
            "<a><!-- -- --></a>",
            "<a b='<'/>",
            "<a\u{1}/>",
            "<?xml version=\"1.0\" standalone=\"maybe\"?><a/>",
            "<?xml encoding=\"UTF-8\" version=\"1.0\"?><a/>",
            "<?xml version=\"1.0?><a/>",
            "<?xml version=\"1.0\"encoding=\"UTF-8\"?><a/>",
            "<?xml?><a/>",
            "<?xm&l version=\"1.0\"?><a/>",
            "<a:b xmlns:a=\"\"/>",
            "<a xmlns:xml=\"u\"/>",
            "<a xmlns:xmlns=\"u\"/>",
            "<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>",
            "< a/>",
        ] {
            assert!(document(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_costs_much_is_read_in_time_with_its_length() {
        let deep = |n: usize| format!("{}{}", "<p:a>".repeat(n), "</p:a>".repeat(n));
        assert!(document(&"<a>".repeat(300_000)).is_err());
        assert!(document(&format!("<r xmlns:p='u'>{}</r>", deep(300_000))).is_ok());
        let attributes: String = (0..300_000).map(|i| format!(" a{i}=''")).collect();
        assert!(document(&format!("<a{attributes}/>")).is_ok());
        assert!(document(&format!("<a{attributes} a7=''/>")).is_err());
        let spaces: String = (0..100_000).map(|i| format!(" xmlns:p{i}='u{i}' p{i}:x=''")).collect();
        assert!(document(&format!("<a{spaces}/>")).is_ok());
    }

    #[test]
    fn a_prefix_ends_with_its_element() {
        assert!(document("<a><b xmlns:p='u'><p:c/></b><b xmlns:p='v'/><c xmlns:p='w' p:x=''/></a>").is_ok());
        assert!(document("<a><b xmlns:p='u'/><p:c/></a>").is_err());
        assert!(document("<a><b xmlns:p='u'></b><p:c/></a>").is_err());
        assert!(document("<a xmlns:p='u' xmlns:q='v'><b xmlns:q='u'/><b p:x='' q:x=''/></a>").is_ok());
    }
}
