//! What `git push --porcelain` prints.

use std::collections::BTreeMap;

/// Lines of `<flag> TAB <from>:<to> TAB <summary> (<reason>)`, and what the server said.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Flag and summary by the ref's full name.
    refs: BTreeMap<String, (char, String)>,
    /// What the server said, without git's `remote: `.
    pub(super) said: Vec<String>,
    /// git's own complaints.
    complaints: Vec<String>,
}

impl Report {
    pub(super) fn read(stdout: &[u8], stderr: &[u8]) -> Self {
        let mut report = Self::default();
        for line in String::from_utf8_lossy(stdout).lines() {
            let mut fields = line.split('\t');
            let (Some(flag), Some(refs), Some(summary)) = (fields.next(), fields.next(), fields.next()) else {
                continue;
            };
            let (Some(flag), Some((_, to))) = (flag.chars().next(), refs.split_once(':')) else { continue };
            report.refs.insert(to.to_owned(), (flag, summary.to_owned()));
        }
        for line in String::from_utf8_lossy(stderr).lines() {
            match line.strip_prefix("remote:") {
                Some(said) => report.said.push(said.trim().to_owned()),
                None => report.complaints.extend(
                    ["error: ", "fatal: "].iter().find_map(|p| line.strip_prefix(p)).map(|rest| rest.trim().to_owned()),
                ),
            }
        }
        while report.said.last().is_some_and(String::is_empty) {
            report.said.pop();
        }
        report
    }

    /// Whether nothing was said of any ref.
    pub(super) fn is_empty(&self) -> bool {
        self.refs.is_empty()
    }

    pub(super) fn is_up_to_date(&self, name: &str) -> bool {
        self.refs.get(name).is_some_and(|(flag, _)| *flag == '=')
    }

    /// The first ref's refusal that is not only the echo of another's, else git's first complaint.
    pub(super) fn reason(&self) -> String {
        let echo = |s: &str| s.contains("atomic push fail") || s.contains("atomic transaction failed");
        let mut refused: Vec<_> =
            self.refs.values().filter(|(flag, _)| *flag == '!').map(|(_, s)| s.as_str()).collect();
        refused.sort_by_key(|s| echo(s));
        let inner = |s: &str| s.split_once('(').map_or(s, |(_, r)| r.trim_end_matches(')')).to_owned();
        let first = refused.first().map(|s| inner(s));
        first.or_else(|| self.complaints.first().cloned()).unwrap_or_else(|| "git did not say why".to_owned())
    }
}

/// Whether a reason only says that another push was at work.
pub(super) fn is_lock(reason: &str) -> bool {
    reason.contains("failed to update ref") || reason.contains("cannot lock ref") || reason.contains("unable to lock")
}

/// Whether a reason only says that what was sent broke off: git did not find something that the remote lacks.
pub(super) fn is_torn(reason: &str) -> bool {
    reason.contains("unpacker error") || reason.contains("failed to report status") || reason.contains("unpack failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_report_is_too_strange(out: Vec<u8>, err: Vec<u8>) {
            Report::read(&out, &err).reason();
        }
    }

    #[test]
    fn the_report_is_read() {
        let out = b"To ../x\n!\tabc:refs/tags/a\t[remote rejected] (atomic push failure)\n\
            !\tabc:refs/tags/b\t[remote rejected] (pre-receive hook declined)\n=\tabc:refs/tags/c\t[up to date]\nDone\n";
        let err = b"remote: no promotion on Fridays        \nremote: \nerror: failed to push some refs to '../x'\n";
        let report = Report::read(out, err);
        assert_eq!(report.reason(), "pre-receive hook declined");
        assert_eq!(report.said, ["no promotion on Fridays"]);
        assert!(report.is_up_to_date("refs/tags/c") && !report.is_up_to_date("refs/tags/a"));
        assert_eq!(Report::read(b"", b"fatal: no such repository\n").reason(), "no such repository");
    }
}
