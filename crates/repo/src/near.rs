//! A remote that is a folder of this machine: there git's other half is ours to start too, as git itself would start it.
//!
//! What is started is git's own program under the folder's own configuration, hooks and rules; it is only spared work
//! whose result nobody asks for. Whatever is not plainly such a folder is left to git alone.

use std::path::{Path, PathBuf};

use crate::{Config, Remote, Repo};

/// Up to this many names are told to git's other half.
const MANY: usize = 64;

/// Which way objects go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Here,
    There,
}

/// How a push gets into a folder of this machine.
pub(crate) struct Receiver {
    /// The folder.
    pub(crate) place: PathBuf,
    /// What receives there.
    pub(crate) command: String,
    /// The git folder to push from.
    pub(crate) sender: PathBuf,
}

impl Repo {
    /// The folder that `remote` is, where nothing in the configuration says how to get there or what to start.
    pub(crate) fn near(&self, remote: &Remote, way: Way) -> Option<PathBuf> {
        let config = self.config().ok().filter(|_| cfg!(unix))?;
        let of = |key: &str| config.all(&format!("remote.{}.{key}", remote.name));
        let program = if way == Way::Here { "uploadpack" } else { "receivepack" };
        let plain = of(program).is_empty() && of("vcs").is_empty() && !is_rewritten(config);
        let told =
            ["GIT_ALLOW_PROTOCOL", "GIT_PROTOCOL_FROM_USER"].iter().any(|name| self.environment.get(name).is_some());
        let pushed: Vec<&str> = if way == Way::There { of("pushurl") } else { Vec::new() };
        let urls = if pushed.is_empty() { of("url") } else { pushed };
        let [url] = urls[..] else { return None };
        let top = self.locations.workdir.as_deref().unwrap_or(&self.locations.git_dir);
        folder(top, url).filter(|_| plain && !told)
    }

    /// How these refs (full names, each of a tag) get into the folder that `remote` is, without reading every tag that lies
    /// here and there: git would, to tell what either has and to prove the push whole.
    ///
    /// Hidden is what the push does not touch, so the proof starts from branches and from `known` alone: it looks at more
    /// of what is pushed, never at less. Where the folder's configuration hides refs itself, its word holds.
    pub(crate) fn receiver(&self, remote: &Remote, refs: &[String], known: &[String]) -> Option<Receiver> {
        let place = self.near(remote, Way::There).filter(|_| !self.is_shallow())?;
        let config = self.config().ok()?;
        let own = ["transfer", "receive"].iter().any(|section| config.names(section, "hideRefs"))
            || config.names("push", "pushOption");
        let shown: Vec<&String> = refs.iter().chain(known).collect();
        if own || !is_silent(&place) || shown.len() > MANY || !shown.iter().all(|name| is_plain(name)) {
            return None;
        }
        let mut command = "git -c core.alternateRefsPrefixes=refs/heads/ -c receive.hideRefs=refs/tags".to_owned();
        for name in shown {
            command.push_str(&format!(" -c 'receive.hideRefs=!{name}'"));
        }
        let sender = sender(&self.common_dir().join("promptuary/outbox")).ok()?;
        Some(Receiver { place, command: format!("{command} receive-pack"), sender })
    }
}

/// A git folder without a ref, to push from: git reads every ref of the folder that it pushes from, whatever it is to push.
fn sender(folder: &Path) -> std::io::Result<PathBuf> {
    const HEAD: &[u8] = b"ref: refs/heads/none\n";
    let head = folder.join("HEAD");
    if std::fs::read(&head).ok().as_deref() != Some(HEAD) {
        std::fs::create_dir_all(folder.join("objects"))?;
        std::fs::create_dir_all(folder.join("refs"))?;
        // One that is torn is no git folder: the push is then made from the clone.
        std::fs::write(&head, HEAD)?;
    }
    Ok(folder.to_owned())
}

/// Whether the configuration leads addresses elsewhere, or says what may be reached.
fn is_rewritten(config: &Config) -> bool {
    ["insteadOf", "pushInsteadOf"].iter().any(|name| config.names("url", name)) || config.names("protocol", "allow")
}

/// The git folder that `url` names.
fn folder(top: &Path, url: &str) -> Option<PathBuf> {
    let path = match url.strip_prefix("file://") {
        // git decodes what is a URL.
        Some(path) => Some(path).filter(|path| path.starts_with('/') && !path.contains('%')),
        None => Some(url).filter(|url| ["/", "./", "../"].iter().any(|start| url.starts_with(start))),
    }?;
    let path = top.join(path);
    // The order in which git looks: <path>/.git, <path>, <path>.git.
    if path.join(".git").symlink_metadata().is_ok() {
        return Some(path.join(".git")).filter(|folder| is_git(folder));
    }
    Some(path).filter(|folder| is_git(folder))
}

fn is_git(folder: &Path) -> bool {
    let holds = |name: &str| folder.join(name).symlink_metadata().is_ok();
    holds("HEAD") && folder.join("objects").is_dir() && folder.join("refs").is_dir() && !holds("commondir")
}

/// Whether the configuration of a git folder surely hides nothing. Read as text, so that no reading of ours can differ from
/// git's.
fn is_silent(folder: &Path) -> bool {
    let Ok(text) = std::fs::read(folder.join("config")) else { return false };
    let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
    !["hiderefs", "include", "worktreeconfig", "\\\n", "\\\r"].iter().any(|word| text.contains(word))
}

/// Whether a ref's name needs no quoting anywhere.
fn is_plain(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"/@._+-".contains(&b);
    name.starts_with("refs/tags/") && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_folders_are_near() {
        let top = tempfile::tempdir().unwrap();
        let hub = top.path().join("hub.git");
        for part in ["objects", "refs"] {
            std::fs::create_dir_all(hub.join(part)).unwrap();
        }
        std::fs::write(hub.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        let of = |url: &str| folder(top.path(), url);
        assert_eq!(of("./hub.git").as_deref(), Some(top.path().join("./hub.git").as_path()));
        assert!(of(&format!("file://{}", hub.display())).is_some());
        for other in ["hub.git", "~/hub.git", "host:hub.git", "ssh://host/hub.git", "file://host/hub.git", "./none.git"]
        {
            assert_eq!(of(other), None, "{other}");
        }
        // Without a configuration that can be read, nothing is known of it.
        assert!(!is_silent(&hub));
        for (text, silent) in [
            ("[core]\n\tbare = true\n", true),
            ("[receive]\n\tHideRefs = refs/tags/env\n", false),
            ("[receive]\n\thide\\\nRefs = x\n", false),
            ("[include]\n\tpath = other\n", false),
            ("[extensions]\n\tworktreeConfig = true\n", false),
        ] {
            std::fs::write(hub.join("config"), text).unwrap();
            assert_eq!(is_silent(&hub), silent, "{text}");
        }
    }

    #[test]
    fn names_that_a_shell_would_read_are_not_told() {
        assert!(is_plain("refs/tags/prompt/a/b@1.0.0-rc.1"));
        for bad in ["refs/heads/main", "refs/tags/a b", "refs/tags/a'b", "refs/tags/$x", "refs/tags/a\nb"] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
