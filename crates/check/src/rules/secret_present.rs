//! A key, token or password that anybody who reads the repository can use.

use prompt::stack;
use source::{File, Finding, Place, RepoPath, Span, Text};

use crate::Subject;
use crate::catalogue::Scope;
use crate::secrets::{MOST, secrets};

pub(super) const ID: &str = "secret-present";
pub(super) const SCOPE: Scope = Scope::All(judge);

/// Where people write; git objects and recordings of answers are not read here.
const FOLDERS: [&str; 3] = ["prompts", "policies", "evals"];

fn judge(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let files: Vec<_> = FOLDERS.iter().flat_map(|folder| subject.snapshot.below(folder)).collect();
    found.extend(stack::for_each(&files, |(path, file)| in_file(path, file)).into_iter().flatten());
}

fn in_file(path: &RepoPath, file: &File) -> Vec<Finding> {
    let Ok(content) = std::str::from_utf8(&file.bytes) else { return Vec::new() };
    let secrets = secrets(content);
    if secrets.is_empty() {
        return Vec::new();
    }
    let text = Text::new(path.clone(), masked(content, &secrets));
    let finding = |secret: crate::secrets::Secret| {
        let span = Span::new(secret.at.start, secret.at.end);
        Finding::new(ID, Place::new(&text, span), format!("this looks like {}", secret.what)).help(secret.remedy)
    };
    secrets.into_iter().map(finding).collect()
}

/// The text with its secrets blotted out, byte for byte: findings are printed where many can read them.
fn masked(content: &str, secrets: &[crate::secrets::Secret]) -> String {
    let blot = |c: char| if c == '\n' { "\n".to_owned() } else { "*".repeat(c.len_utf8()) };
    let mut masked = String::with_capacity(content.len());
    let mut done = 0;
    for secret in secrets {
        masked.push_str(&content[done..secret.at.start]);
        masked.extend(content[secret.at.clone()].chars().map(blot));
        done = secret.at.end;
    }
    // Where there are more, they are not told apart from the rest.
    match secrets.len() < MOST {
        true => masked.push_str(&content[done..]),
        false => masked.extend(content[done..].chars().map(blot)),
    }
    masked
}
