//! When what starts with a prefix was last fetched by itself: what a writer fetched is as fresh as a sync, for what it fetched.
//!
//! `--max-age` refuses by it. So it is written once everything is kept, whole or not at all, and never says later than it was.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Cache;
use crate::files;

/// How many prefixes are kept track of.
const KEPT: usize = 300;

impl Cache {
    /// Notes that these prefixes were fetched just now, beside what was before. Where it cannot be written, what was is only said
    /// to be older than it is.
    ///
    /// A line is a prefix, fetched when the file was written, or a time in seconds and a prefix.
    pub(super) fn note_lately(&self, prefixes: &[String]) {
        let mut lines: Vec<String> = prefixes.to_vec();
        let mut before = self.lines();
        let whole = self.last_fetched();
        before.retain(|(at, old)| !prefixes.iter().any(|new| old.starts_with(new.as_str())) && Some(*at) > whole);
        let seconds = |at: SystemTime| at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        lines.extend(before.into_iter().map(|(at, prefix)| format!("{} {prefix}", seconds(at))));
        lines.truncate(KEPT);
        let _ = files::write(&self.lately_file(), (lines.join("\n") + "\n").as_bytes());
    }

    /// When all that starts with each of these was last fetched, by itself or with everything.
    pub(super) fn last_fetched_of(&self, prefixes: &[String]) -> Option<SystemTime> {
        let (lines, whole) = (self.lines(), self.last_fetched());
        let of = |wanted: &String| {
            let by_itself = lines.iter().filter(|(_, prefix)| wanted.starts_with(prefix.as_str())).map(|(at, _)| *at);
            by_itself.chain(whole).max()
        };
        prefixes.iter().map(of).min().flatten()
    }

    fn lines(&self) -> Vec<(SystemTime, String)> {
        let file = self.lately_file();
        let written = file.metadata().and_then(|meta| meta.modified());
        let (Ok(text), Ok(written)) = (std::fs::read_to_string(&file), written) else { return Vec::new() };
        let line = |line: &str| match line.split_once(' ') {
            None => Some((written, line.to_owned())),
            Some((seconds, prefix)) => {
                Some((UNIX_EPOCH + Duration::from_secs(seconds.parse().ok()?), prefix.to_owned()))
            }
        };
        text.lines().filter(|line| !line.is_empty()).filter_map(line).collect()
    }

    fn lately_file(&self) -> std::path::PathBuf {
        self.folder().join("lately")
    }
}
