//! `is-xml` (the output is a well-formed document) and `contains-xml` (some elements in it balance), with elements that
//! must be there, each a path from the root such as `order.item`.

use super::xml_reader::{Element, document, name_char};
use super::{Grade, GradeError, Subject, fill, shown};
use crate::ecma;
use crate::reference::Template;

/// XML, whole or somewhere in the output.
#[derive(Debug, Clone)]
pub struct Xml {
    /// Whether it may stand among other text.
    pub anywhere: bool,
    /// Paths that must be there; a text is a comma list.
    pub required: Required,
}

/// How the paths are written.
#[derive(Debug, Clone)]
pub enum Required {
    /// None.
    Nothing,
    /// A list.
    Paths(Vec<Template>),
    /// A comma list.
    Commas(Template),
}

impl Xml {
    pub(super) fn grade(&self, spelled: &str, negated: bool, subject: &Subject<'_>) -> Result<Grade, GradeError> {
        let paths: Vec<String> = match &self.required {
            Required::Nothing => Vec::new(),
            Required::Paths(list) => {
                list.iter().map(|t| fill(spelled, t, subject).map(String::from)).collect::<Result<_, _>>()?
            }
            Required::Commas(template) => {
                fill(spelled, template, subject)?.split(',').map(|p| ecma::trim(p).to_owned()).collect()
            }
        };
        let verdict = if self.anywhere { anywhere(subject.text, &paths) } else { whole(subject.text, &paths) };
        Ok(Grade::whole(verdict.is_ok() != negated, || match verdict {
            Err(why) => why,
            Ok(()) if self.anywhere => "should not contain XML".to_owned(),
            Ok(()) => "should not be XML".to_owned(),
        }))
    }

    pub(super) fn templates(&self) -> Vec<&Template> {
        match &self.required {
            Required::Nothing => Vec::new(),
            Required::Paths(list) => list.iter().collect(),
            Required::Commas(template) => vec![template],
        }
    }
}

fn whole(text: &str, paths: &[String]) -> Result<(), String> {
    let root = document(text).map_err(|why| format!("not well-formed XML: {why}"))?;
    match missing(&[root], paths).as_slice() {
        [] => Ok(()),
        missing => Err(format!("the XML lacks `{}`", shown(&missing.join("`, `")))),
    }
}

fn anywhere(text: &str, paths: &[String]) -> Result<(), String> {
    let groups = balanced(text);
    if groups.is_empty() {
        return Err("there is no XML in the output".to_owned());
    }
    let fits = groups.iter().any(|group| missing(group, paths).is_empty());
    if fits { Ok(()) } else { Err(format!("no XML in the output has `{}`", shown(&paths.join("`, `")))) }
}

fn missing(roots: &[Element], paths: &[String]) -> Vec<String> {
    paths.iter().filter(|path| !has(roots, &path.split('.').collect::<Vec<_>>())).cloned().collect()
}

/// Whether `path` leads somewhere; of several elements with one name, a position (from 0) must choose.
fn has(elements: &[Element], path: &[&str]) -> bool {
    let Some((step, rest)) = path.split_first() else { return true };
    let named: Vec<&Element> = elements.iter().filter(|e| e.name == *step).collect();
    match named.as_slice() {
        [] => false,
        [one] => inside(one, rest),
        several => match rest.split_first() {
            None => true,
            Some((position, rest)) => {
                let index = position.parse::<usize>().ok().filter(|n| n.to_string() == *position);
                index.and_then(|i| several.get(i)).is_some_and(|e| inside(e, rest))
            }
        },
    }
}

fn inside(element: &Element, path: &[&str]) -> bool {
    let Some((step, rest)) = path.split_first() else { return true };
    let holds_more = !element.children.is_empty() || !element.attributes.is_empty();
    let attribute = step.strip_prefix("@_").is_some_and(|a| element.attributes.iter().any(|b| b == a));
    let text = *step == "#text" && element.text && holds_more;
    ((attribute || text) && rest.is_empty()) || has(&element.children, path)
}

/// Runs of elements whose tags balance, by the element around them that does not.
fn balanced(text: &str) -> Vec<Vec<Element>> {
    let mut groups = Vec::new();
    let mut open: Vec<(Element, Vec<Element>)> = vec![(Element::default(), Vec::new())];
    let (mut at, mut after) = (0, 0);
    while let Some(found) = text[at..].find('<').map(|p| at + p) {
        at = found + 1;
        let Some(tag) = tag(text, found) else { continue };
        let filled = text[found..].starts_with("<![CDATA[") || !ecma::trim(&text[after..found]).is_empty();
        open.last_mut().expect("the first entry is never removed").0.text |= filled;
        (at, after) = (tag.end, tag.end);
        match tag.kind {
            TagKind::Other => {}
            TagKind::Empty(element) => top(&mut open).push(element),
            TagKind::Open(element) => open.push((element, Vec::new())),
            TagKind::Close(name) => {
                if open.len() > 1 && open.last().is_some_and(|(e, _)| e.name == name) {
                    if let Some((mut element, children)) = open.pop() {
                        element.children = children;
                        top(&mut open).push(element);
                    }
                } else {
                    // What was open never closes: the elements inside stand on their own.
                    groups.extend(open.drain(1..).map(|(_, children)| children));
                }
            }
        }
    }
    groups.extend(open.into_iter().map(|(_, children)| children));
    groups.retain(|group| !group.is_empty());
    groups
}

fn top(open: &mut [(Element, Vec<Element>)]) -> &mut Vec<Element> {
    &mut open.last_mut().expect("the first entry is never removed").1
}

struct Tag {
    end: usize,
    kind: TagKind,
}

enum TagKind {
    Open(Element),
    Empty(Element),
    Close(String),
    Other,
}

fn tag(text: &str, at: usize) -> Option<Tag> {
    let after = &text[at + 1..];
    for (start, end) in [("!--", "-->"), ("![CDATA[", "]]>"), ("?", "?>"), ("!", ">")] {
        if let Some(inner) = after.strip_prefix(start) {
            let length = inner.find(end).map_or(inner.len(), |p| p + end.len());
            return Some(Tag { end: at + 1 + start.len() + length, kind: TagKind::Other });
        }
    }
    let closing = after.starts_with('/');
    let body = &after[usize::from(closing)..];
    let name_end = body.char_indices().find(|&(i, c)| !name_char(c, i == 0)).map_or(body.len(), |(i, _)| i);
    let name = &body[..name_end];
    let length = tag_end(after)?;
    if name.is_empty() {
        return None;
    }
    let inner = &after[..length];
    let kind = if closing {
        TagKind::Close(name.to_owned())
    } else {
        let mut element = Element::named(name);
        element.attributes = attributes(&inner[name_end..]);
        if inner.trim_end().ends_with('/') { TagKind::Empty(element) } else { TagKind::Open(element) }
    };
    Some(Tag { end: at + 1 + length + 1, kind })
}

/// Where the `>` of a tag stands; `None` where another `<` comes first.
fn tag_end(after: &str) -> Option<usize> {
    let mut quote = None;
    for (i, c) in after.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '<') => return None,
            (None, '>') => return Some(i),
            (None, _) => {}
        }
    }
    None
}

fn attributes(inner: &str) -> Vec<String> {
    let named = inner.split('=').rev().skip(1);
    named.filter_map(|part| part.split_whitespace().next_back()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_at_the_root() {
        let ok = |text: &str, path: &str| whole(text, &[path.to_owned()]).is_ok();
        assert!(ok("<a><b>1</b></a>", "a.b") && !ok("<a><b/></a>", "b"));
        assert!(ok("<a><b/><b><c/></b></a>", "a.b.1.c") && !ok("<a><b/><b><c/></b></a>", "a.b.c"));
        assert!(ok("<a x='1'/>", "a.@_x"));
    }

    #[test]
    fn balanced_elements_are_found_among_text() {
        let ok = |text: &str, paths: &[&str]| {
            anywhere(text, &paths.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>()).is_ok()
        };
        assert!(ok("x <a>1</a> y", &[]) && !ok("1 < 2 > 0", &[]) && !ok("<a>", &[]));
        assert!(ok("<p>unclosed <a><b/></a> and <c/>", &["a.b", "c"]));
        assert!(ok("<br> <a>1</a></div> <b/>", &["b"]));
        assert!(ok("x <a x=\"1\">t</a>", &["a.#text"]) && ok("<a>t<b/></a>", &["a.#text"]));
        assert!(!ok("t <a><b/> </a>", &["a.#text"]) && ok("<a><![CDATA[t]]><b/></a>", &["a.#text"]));
    }
}
