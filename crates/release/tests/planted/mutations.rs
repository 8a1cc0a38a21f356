//! From `mutations.txt` to faults: the only place where a fault is made.

use std::collections::BTreeMap;

use source::{Mode, RepoPath, Snapshot};

use crate::files::{Planted, read_live, read_place, unescaped};

const SPEC: &str = include_str!("mutations.txt");
const OPEN: &str = "⟦";
const CLOSE: &str = "⟧";

/// Every fault as a file, by its name.
pub(crate) fn planted(good: &Snapshot) -> BTreeMap<String, String> {
    let faults = SPEC.split("\n== ").skip(1).enumerate();
    faults
        .map(|(n, spec)| {
            let planted = fault(spec, good);
            let what: Vec<String> = planted.what.split_whitespace().map(slug).filter(|w| !w.is_empty()).collect();
            (format!("{:03}-{}-{}.txt", n + 1, planted.rule, what.join("-")), planted.text())
        })
        .collect()
}

fn slug(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

/// Texts by path while they are changed; marks are still in them.
type Texts = BTreeMap<String, Option<(Mode, Vec<u8>)>>;

fn fault(spec: &str, good: &Snapshot) -> Planted {
    let mut lines = spec.lines();
    let (rule, what) = lines.next().unwrap().split_once(": ").unwrap();
    let mut planted = Planted { rule: rule.to_owned(), what: what.to_owned(), ..Planted::default() };
    let mut texts = Texts::new();
    let (mut path, mut new) = (String::new(), false);
    let mut edit: (Vec<&str>, Vec<&str>) = Default::default();
    let fail = |why: &str| -> () { panic!("{rule}: {what}: {why}") };
    for line in lines.chain(["@"]) {
        let ended = !line.starts_with(['+', '-']) || (line.starts_with('-') && !edit.1.is_empty());
        if ended && !(edit.0.is_empty() && edit.1.is_empty()) {
            let (from, to) = (unescaped(&edit.0.join("\n")), unescaped(&edit.1.join("\n")));
            let text = texts.entry(path.clone()).or_insert_with(|| original(good, &path));
            let (_, bytes) = text.as_mut().unwrap();
            match (new, edit.0.is_empty()) {
                (true, true) => *bytes = [to.as_slice(), b"\n"].concat(),
                (_, false) => replace(bytes, &from, &to).unwrap_or_else(fail),
                _ => fail("nothing to replace"),
            }
            edit = Default::default();
        }
        match line.split_once(' ') {
            Some(("@", name)) => (path, new) = (name.to_owned(), false),
            Some(("@new", name)) => {
                (path, new) = (name.to_owned(), true);
                texts.insert(path.clone(), Some((Mode::Regular, Vec::new())));
            }
            Some(("@delete", name)) => {
                texts.insert(name.to_owned(), None);
            }
            Some(("@rename", names)) => {
                // A path may hold a blank, so the names meet at the second `prompts/` or `evals/`.
                let at = names.match_indices(" prompts/").chain(names.match_indices(" evals/")).map(|(at, _)| at);
                let (from, to) = names.split_at(at.max().unwrap());
                path = to.trim_start().to_owned();
                texts.insert(path.clone(), original(good, from));
                texts.insert(from.to_owned(), None);
            }
            Some(("@symlink", names)) => {
                let (name, target) = names.split_once(" -> ").unwrap();
                path = name.to_owned();
                texts.insert(path.clone(), Some((Mode::Symlink, target.as_bytes().to_vec())));
            }
            Some(("@executable", name)) => {
                path = name.to_owned();
                texts.insert(path.clone(), original(good, name).map(|(_, bytes)| (Mode::Executable, bytes)));
            }
            Some(("@live", live)) => planted.live.push(read_live(live)),
            Some(("@also", rule)) => planted.also.push(rule.to_owned()),
            Some(("@at", place)) => (planted.path, planted.at, planted.end) = read_place(place),
            _ if line == "@released" => planted.released = true,
            _ if line.starts_with('-') => edit.0.push(line[1..].strip_prefix(' ').unwrap_or("")),
            _ if line.starts_with('+') => edit.1.push(line[1..].strip_prefix(' ').unwrap_or("")),
            _ if line.is_empty() || line.starts_with('#') || line == "@" => {}
            _ => fail(&format!("cannot read `{line}`")),
        }
    }
    let marked = texts.iter().find(|(_, text)| text.as_ref().is_some_and(|(_, bytes)| find(bytes, OPEN).is_some()));
    if let Some((path, Some((_, bytes)))) = marked {
        let start = find(bytes, OPEN).unwrap();
        let close = find(bytes, CLOSE);
        (planted.path, planted.at) = (path.clone(), position(bytes, start));
        planted.end = close.map(|end| {
            let unmarked = [&bytes[..start], &bytes[start + OPEN.len()..end]].concat();
            position(&unmarked, unmarked.len())
        });
    } else if planted.path.is_empty() {
        (planted.path, planted.at) = (path, (1, 1));
    }
    for (_, bytes) in texts.values_mut().flatten() {
        for mark in [OPEN, CLOSE] {
            while let Some(at) = find(bytes, mark) {
                bytes.drain(at..at + mark.len());
            }
        }
    }
    planted.files = texts;
    planted
}

fn original(good: &Snapshot, path: &str) -> Option<(Mode, Vec<u8>)> {
    let file = good.files.get(&RepoPath::new(path).unwrap()).unwrap_or_else(|| panic!("no good file {path}"));
    Some((file.mode, file.bytes.to_vec()))
}

fn replace(bytes: &mut Vec<u8>, from: &[u8], to: &[u8]) -> Result<(), &'static str> {
    let found: Vec<usize> = bytes.windows(from.len()).enumerate().filter(|(_, w)| *w == from).map(|(i, _)| i).collect();
    match found[..] {
        [at] => {
            bytes.splice(at..at + from.len(), to.iter().copied());
            Ok(())
        }
        [] => Err("what is to be replaced is not there"),
        _ => Err("what is to be replaced stands there more than once"),
    }
}

fn find(bytes: &[u8], mark: &str) -> Option<usize> {
    bytes.windows(mark.len()).position(|w| w == mark.as_bytes())
}

/// Line and column, counted in characters as editors count them.
fn position(bytes: &[u8], at: usize) -> (u32, u32) {
    let before = String::from_utf8_lossy(&bytes[..at]);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    (u32::try_from(line).unwrap(), u32::try_from(column).unwrap())
}
