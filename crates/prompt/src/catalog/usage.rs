//! Which blocks are used: by whom it can be told, and by whom it may be.

use std::collections::BTreeSet;

use source::nearest::nearest;
use source::{BlockName, File, Finding, Mode, PromptId, Severity, Snapshot};

use super::{Block, Catalog, Prompt};

impl Catalog {
    /// Every prompt that has a file, readable or not, by id.
    pub fn ids(&self) -> impl Iterator<Item = &PromptId> {
        self.prompts.keys()
    }

    /// Every block that has a file, readable or not, by name.
    pub fn block_names(&self) -> impl Iterator<Item = &BlockName> {
        self.library.keys()
    }

    /// The blocks that some prompt reaches, or may reach once the faults of its files are mended: a file with faults may use
    /// whatever it names, and a name that leads nowhere may mean the one that is nearest.
    pub fn used_blocks(&self, snapshot: &Snapshot) -> BTreeSet<&BlockName> {
        let mut next: Vec<&BlockName> = self.prompts().flat_map(Prompt::block_names).collect();
        for file in self.doubtful(snapshot) {
            let text = std::str::from_utf8(&file.bytes).ok().filter(|_| file.mode != Mode::Symlink);
            let Some(text) = text else { return self.library.keys().collect() };
            next.extend(named(text).filter_map(|name| Some(self.meant(&name)?.0)));
        }
        let mut used = BTreeSet::new();
        while let Some(name) = next.pop() {
            let Some((name, block)) = self.meant(name) else { continue };
            if used.insert(name) {
                next.extend(block.iter().flat_map(|block| block.template.facts.uses.iter().map(|used| &used.block)));
            }
        }
        used
    }

    /// The block of this name, or the one whose name is nearest.
    fn meant(&self, name: &BlockName) -> Option<(&BlockName, &Option<Block>)> {
        self.library.get_key_value(name).or_else(|| {
            let near: BlockName = nearest(name.as_str(), self.library.keys().map(BlockName::as_str))?.parse().ok()?;
            self.library.get_key_value(&near)
        })
    }

    /// The files whose faults hide what they use.
    fn doubtful<'s>(&self, snapshot: &'s Snapshot) -> impl Iterator<Item = &'s File> {
        let fails = |findings: &[Finding]| findings.iter().any(|f| f.severity == Severity::Error);
        let prompts =
            self.prompts.iter().filter(move |(_, e)| e.prompt.is_none() || fails(&e.findings)).map(|(id, _)| id.path());
        let unread = |block: &Option<Block>| block.as_ref().is_none_or(|block| block.template.facts.unparsed);
        let blocks = self.library.iter().filter(move |(_, block)| unread(block)).map(|(name, _)| name.path());
        // Whose name is no id was not read at all.
        let unnamed = snapshot.below("prompts").map(|(path, _)| path);
        let unnamed = unnamed.filter(|path| path.file_name() != "README.md" && !path.file_name().starts_with('.'));
        let unnamed = unnamed.filter(|path| matches!(PromptId::of_path(path), Some(Err(_)))).cloned();
        let paths: Vec<_> = prompts.chain(blocks).chain(unnamed).collect();
        paths.into_iter().filter_map(|path| snapshot.files.get(&path))
    }
}

/// The names of blocks that stand in `text`, whatever they stand there for.
fn named(text: &str) -> impl Iterator<Item = BlockName> {
    text.match_indices("blocks/").filter_map(|(at, _)| {
        let rest = &text[at..];
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
        rest[..rest.find(|c| !part(c)).unwrap_or(rest.len())].trim_end_matches('.').parse().ok()
    })
}
