//! git's configuration, its scopes told apart.
//!
//! A repository's own configuration is data: it may say which key or remote to use, never which program to start.

mod command;
mod load;

pub(crate) use load::expand_home;

use crate::{Error, Repo, Result};

/// The configuration that applies in a repository.
#[derive(Debug)]
pub struct Config {
    /// In the order in which git reads them.
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// Lower-case.
    section: String,
    subsection: Option<String>,
    /// Lower-case.
    name: String,
    value: String,
    /// From the system, the user or the command line.
    is_trusted: bool,
}

impl Config {
    /// The value of `key` (`section.name` or `section.sub.name`), from any scope; the last one counts, as in git.
    pub fn data(&self, key: &str) -> Option<String> {
        self.last(key, |_| true)
    }

    /// The value of `key` from the system, the user or the command line: what may name a program.
    ///
    /// What the repository's own configuration says, by itself or by a file that it includes, is not even looked at.
    pub fn trusted(&self, key: &str) -> Option<String> {
        self.last(key, |entry| entry.is_trusted)
    }

    /// Whether the repository itself gives `key` a value, which [`Config::trusted`] passes over.
    pub fn is_set_by_repository(&self, key: &str) -> bool {
        self.last(key, |entry| !entry.is_trusted).is_some()
    }

    /// Every value of `key`, from any scope, in git's order.
    pub(crate) fn all(&self, key: &str) -> Vec<&str> {
        self.entries.iter().filter(|entry| entry.is(key)).map(|entry| entry.value.as_str()).collect()
    }

    /// Whether any `[section]` or `[section "…"]` gives `name` a value, from any scope.
    pub(crate) fn names(&self, section: &str, name: &str) -> bool {
        self.entries.iter().any(|e| e.section.eq_ignore_ascii_case(section) && e.name.eq_ignore_ascii_case(name))
    }

    /// The names of `[section "…"]`, sorted.
    pub fn subsections(&self, section: &str) -> Vec<String> {
        let of = self.entries.iter().filter(|e| e.section == section);
        let mut names: Vec<_> = of.filter_map(|e| e.subsection.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    fn last(&self, key: &str, counts: impl Fn(&Entry) -> bool) -> Option<String> {
        self.entries.iter().rev().filter(|e| counts(e)).find(|e| e.is(key)).map(|e| e.value.clone())
    }
}

impl Entry {
    fn is(&self, key: &str) -> bool {
        let Some((section, rest)) = key.split_once('.') else { return false };
        let (subsection, name) = rest.rsplit_once('.').map_or((None, rest), |(sub, name)| (Some(sub), name));
        self.section.eq_ignore_ascii_case(section)
            && self.subsection.as_deref() == subsection
            && self.name.eq_ignore_ascii_case(name)
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
        let entries = load::load(self)?;
        Ok(self.config.get_or_init(|| Config { entries }))
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
