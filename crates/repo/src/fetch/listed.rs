//! What a remote that is a folder of this machine shows, asked in git's own protocol, where the answer may be that nothing
//! is new: `git fetch` takes five programs to say that.

use std::collections::BTreeMap;
use std::path::Path;

use crate::git::{Git, Reach};
use crate::object::target;
use crate::{ObjectKind, Oid, Repo};

/// The refs in the git folder `place` whose name starts with `refs/tags/` and one of `prefixes`; `None` where it does not
/// answer as expected, so that git itself is to be asked, and to complain.
///
/// <https://git-scm.com/docs/protocol-v2>
pub(super) fn ask(git: &Git, place: &Path, prefixes: &[String]) -> Option<BTreeMap<String, Oid>> {
    let mut request = packet("command=ls-refs\n");
    request.push_str("0001");
    prefixes.iter().for_each(|prefix| request.push_str(&packet(&format!("ref-prefix refs/tags/{prefix}\n"))));
    // The end of the request, and of the conversation.
    request.push_str("00000000");
    let git = git.alone().with("GIT_PROTOCOL", "version=2".as_ref());
    let args = ["upload-pack".as_ref(), "--strict".as_ref(), place.as_os_str()];
    let ended = git.run(Reach::Local, args, Some(request.as_bytes())).ok().filter(crate::git::Ended::success)?;
    let mut lines = packets(&ended.stdout)?.into_iter();
    if lines.next()?? != "version 2" {
        return None;
    }
    // What the other side can do, up to the first pause; then its refs, up to the second.
    lines.by_ref().find(Option::is_none)?;
    let mut listed = BTreeMap::new();
    for line in lines.by_ref() {
        let Some(line) = line else { return lines.next().is_none().then_some(listed) };
        let (oid, name) = line.split_once(' ')?;
        let short = name.strip_prefix("refs/tags/")?;
        if !prefixes.iter().any(|prefix| short.starts_with(prefix.as_str())) {
            return None;
        }
        listed.insert(name.to_owned(), oid.parse().ok()?);
    }
    None
}

impl Repo {
    /// Whether all these tags are here with what they point at.
    pub(super) fn holds(&self, tags: &BTreeMap<String, Oid>) -> bool {
        let is_here = |oid: Oid| self.kind(oid).is_ok();
        let leads_on = |oid: &Oid| match self.object(*oid) {
            Ok(object) if object.kind == ObjectKind::Tag => target(&object).is_some_and(is_here),
            found => found.is_ok(),
        };
        tags.values().all(leads_on)
    }
}

/// A line with its length before it.
fn packet(line: &str) -> String {
    format!("{:04x}{line}", line.len() + 4)
}

/// The lines, without their ends, and the pauses between them.
fn packets(mut bytes: &[u8]) -> Option<Vec<Option<&str>>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_at_checked(4)?;
        let length = usize::from_str_radix(std::str::from_utf8(length).ok()?, 16).ok()?;
        if length < 4 {
            found.push(None);
            bytes = rest;
            continue;
        }
        let (line, rest) = rest.split_at_checked(length - 4)?;
        found.push(Some(std::str::from_utf8(line).ok()?.trim_end_matches('\n')));
        bytes = rest;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_from_pauses() {
        assert_eq!(packet("version 2\n"), "000eversion 2\n");
        assert_eq!(packets(b"000eversion 2\n00000005a").unwrap(), [Some("version 2"), None, Some("a")]);
        assert_eq!(packets(b"").unwrap(), []);
        for broken in [b"00".as_slice(), b"zzzz", b"0009ab", b"0006\xff\xff"] {
            assert_eq!(packets(broken), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_answer_is_too_strange(bytes: Vec<u8>) {
            packets(&bytes);
        }
    }
}
