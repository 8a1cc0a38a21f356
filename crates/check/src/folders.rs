//! The folders that a prompt root is made of: whether they are there, and whether they are folders.
//!
//! A link, a file or a submodule in the place of one hides everything that is judged, so it is never "nothing to find".

use source::{Finding, Mode, Place, RepoPath, Snapshot};

use crate::History;

/// What stands where `prompts/`, `policies/` or `evals/` belong, and `prompts/` itself where it is gone since the base.
pub(crate) fn findings(snapshot: &Snapshot, history: &History) -> Vec<Finding> {
    let mut found: Vec<Finding> =
        ["prompts", "policies", "evals"].into_iter().filter_map(|f| replaced(snapshot, f)).collect();
    found.extend(gone(snapshot, history));
    found
}

/// What stands in the place of `folder`, where that is no folder.
pub fn replaced(snapshot: &Snapshot, folder: &str) -> Option<Finding> {
    let (path, file) = snapshot.files.get_key_value(folder)?;
    let what = match file.mode {
        Mode::Regular | Mode::Executable => "a file",
        Mode::Symlink => "a symlink",
        Mode::Submodule => "a submodule",
    };
    let message = format!("{what} stands where the folder `{folder}/` belongs, so nothing in it is read");
    let help =
        format!("put the folder itself at {folder}: what is judged and signed is never read through anything else");
    Some(Finding::new("file-not-regular", Place::file(path), message).help(help))
}

fn gone(snapshot: &Snapshot, history: &History) -> Option<Finding> {
    let (base, count) = history.prompts_of_base()?;
    if count == 0 || snapshot.files.contains_key("prompts") || snapshot.below("prompts").next().is_some() {
        return None;
    }
    let path = RepoPath::new("prompts").expect("a plain word is a path");
    let had = source::render::counted(count, "prompt");
    let message = format!("`prompts/` is gone, which holds {had} in `{base}`");
    Some(
        Finding::new("prompt-missing", Place::file(&path), message)
            .help(format!("put it back: git checkout {base} -- prompts")),
    )
}
