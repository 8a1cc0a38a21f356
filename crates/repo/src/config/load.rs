//! The files and variables that git's configuration comes from, in git's order.

use std::path::{Path, PathBuf};

use gix_config::file::{Metadata, includes, init};
use gix_config::source::Kind;
use gix_config::{File, Source, path::interpolate};

use super::{Entry, command};
use crate::git::Reach;
use crate::{Environment, Error, Head, Repo, Result};

pub(super) fn load(repo: &Repo) -> Result<Vec<Entry>> {
    let environment = &repo.environment;
    let mut file = File::default();
    let mut add = |path: Option<PathBuf>, source| match path {
        Some(path) => append(&mut file, &path, source),
        None => Ok(()),
    };
    add(system(repo)?, Source::System)?;
    match environment.path("GIT_CONFIG_GLOBAL") {
        Some(only) => add(Some(only), Source::User)?,
        None => {
            let base = environment.path("XDG_CONFIG_HOME").or_else(|| environment.home().map(|h| h.join(".config")));
            add(base.map(|b| b.join("git/config")), Source::Git)?;
            add(environment.home().map(|h| h.join(".gitconfig")), Source::User)?;
        }
    }
    add(Some(repo.common_dir().join("config")), Source::Local)?;
    if file.boolean("extensions.worktreeConfig").ok().flatten().unwrap_or(false) {
        append(&mut file, &repo.git_dir().join("config.worktree"), Source::Worktree)?;
    }
    for (source, pairs) in
        [(Source::Env, command::counted(environment)?), (Source::Cli, command::parameters(environment)?)]
    {
        for (key, value) in pairs {
            command::push(&mut file, source, &key, value.as_deref())?;
        }
    }
    follow_includes(repo, &mut file)?;
    Ok(entries(&file))
}

fn entries(file: &File) -> Vec<Entry> {
    let mut entries = Vec::new();
    for section in file.sections() {
        let header = section.header();
        let is_trusted = match section.meta().source.kind() {
            Kind::GitInstallation | Kind::System | Kind::Global | Kind::Override => true,
            Kind::Repository => false,
        };
        entries.extend(section.body().into_iter().map(|(name, value)| Entry {
            section: header.name().to_string().to_ascii_lowercase(),
            subsection: header.subsection_name().map(ToString::to_string),
            name: name.to_ascii_lowercase(),
            value: value.to_string(),
            is_trusted,
        }));
    }
    entries
}

/// A section keeps the scope of the file that includes it: what a repository includes stays the repository's.
fn follow_includes(repo: &Repo, file: &mut File) -> Result<()> {
    let home = repo.environment.home();
    let branch = match repo.head() {
        Ok(Head::Branch(name, _) | Head::Unborn(name)) => {
            gix_ref::FullName::try_from(format!("refs/heads/{name}")).ok()
        }
        _ => None,
    };
    let context = interpolate::Context { home_dir: home.as_deref(), ..Default::default() };
    let conditional = includes::conditional::Context {
        git_dir: Some(repo.git_dir()),
        branch_name: branch.as_ref().map(|b| b.as_ref()),
    };
    let options = init::Options { includes: includes::Options::follow(context, conditional), ..Default::default() };
    file.resolve_includes(options).map_err(|e| Error::Config(e.to_string()))
}

/// Where git's own build keeps the system's configuration differs by package; git knows. Asking it takes longer than most
/// commands do, so where it lies as its own Makefile puts it (`sysconfdir` is `/etc` for the prefix `/usr` and below any
/// other prefix), it is not asked.
fn system(repo: &Repo) -> Result<Option<PathBuf>> {
    let environment = &repo.environment;
    if environment.text("GIT_CONFIG_NOSYSTEM").is_some_and(|v| !matches!(v, "0" | "false" | "no" | "off")) {
        return Ok(None);
    }
    if let Some(path) = environment.path("GIT_CONFIG_SYSTEM") {
        return Ok(Some(path));
    }
    if let Some(usual) = usual_place(environment) {
        return Ok(Some(usual));
    }
    let told = repo.git.run(Reach::Local, ["var", "GIT_CONFIG_SYSTEM"], None).ok().filter(crate::git::Ended::success);
    let told = told.and_then(|t| String::from_utf8(t.stdout).ok());
    Ok(Some(told.map_or_else(|| PathBuf::from("/etc/gitconfig"), |t| PathBuf::from(t.trim_end()))))
}

fn usual_place(environment: &Environment) -> Option<PathBuf> {
    use std::io::Read as _;

    let git = crate::git::find_program("git", environment).ok().filter(|_| cfg!(target_os = "linux"))?;
    let place = match git.to_str()? {
        "/usr/bin/git" => "/etc/gitconfig",
        "/usr/local/bin/git" => "/usr/local/etc/gitconfig",
        _ => return None,
    };
    // A script or a link stands for another git, which may have been built for elsewhere.
    let mut magic = [0; 4];
    let plain = git.symlink_metadata().is_ok_and(|m| m.is_file());
    std::fs::File::open(&git).and_then(|mut f| f.read_exact(&mut magic)).ok().filter(|()| plain)?;
    (magic == *b"\x7fELF").then(|| PathBuf::from(place))
}

fn append(file: &mut File, path: &Path, source: Source) -> Result<()> {
    let mut bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => return Ok(()),
        // git passes over files that it may not read only where they are not the repository's own; so do we.
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied && source != Source::Local => return Ok(()),
        Err(e) => return Err(Error::read(path, &e)),
    };
    let options = init::Options { includes: includes::Options::no_follow(), ..Default::default() };
    let wrong = |e: &dyn std::fmt::Display| Error::Config(format!("{}: {e}", path.display()));
    let read = File::from_bytes_owned(&mut bytes, Metadata::from(source).at(path), options).map_err(|e| wrong(&e))?;
    file.append(read).map_err(|e| wrong(&e))?;
    Ok(())
}

/// `~/x` and `~` in a value that names a file.
pub(crate) fn expand_home(value: &str, environment: &Environment) -> PathBuf {
    match (value.strip_prefix('~'), environment.home()) {
        (Some(""), Some(home)) => home,
        (Some(rest), Some(home)) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(value),
    }
}
