//! A scratch folder with its own home, in which git sees nothing of the machine it runs on.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use repo::{Environment, Oid, Remote, Repo};

pub(crate) struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    /// A home with an identity, and nothing else.
    pub(crate) fn new() -> Self {
        let scratch = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(scratch.path("home")).unwrap();
        scratch.write(
            "home/.gitconfig",
            "[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n",
        );
        scratch
    }

    /// The same with a repository in `r` that holds one commit.
    pub(crate) fn with_repository() -> Self {
        let scratch = Self::new();
        scratch.git("", &["init", "-q", "r"]);
        scratch.write("r/prompts/a.md", "one\n");
        scratch.write("r/policies/policy.yaml", "format: 1\n");
        scratch.commit("r", "first");
        scratch
    }

    /// The same with a bare remote `hub.git` that holds the commit, as `origin` of `r`.
    pub(crate) fn with_remote() -> Self {
        let scratch = Self::with_repository();
        scratch.git("", &["init", "-q", "--bare", "hub.git"]);
        scratch.git("r", &["remote", "add", "origin", &scratch.path("hub.git").display().to_string()]);
        scratch.git("r", &["push", "-q", "-u", "origin", "main"]);
        scratch
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(below)
    }

    pub(crate) fn write(&self, below: &str, text: &str) {
        let path = self.path(below);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A program that leaves a file `canary` behind when it is started.
    pub(crate) fn canary(&self) -> String {
        let path = self.path("canary.sh");
        std::fs::write(&path, format!("#!/bin/sh\ntouch {}\n", self.path("canary").display())).unwrap();
        self.make_executable("canary.sh");
        path.display().to_string()
    }

    pub(crate) fn canary_sang(&self) -> bool {
        self.path("canary").exists()
    }

    pub(crate) fn make_executable(&self, below: &str) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(self.path(below), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn vars(&self) -> Vec<(String, String)> {
        [
            ("PATH", std::env::var("PATH").unwrap()),
            ("HOME", self.path("home").display().to_string()),
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
        ]
        .map(|(k, v)| (k.to_owned(), v))
        .to_vec()
    }

    pub(crate) fn environment(&self) -> Environment {
        Environment::new(self.vars())
    }

    pub(crate) fn environment_with(&self, more: &[(&str, &str)]) -> Environment {
        Environment::new(self.vars().into_iter().chain(more.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))))
    }

    pub(crate) fn run(&self, folder: &str, args: &[&str]) -> Output {
        let mut command = Command::new("git");
        command.args(args).current_dir(self.path(folder)).env_clear().envs(self.vars());
        command.env("GIT_AUTHOR_DATE", "2026-11-22T15:00:00Z").env("GIT_COMMITTER_DATE", "2026-11-22T15:00:00Z");
        command.output().unwrap()
    }

    /// What `git <args>` answers in `folder`; panics where it fails.
    pub(crate) fn git(&self, folder: &str, args: &[&str]) -> String {
        let output = self.run(folder, args);
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    pub(crate) fn commit(&self, folder: &str, message: &str) -> Oid {
        self.git(folder, &["add", "-A"]);
        self.git(folder, &["commit", "-q", "--no-gpg-sign", "-m", message]);
        self.git(folder, &["rev-parse", "HEAD"]).parse().unwrap()
    }

    pub(crate) fn open(&self, folder: &str) -> Repo {
        Repo::open(&self.path(folder), &self.environment()).unwrap()
    }

    pub(crate) fn origin(repo: &Repo) -> Remote {
        repo.remote("origin").unwrap()
    }

    /// A key made by ssh-keygen.
    pub(crate) fn key(&self, name: &str, passphrase: &str) -> PathBuf {
        let path = self.path(name);
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f"]).arg(&path);
        assert!(command.status().unwrap().success());
        path
    }
}

/// The bytes of a tag object without a signature.
pub(crate) fn tag_bytes(object: Oid, kind: &str, name: &str) -> Vec<u8> {
    format!("object {object}\ntype {kind}\ntag {name}\ntagger Ada <ada@example.com> 1795359600 +0000\n\nan entry\n")
        .into_bytes()
}

/// Writes a tag object over HEAD and returns it with its ref.
pub(crate) fn entry(repo: &Repo, name: &str, salt: &str) -> (Oid, String) {
    let mut bytes = tag_bytes(repo.head().unwrap().commit().unwrap(), "commit", name);
    bytes.extend_from_slice(salt.as_bytes());
    (repo.write_tag(&bytes).unwrap(), format!("refs/tags/{name}"))
}

pub(crate) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
