//! A key, token or password that anybody who reads the repository can use.

use prompt::stack;
use source::secrets::{Secret, secrets};
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
    let Ok(content) = std::str::from_utf8(&file.bytes) else { return Vec::new() };
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
