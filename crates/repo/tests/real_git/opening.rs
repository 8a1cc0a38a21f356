//! Which repositories are opened, and what is said of the others.

use std::path::Path;

use repo::{Class, Environment, Error, Head, Repo};

use crate::scratch::Scratch;

fn refusal(scratch: &Scratch, folder: &str) -> Error {
    Repo::open(&scratch.path(folder), &scratch.environment()).err().expect("this repository must be refused")
}

#[test]
fn no_repository_is_said_with_the_way_out() {
    let scratch = Scratch::new();
    let error = refusal(&scratch, "home");
    assert!(matches!(error, Error::NotARepository(_)), "{error}");
    assert!(error.remedy().unwrap().contains("git init"));
    assert_eq!(error.class(), Class::Setup);
}

#[test]
fn formats_that_libgit2_cannot_read_are_told_apart() {
    let scratch = Scratch::new();
    scratch.git("", &["init", "-q", "--object-format=sha256", "sha256"]);
    scratch.git("", &["init", "-q", "--ref-format=reftable", "reftable"]);
    assert!(matches!(refusal(&scratch, "sha256"), Error::Sha256(_)), "{:?}", refusal(&scratch, "sha256"));
    assert!(matches!(refusal(&scratch, "reftable"), Error::Reftable(_)), "{:?}", refusal(&scratch, "reftable"));
    scratch.git("", &["init", "-q", "compat"]);
    scratch.git("compat", &["config", "core.repositoryFormatVersion", "1"]);
    scratch.git("compat", &["config", "extensions.compatObjectFormat", "sha256"]);
    assert!(matches!(refusal(&scratch, "compat"), Error::CompatObjectFormat(_)));
    scratch.git("", &["init", "-q", "later"]);
    scratch.git("later", &["config", "core.repositoryFormatVersion", "1"]);
    std::fs::write(
        scratch.path("later/.git/config"),
        "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tnovelty = 1\n",
    )
    .unwrap();
    assert!(matches!(refusal(&scratch, "later"), Error::Extension { name, .. } if name == "novelty"));
}

#[test]
fn a_partial_clone_is_incomplete() {
    let scratch = Scratch::with_remote();
    scratch.git("hub.git", &["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", scratch.path("hub.git").display());
    scratch.git("", &["clone", "-q", "--filter=blob:none", &url, "partial"]);
    let error = refusal(&scratch, "partial");
    assert!(matches!(error, Error::PartialClone(_)), "{error:?}");
    assert_eq!(error.class(), Class::Incomplete);
}

#[test]
fn a_bare_repository_inside_a_worktree_is_refused() {
    let scratch = Scratch::with_repository();
    scratch.git("r", &["init", "-q", "--bare", "vendor/evil"]);
    let error = refusal(&scratch, "r/vendor/evil");
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    // Nor does it help to say that it is not bare, or to hide it in another.
    scratch.git("r/vendor/evil", &["config", "core.bare", "false"]);
    scratch.git("r/vendor/evil", &["config", "core.worktree", "."]);
    assert!(matches!(refusal(&scratch, "r/vendor/evil"), Error::Refused { .. }));
    scratch.git("r", &["init", "-q", "--bare", "vendor/evil/worse"]);
    assert!(matches!(refusal(&scratch, "r/vendor/evil/worse"), Error::Refused { .. }));
    // A git folder that the user put elsewhere is named by the worktree's own `.git`, which git never tracks.
    scratch.git("r", &["init", "-q", "--separate-git-dir", "apart", "inner"]);
    scratch.open("r/inner");
    // A bare repository by itself is fine, and has no worktree.
    scratch.git("", &["init", "-q", "--bare", "plain.git"]);
    let repo = scratch.open("plain.git");
    assert!(repo.is_bare());
    assert!(matches!(repo.worktree(), Err(Error::Bare)));
}

#[test]
fn head_is_unborn_on_a_branch_or_detached() {
    let scratch = Scratch::new();
    scratch.git("", &["init", "-q", "r"]);
    let repo = scratch.open("r");
    assert_eq!(repo.head().unwrap(), Head::Unborn("main".to_owned()));
    assert!(matches!(repo.rev_parse("HEAD"), Err(Error::Unborn(_))));
    scratch.write("r/prompts/a.md", "x");
    let first = scratch.commit("r", "first");
    assert_eq!(repo.head().unwrap(), Head::Branch("main".to_owned(), first));
    scratch.git("r", &["pack-refs", "--all"]);
    assert_eq!(repo.head().unwrap(), Head::Branch("main".to_owned(), first));
    scratch.git("r", &["checkout", "-q", "--detach"]);
    assert_eq!(repo.head().unwrap(), Head::Detached(first));
    assert_eq!(repo.head().unwrap().branch(), None);
}

#[test]
fn linked_worktrees_and_submodules_open_as_themselves() {
    let scratch = Scratch::with_repository();
    scratch.git("r", &["tag", "-a", "-m", "x", "policy@00000001"]);
    scratch.git("r", &["worktree", "add", "-q", "../linked", "-b", "topic"]);
    scratch.write("linked/prompts/b.md", "two\n");
    let repo = scratch.open("linked");
    assert_eq!(repo.head().unwrap().branch(), Some("topic"));
    assert_eq!(repo.worktree().unwrap().files.len(), 3);
    assert_eq!(repo.tags("policy@").unwrap().len(), 1);
    assert_eq!(repo.common_dir(), scratch.path("r/.git"));

    scratch.git("", &["init", "-q", "super"]);
    let url = scratch.path("r").display().to_string();
    scratch.git("super", &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "prompts/sub"]);
    scratch.write("super/prompts/own.md", "x");
    scratch.commit("super", "first");
    assert_eq!(scratch.open("super/prompts/sub").workdir().unwrap(), scratch.path("super/prompts/sub"));
    for snapshot in [scratch.open("super").worktree().unwrap(), scratch.open("super").index().unwrap()] {
        let seen: Vec<_> = snapshot.files.iter().map(|(p, f)| (p.as_str(), f.mode)).collect();
        assert_eq!(
            seen,
            [("prompts/own.md", source::Mode::Regular), ("prompts/sub", source::Mode::Submodule)],
            "{}",
            snapshot.name
        );
    }
}

#[test]
fn the_prompt_root_is_the_nearest_that_looks_like_one() {
    let scratch = Scratch::new();
    scratch.git("", &["init", "-q", "mono"]);
    scratch.write("mono/services/ai/prompts/x/a.md", "a");
    scratch.write("mono/services/web/main.rs", "fn main() {}");
    scratch.commit("mono", "first");
    assert_eq!(scratch.open("mono").root(), "");
    assert_eq!(scratch.open("mono/services/web").root(), "");
    let repo = scratch.open("mono/services/ai/prompts/x");
    assert_eq!(repo.root(), "services/ai");
    assert_eq!(repo.worktree().unwrap().files.keys().next().unwrap().as_str(), "prompts/x/a.md");
    assert_eq!(repo.index().unwrap().files.len(), 1);
    assert_eq!(repo.revision("HEAD").unwrap().files.len(), 1);
    let repo = scratch.open("mono").with_root("services/ai/").unwrap();
    assert_eq!(repo.worktree().unwrap().files.len(), 1);
    assert_eq!(repo.with_root(".").unwrap().worktree().unwrap().files.len(), 0);
    assert!(scratch.open("mono").with_root("../x").is_err());
    std::os::unix::fs::symlink("ai", scratch.path("mono/services/link")).unwrap();
    assert!(matches!(scratch.open("mono").with_root("services/link").unwrap().worktree(), Err(Error::Root { .. })));
}

#[test]
fn git_dir_leads_elsewhere_only_in_a_hook() {
    let scratch = Scratch::with_repository();
    scratch.git("", &["init", "-q", "other"]);
    let git_dir = scratch.path("other/.git").display().to_string();
    let environment =
        scratch.environment_with(&[("GIT_DIR", &git_dir), ("GIT_NAMESPACE", "x"), ("GIT_INDEX_VERSION", "4")]);
    let repo = Repo::open(&scratch.path("r"), &environment).unwrap();
    assert_eq!(repo.git_dir(), scratch.path("r/.git"));
    assert!(repo.rev_parse("main").is_ok());
    let hook = Repo::open(&scratch.path("r"), &environment.in_hook()).unwrap();
    assert_eq!(hook.git_dir(), Path::new(&git_dir));
}

#[test]
fn a_missing_git_is_named() {
    let scratch = Scratch::with_repository();
    let environment = Environment::new([("PATH", "/nowhere"), ("HOME", "/nowhere")]);
    let repo = Repo::open(&scratch.path("r"), &environment).unwrap();
    let error = repo.rev_parse("main").unwrap_err();
    assert!(matches!(&error, Error::NoProgram(name) if name == "git"), "{error}");
}
