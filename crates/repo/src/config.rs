//! git's configuration, its scopes told apart.
//!
//! A repository's own configuration is data: it may say which key or remote to use, never which program to start.

mod command;
mod load;

use gix_config::{File, source::Kind};

pub(crate) use load::expand_home;

use crate::{Error, Repo, Result};

/// The configuration that applies in a repository.
pub struct Config {
    file: File,
}

impl Config {
    /// The value of `key` (`section.name` or `section.sub.name`), from any scope; the last one counts, as in git.
    pub fn data(&self, key: &str) -> Option<String> {
        self.file.string(key).map(|v| v.to_string())
    }

    /// The value of `key` from the system, the user or the command line: what may name a program.
    ///
    /// What the repository's own configuration says, by itself or by a file that it includes, is not even looked at.
    pub fn trusted(&self, key: &str) -> Option<String> {
        let trusted = |meta: &gix_config::file::Metadata| is_trusted(meta.source);
        self.file.string_filter(key, trusted).map(|v| v.to_string())
    }

    /// Whether the repository itself gives `key` a value, which [`Config::trusted`] passes over.
    pub fn is_set_by_repository(&self, key: &str) -> bool {
        self.file.string_filter(key, |meta| !is_trusted(meta.source)).is_some()
    }

    /// The names of `[section "…"]`, sorted.
    pub fn subsections(&self, section: &str) -> Vec<String> {
        let sections = self.file.sections_by_name(section).into_iter().flatten();
        let mut names: Vec<_> =
            sections.filter_map(|s| s.header().subsection_name().map(ToString::to_string)).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

impl Repo {
    /// The configuration that applies here: system, user, repository, worktree, and `GIT_CONFIG_*`; read once.
    pub fn config(&self) -> Result<&Config> {
        if let Some(known) = self.config.get() {
            return Ok(known);
        }
        let file = load::load(self)?;
        Ok(self.config.get_or_init(|| Config { file }))
    }

    /// The name and address that git would write into a tag: `GIT_COMMITTER_*`, `committer.*`, `user.*`, in this order.
    pub fn identity(&self) -> Result<Identity> {
        let config = self.config()?;
        let of = |variable: &str, committer: &str, user: &'static str| {
            let found = self.environment.text(variable).map(str::to_owned);
            let found = found.or_else(|| config.data(committer)).or_else(|| config.data(user));
            found.filter(|v| !v.trim().is_empty()).ok_or(Error::NoIdentity(user))
        };
        Ok(Identity {
            name: of("GIT_COMMITTER_NAME", "committer.name", "user.name")?,
            email: of("GIT_COMMITTER_EMAIL", "committer.email", "user.email")?,
        })
    }
}

fn is_trusted(source: gix_config::Source) -> bool {
    match source.kind() {
        Kind::GitInstallation | Kind::System | Kind::Global | Kind::Override => true,
        Kind::Repository => false,
    }
}
