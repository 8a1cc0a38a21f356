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
    /// The file of this clone, wherever its remote points.
    clone: String,
}

/// What a clone has come to trust under any address: the clone's configuration is not its memory.
#[derive(Debug, Default)]
struct Known {
    root: Option<Digest>,
    /// The memories that belong to it, by their folders.
    folders: Vec<String>,
}

impl Repo {
    /// The memory that belongs to this repository: known by the address of its remote, or by its place on disk.
    pub fn trust(&self) -> Result<Trust> {
        let address = match self.default_remote() {
            Ok(Some(remote)) => remote.url,
            _ => self.common_dir().display().to_string(),
        };
        let key = |name: &str| Digest::of(format!("{name}\n{}", self.root()).as_bytes()).short16();
        let clone = format!("clones/{}", key(&identity(self.common_dir())));
        let folder = format!("ledgers/{}", key(&address));
        Ok(Trust { state: State::of(&self.environment).ok(), folder, clone })
    }
}

/// Where a clone stands that was noted somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It is this one.
    Here,
    /// It is another one.
    Elsewhere,
    /// Nothing stands there any more.
    Gone,
}

impl Repo {
    /// What this clone is noted by: its git folder, on one line; `None` where that cannot be written so.
    pub fn git_folder(&self) -> Option<String> {
        let place = self.common_dir().canonicalize().ok()?;
        place.to_str().filter(|place| !place.contains(['\n', '\r'])).map(str::to_owned)
    }

    /// Which clone stands at `place`, as [`Repo::git_folder`] gave it.
    pub fn stands_at(&self, place: &str) -> Place {
        match std::path::Path::new(place).exists() {
            _ if self.git_folder().as_deref() == Some(place) => Place::Here,
            true => Place::Elsewhere,
            false => Place::Gone,
        }
    }
}

/// What tells a clone from another one that stood in the same place before: the folder and when it was made.
fn identity(folder: &std::path::Path) -> String {
    let place = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let made = place.metadata().and_then(|m| m.created()).ok();
    let made = made.and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok()).map_or(0, |d| d.as_nanos());
    format!("{}\n{made}", place.display())
}

impl Trust {
    /// Whether there is a place to remember anything; writing there may fail all the same.
    pub const fn remembers(&self) -> bool {
        self.state.is_some()
    }

    /// The digest of the first policy entry that was pinned here: for the remote's address, or, where the clone's remote
    /// has got an address that it never had, whatever the clone was pinned to before.
    pub fn root(&self) -> Result<Option<Digest>> {
        let known = self.known()?;
        if known.root.is_some() && !known.folders.contains(&self.folder) {
            return Ok(known.root);
        }
        Ok(self.root_of_address()?.or(known.root))
    }

    fn root_of_address(&self) -> Result<Option<Digest>> {
        let Some(bytes) = self.look(&self.file("root"))? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes);
        let broken = || Error::Config(format!("the pin in {} cannot be read", self.place("root")));
        Digest::from_tagged(text.trim_end()).map(Some).map_err(|_| broken())
    }

    /// Pins the root; another one that was pinned before is replaced, and its marks no longer count.
    pub fn pin(&self, root: &Digest) -> Result<()> {
        let line = format!("{}\n", root.tagged());
        let known = format!("{line}{}\n", self.folder);
        let state = self.state()?;
        let write = |file: &str, text: String| state.update(file, |_| Ok::<_, Error>(Some(text.into_bytes())));
        // Each waits for the disk, and either says alone which root it is.
        let (address, clone) = std::thread::scope(|scope| {
            let clone = scope.spawn(|| write(&self.clone, known));
            (write(&self.file("root"), line), clone.join().expect("writing a file does not panic"))
        });
        address.and(clone)
    }

    /// Notes that this clone was read under `root`, which [`Trust::root`] gave, with its remote's present address: an
    /// address that leads to the same ledger, as one that changed from https to ssh, needs no new pin and forgets nothing.
    pub fn adopt(&self, root: &Digest) -> Result<()> {
        let known = self.known()?;
        if known.folders.contains(&self.folder) || known.root.is_some_and(|pinned| pinned != *root) {
            return Ok(());
        }
        let folders = known.folders.iter().map(String::as_str).chain([self.folder.as_str()]);
        let text = std::iter::once(root.tagged()).chain(folders.map(str::to_owned)).collect::<Vec<_>>().join("\n");
        self.state()?.update(&self.clone, |_| Ok::<_, Error>(Some(format!("{text}\n").into_bytes())))?;
        if self.root_of_address()?.is_none() {
            let line = format!("{}\n", root.tagged());
            self.state()?.update(&self.file("root"), |_| Ok::<_, Error>(Some(line.into_bytes())))?;
        }
        Ok(())
    }

    /// What the clone's own file says; one that cannot be read says nothing.
    fn known(&self) -> Result<Known> {
        let Some(bytes) = self.look(&self.clone)? else { return Ok(Known::default()) };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut lines = text.lines();
        let root = lines.next().and_then(|line| Digest::from_tagged(line).ok());
        let is_folder = |line: &&str| line.starts_with("ledgers/") && !line.contains("..");
        Ok(Known { root, folders: lines.filter(is_folder).map(str::to_owned).collect() })
    }

    /// The memories that count for this clone, its present address's first.
    fn folders(&self) -> Result<Vec<String>> {
        let mut folders = self.known()?.folders;
        folders.retain(|folder| *folder != self.folder);
        folders.insert(0, self.folder.clone());
        Ok(folders)
    }

    /// What was remembered of a chain: `policy`, or `env/<env>/<id>`.
    pub fn mark(&self, root: &Digest, chain: &str) -> Result<Option<String>> {
        let mut furthest: Option<String> = None;
        for folder in self.folders()? {
            let Some(bytes) = self.look(&format!("{folder}/{}/{chain}.mark", root.short16()))? else { continue };
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            if furthest.as_ref().is_none_or(|known| reach(known) < reach(&line)) {
                furthest = Some(line);
            }
        }
        Ok(furthest)
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
        let folders = self.folders().unwrap_or_else(|_| vec![self.folder.clone()]);
        let places = folders.iter().map(|folder| state.folder().join(format!("{folder}/{}/env", root.short16())));
        let entries = places.filter_map(|place| std::fs::read_dir(place).ok()).flatten().flatten();
        let mut environments: Vec<_> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
        environments.sort();
        environments.dedup();
        environments
            .into_iter()
            .map(|env| {
                let chain = format!("env/{env}/{id}");
                (env, chain)
            })
            .collect()
    }

    /// Rewrites what is remembered of a chain, wherever this clone remembers it: `change` gets each line and returns the new
    /// one, or `None` to forget the chain.
    pub fn rewrite_mark(&self, root: &Digest, chain: &str, change: impl Fn(&str) -> Option<String>) -> Result<()> {
        let state = self.state()?;
        for folder in self.folders()? {
            let file = format!("{folder}/{}/{chain}.mark", root.short16());
            let Some(bytes) = state.read(&file)? else { continue };
            let line = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
            if change(&line(&bytes)).is_none() {
                state.remove(&file)?;
                continue;
            }
            state.update(&file, |now| {
                let now = now.and_then(|now| change(&line(&now)));
                Ok::<_, Error>(now.map(|line| format!("{line}\n").into_bytes()))
            })?;
        }
        Ok(())
    }

    /// The entries of this ledger that were written on this machine while there was no remote, and that no remote has shown
    /// since: a line each, as [`Trust::set_local`] got them.
    pub fn local(&self, root: &Digest) -> Result<Vec<String>> {
        let bytes = self.look(&local_file(root))?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect())
    }

    /// Changes that list.
    pub fn set_local(&self, root: &Digest, change: impl FnOnce(Vec<String>) -> Vec<String>) -> Result<()> {
        self.state()?.update(&local_file(root), |now| {
            let now = now.unwrap_or_default();
            let lines = change(String::from_utf8_lossy(&now).lines().map(str::to_owned).collect());
            Ok::<_, Error>(Some(lines.into_iter().map(|line| line + "\n").collect::<String>().into_bytes()))
        })
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
        let Some(state) = &self.state else { return Ok(Vec::new()) };
        let mut chains = std::collections::BTreeSet::new();
        for folder in self.folders()? {
            let folder = state.folder().join(format!("{folder}/{}", root.short16()));
            for entry in walkdir::WalkDir::new(&folder).into_iter().flatten() {
                let below = entry.path().strip_prefix(&folder).ok().and_then(|p| p.to_str());
                let Some(chain) = below.and_then(|p| p.strip_suffix(".mark")) else { continue };
                let of_prompt = |id: &PromptId| chain.splitn(3, '/').nth(2) == Some(id.as_str()) || chain == "policy";
                if id.is_none_or(of_prompt) {
                    chains.insert(chain.to_owned());
                }
            }
        }
        let mut found = Vec::new();
        for chain in chains {
            if let Some(line) = self.mark(root, &chain)? {
                found.push((chain, line));
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

/// How far a mark's line reaches: its newest entry's number, which is what all such lines have in their second word.
fn reach(line: &str) -> u32 {
    let number = line.split(' ').nth(1).and_then(|word| word.split(':').next());
    number.and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// By the ledger alone: a clone may get a remote, and its folder another name.
fn local_file(root: &Digest) -> String {
    format!("local/{}", root.short16())
}
