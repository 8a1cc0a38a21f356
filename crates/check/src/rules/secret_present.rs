//! A key, token or password that anybody who reads the repository can use.

use std::borrow::Cow;

use prompt::stack;
use source::secrets::{Secret, is_encrypted, secrets};
use source::{File, Finding, Place, RepoPath, Span, Text};

use crate::Subject;
use crate::catalogue::Scope;

pub(super) const ID: &str = "secret-present";
pub(super) const SCOPE: Scope = Scope::All(judge);

/// Where people write; git objects and recordings of answers are not read here.
const FOLDERS: [&str; 3] = ["prompts", "policies", "evals"];

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let files: Vec<_> = FOLDERS.iter().flat_map(|folder| subject.snapshot.below(folder)).collect();
    found.extend(stack::for_each(&files, |(path, file)| in_file(path, file)).into_iter().flatten());
}

fn in_file(path: &RepoPath, file: &File) -> Vec<Finding> {
    if is_encrypted(&file.bytes) {
        return Vec::new();
    }
    let content = &*decoded(&file.bytes);
    let secrets = secrets(content);
    if secrets.is_empty() {
        return Vec::new();
    }
    let text = Text::new(path.clone(), content);
    let finding = |secret: Secret| {
        let span = Span::new(secret.at.start, secret.at.end);
        Finding::new(ID, Place::new(&text, span), format!("this looks like {}", secret.what)).help(secret.remedy)
    };
    secrets.into_iter().map(finding).collect()
}

/// The bytes as a text, whatever else is wrong with them: UTF-16 where they look like it, else UTF-8 with what is none replaced.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let order: Option<fn([u8; 2]) -> u16> = match bytes {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        [a, 0, b, 0, ..] if *a != 0 && *b != 0 => Some(u16::from_le_bytes),
        [0, a, 0, b, ..] if *a != 0 && *b != 0 => Some(u16::from_be_bytes),
        _ => None,
    };
    match order {
        Some(order) => {
            let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| order([pair[0], pair[1]])).collect();
            Cow::Owned(String::from_utf16_lossy(&units))
        }
        None => String::from_utf8_lossy(bytes),
    }
}

#[cfg(test)]
mod tests {
    use source::Mode;

    use super::*;

    #[test]
    fn no_encoding_hides_a_key() {
        let text = format!("token: {}{}\n", "ghp_", "q7Lx2VbN9tKwR4mZ8cYp3HsD6fJg5TaE1uQk");
        let path = RepoPath::new("evals/data/a.csv").unwrap();
        let utf16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let marked = [vec![0xff, 0xfe], utf16(u16::to_le_bytes)].concat();
        let broken = [&b"caf\xe9,"[..], text.as_bytes()].concat();
        for bytes in [text.clone().into_bytes(), broken, marked, utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)] {
            let found = in_file(&path, &File { mode: Mode::Regular, bytes: bytes.into() });
            assert_eq!(found.len(), 1);
        }
    }
}
