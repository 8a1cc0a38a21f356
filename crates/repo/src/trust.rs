//! What this machine has come to trust of a repository's ledger: its root, and how far each chain was seen.
//!
//! Kept outside the repository, where whoever can write to the clone or the remote cannot turn it back. What a line
//! means is for floors above.

use source::{Digest, PromptId};

use crate::state::State;
use crate::{Error, Repo, Result};

/// The memory of one ledger. Where there is nowhere to keep one, nothing is remembered and every change fails.
#[derive(Debug, Clone)]
pub struct Trust {
    state: Option<State>,
    folder: String,
}

impl Repo {
    /// The memory that belongs to this repository: known by the address of its remote, or by its place on disk.
    pub fn trust(&self) -> Result<Trust> {
        let address = match self.default_remote() {
            Ok(Some(remote)) => remote.url,
            _ => self.common_dir().display().to_string(),
        };
        let key = Digest::of(format!("{address}\n{}", self.root()).as_bytes()).short16();
        Ok(Trust { state: State::of(&self.environment).ok(), folder: format!("ledgers/{key}") })
    }
}

impl Trust {
    /// Whether there is a place to remember anything; writing there may fail all the same.
    pub const fn remembers(&self) -> bool {
        self.state.is_some()
    }

    /// The digest of the first policy entry that was pinned here.
    pub fn root(&self) -> Result<Option<Digest>> {
        let Some(bytes) = self.look(&self.file("root"))? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes);
        let broken = || Error::Config(format!("the pin in {} cannot be read", self.place("root")));
        Digest::from_tagged(text.trim_end()).map(Some).map_err(|_| broken())
    }

    /// Pins the root; another one that was pinned before is replaced, and its marks no longer count.
    pub fn pin(&self, root: &Digest) -> Result<()> {
        let line = format!("{}\n", root.tagged());
        self.state()?.update(&self.file("root"), |_| Ok::<_, Error>(Some(line.into_bytes())))
    }

    /// What was remembered of a chain: `policy`, or `env/<env>/<id>`.
    pub fn mark(&self, root: &Digest, chain: &str) -> Result<Option<String>> {
        let bytes = self.look(&self.mark_file(root, chain))?;
        Ok(bytes.map(|b| String::from_utf8_lossy(&b).trim_end().to_owned()))
    }

    /// Changes what is remembered of a chain: `change` gets the line as it is now and returns the new one, or `None` to
    /// leave it.
    pub fn update_mark(
        &self,
        root: &Digest,
        chain: &str,
        change: impl FnOnce(Option<&str>) -> Option<String>,
    ) -> Result<()> {
        self.state()?.update(&self.mark_file(root, chain), |now| {
            let now = now.map(|b| String::from_utf8_lossy(&b).trim_end().to_owned());
            Ok::<_, Error>(change(now.as_deref()).map(|line| format!("{line}\n").into_bytes()))
        })
    }

    /// The chains of one prompt in every environment of which anything was seen: the environment and the chain's name.
    pub fn chains_of(&self, root: &Digest, id: &PromptId) -> Vec<(String, String)> {
        let Some(state) = &self.state else { return Vec::new() };
        let folder = state.folder().join(format!("{}/{}/env", self.folder, root.short16()));
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut environments: Vec<_> = entries.flatten().filter_map(|e| e.file_name().into_string().ok()).collect();
        environments.sort();
        environments
            .into_iter()
            .map(|env| {
                let chain = format!("env/{env}/{id}");
                (env, chain)
            })
            .collect()
    }

    /// The line that says how a chain was last found in order, where it was.
    pub fn clear(&self, root: &Digest, chain: &str) -> Result<Option<String>> {
        let bytes = self.look(&self.clear_file(root, chain))?;
        Ok(bytes.map(|b| String::from_utf8_lossy(&b).trim_end().to_owned()))
    }

    /// Sets it down.
    pub fn set_clear(&self, root: &Digest, chain: &str, line: &str) -> Result<()> {
        self.state()?.update(&self.clear_file(root, chain), |_| Ok::<_, Error>(Some(format!("{line}\n").into_bytes())))
    }

    /// Everything that was remembered, by chain; of one prompt's chains where `id` names it.
    pub fn marks(&self, root: &Digest, id: Option<&PromptId>) -> Result<Vec<(String, String)>> {
        let mut found = Vec::new();
        let Some(state) = &self.state else { return Ok(found) };
        let folder = state.folder().join(format!("{}/{}", self.folder, root.short16()));
        for entry in walkdir::WalkDir::new(&folder).sort_by_file_name().into_iter().flatten() {
            let below = entry.path().strip_prefix(&folder).ok().and_then(|p| p.to_str());
            let Some(chain) = below.and_then(|p| p.strip_suffix(".mark")) else { continue };
            let of_prompt = |id: &PromptId| chain.splitn(3, '/').nth(2) == Some(id.as_str()) || chain == "policy";
            if id.is_none_or(of_prompt)
                && let Some(line) = self.mark(root, chain)?
            {
                found.push((chain.to_owned(), line));
            }
        }
        Ok(found)
    }

    /// Where the pin lies, for people.
    pub fn place(&self, name: &str) -> String {
        let place = |state: &State| state.folder().join(self.file(name)).display().to_string();
        self.state.as_ref().map_or_else(|| "no place: neither XDG_STATE_HOME nor HOME is set".to_owned(), place)
    }

    fn state(&self) -> Result<&State> {
        self.state.as_ref().ok_or(Error::NoHome)
    }

    fn look(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.state.as_ref().map_or(Ok(None), |state| state.read(name))
    }

    fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    /// Leaves carry an ending, so that `env/prod/a` never stands where `env/prod/a/b` needs a folder.
    fn mark_file(&self, root: &Digest, chain: &str) -> String {
        format!("{}/{}/{chain}.mark", self.folder, root.short16())
    }

    fn clear_file(&self, root: &Digest, chain: &str) -> String {
        format!("{}/{}/{chain}.clear", self.folder, root.short16())
    }
}
