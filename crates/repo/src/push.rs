//! Publishing refs: all or none, created or left alone, and what the remote made of it.

mod outbox;
mod report;

use std::ffi::OsStr;

use crate::fetch::{self, Cache};
use crate::git::{Git, Reach};
use crate::near::Receiver;
use crate::refs::Refs;
use crate::{Error, Oid, Remote, Repo, Result, Wanted};

use outbox::Outbox;

/// What became of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushOutcome {
    /// The remote holds every ref now; at least one is new.
    Accepted,
    /// The remote held every ref already, naming these very objects: an earlier push had got through.
    UpToDate,
    /// Somebody else created at least one of the refs (full names) first. Nothing was written.
    LostRace(Vec<String>),
    /// A hook, a rule or a setting of the remote refused. Nothing was written.
    Rejected {
        /// git's one-line reason.
        reason: String,
        /// What the server said, line by line, as it came.
        said: Vec<String>,
    },
    /// The remote did not answer. Nothing is known to be written.
    Unreachable(String),
}

impl PushOutcome {
    /// Whether the remote holds every ref.
    pub fn is_published(&self) -> bool {
        matches!(self, Self::Accepted | Self::UpToDate)
    }
}

impl Repo {
    /// Creates refs (full names) on `remote`, all together or none, never moving one. Nothing is written here.
    ///
    /// Where git's report leaves a doubt, the remote is read again: a lost connection may hide a success, and a race
    /// shows in more than one form.
    pub fn push(&self, remote: &Remote, refs: &[(Oid, String)]) -> Result<PushOutcome> {
        // What was only ever fetched beside the clone is lent to git.
        let fetched = self.fetched_alone(refs)?;
        let mut outcome = self.push_once(remote, refs, fetched.as_deref())?;
        for _ in 0..2 {
            // Another push held the lock of a ref at that moment and then did not create it.
            if !matches!(&outcome, PushOutcome::Rejected { reason, .. } if report::is_lock(reason)) {
                break;
            }
            outcome = self.push_once(remote, refs, fetched.as_deref())?;
        }
        Ok(outcome)
    }

    /// Where the objects lie of those of these refs that are known only because a remote showed them; `None` where there are
    /// no such.
    fn fetched_alone(&self, refs: &[(Oid, String)]) -> Result<Option<std::ffi::OsString>> {
        let mut lent = Vec::new();
        for cache in fetch::all(self.common_dir()) {
            let shown = Refs::at(&cache);
            for (oid, name) in refs {
                if shown.find(name)? == Some(*oid) && self.refs.find(name)?.is_none() {
                    lent.push(cache.join("objects"));
                    break;
                }
            }
        }
        Ok(std::env::join_paths(lent).ok().filter(|paths| !paths.is_empty()))
    }

    /// Creates refs on `remote` and, once it accepted, here; without a remote only here.
    ///
    /// A push that was refused leaves no trace here but objects that nothing names.
    pub fn publish(&self, remote: Option<&Remote>, refs: &[(Oid, String)]) -> Result<PushOutcome> {
        let here: Vec<_> = refs.iter().map(|(oid, name)| (name.clone(), *oid)).collect();
        for (name, oid) in &here {
            if self.refs.find(name)?.is_some_and(|found| found != *oid) {
                return Err(Error::RefExists { name: name.clone() });
            }
        }
        if self.environment.is_interrupted() {
            return Err(Error::Interrupted);
        }
        // Nobody could tell what became of a push that was torn, and what was accepted must be kept here too. Ctrl-C on
        // a terminal still ends git itself; then the remote is asked.
        let whole = self.environment.whole();
        let outcome = match remote {
            Some(remote) => self.push(remote, refs)?,
            None => PushOutcome::Accepted,
        };
        if !outcome.is_published() {
            drop(whole);
            return if self.environment.is_interrupted() { Err(Error::Interrupted) } else { Ok(outcome) };
        }
        match remote {
            // A ref here would lead beyond what the clone holds: what the remote shows now is kept beside it instead.
            Some(remote) if self.is_shallow() => {
                let short = |n: &String| n.strip_prefix("refs/tags/").unwrap_or(n).to_owned();
                let wanted = Wanted::Prefixes(here.iter().map(|(name, _)| short(name)).collect());
                self.fetch_ledger(remote, &wanted)?;
            }
            remote => {
                let kept = self.bring_home(&here).and_then(|()| self.keep(remote, &here));
                // What the remote holds cannot be taken back, so it must not be told as if nothing had happened.
                if let (Err(why), Some(remote)) = (&kept, remote) {
                    return Err(Error::PublishedOnly {
                        remote: remote.name.clone(),
                        tags: here.iter().map(|(name, _)| name.trim_start_matches("refs/tags/").to_owned()).collect(),
                        why: why.to_string(),
                    });
                }
                kept?;
            }
        }
        Ok(outcome)
    }

    /// Creates refs here and notes that `remote` holds them. Neither rests on the other, and each waits for the disk.
    fn keep(&self, remote: Option<&Remote>, refs: &[(String, Oid)]) -> Result<()> {
        let Some(remote) = remote else { return self.create_refs(refs) };
        let cache = Cache::of(self, &remote.name);
        let (created, noted) = std::thread::scope(|scope| {
            let noted = scope.spawn(|| cache.note(refs));
            (self.create_refs(refs), noted.join().unwrap_or(Ok(false)))
        });
        created?;
        if noted? { Ok(()) } else { self.note_shown(remote, refs) }
    }

    /// The ledger tags (object and full name) that count here and that `remote` has not shown, or not so, sorted by name; of
    /// those alone whose name starts with one of `prefixes`, where only those were fetched.
    pub fn unpublished(&self, remote: &Remote, prefixes: Option<&[String]>) -> Result<Vec<(Oid, String)>> {
        let there = Refs::at(Cache::of(self, &remote.name).folder());
        let all = fetch::LEDGERS.map(str::to_owned);
        let mut found = Vec::new();
        for prefix in prefixes.unwrap_or(&all) {
            let shown = there.list(&format!("refs/tags/{prefix}"))?;
            let here = self.tags(prefix)?.into_iter();
            let here = here.map(|tag| (tag.rival.unwrap_or(tag.oid), format!("refs/tags/{}", tag.name)));
            found.extend(here.filter(|(oid, name)| shown.get(name) != Some(oid)));
        }
        found.sort_by(|a, b| a.1.cmp(&b.1));
        Ok(found)
    }

    fn push_once(&self, remote: &Remote, refs: &[(Oid, String)], lent: Option<&OsStr>) -> Result<PushOutcome> {
        let mut args: Vec<String> =
            ["push", "--porcelain", "--no-verify", "--no-signed", "--no-follow-tags", "--recurse-submodules=no"]
                .map(str::to_owned)
                .to_vec();
        if refs.len() > 1 {
            args.push("--atomic".to_owned());
        }
        // With nothing after the colon: only where the remote has no such ref.
        args.extend(refs.iter().map(|(_, name)| format!("--force-with-lease={name}:")));
        let names: Vec<String> = refs.iter().map(|(_, name)| name.clone()).collect();
        let receiver = self.receiver(remote, &names, &outbox::releases(self, refs));
        let mut git = self.quiet_git()?;
        if let Some(objects) = lent {
            git = git.with("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects);
        }
        // Where history was cut off here, git must see where.
        let outbox = if self.is_shallow() || receiver.is_some() { None } else { Outbox::of(self, refs) };
        let objects = self.common_dir().join("objects");
        let short = match (&receiver, &outbox) {
            (Some(to), _) => {
                Some(git.with("GIT_DIR", to.sender.as_os_str()).with("GIT_OBJECT_DIRECTORY", objects.as_os_str()))
            }
            (None, Some(outbox)) => Some(git.alone().with("GIT_OBJECT_DIRECTORY", outbox.objects().as_os_str())),
            (None, None) => None,
        };
        let send = |git: &Git, to: Option<&Receiver>| {
            let mut all = args.clone();
            all.extend(to.map(|to| format!("--receive-pack={}", to.command)));
            all.extend(["--".to_owned(), to.map_or_else(|| remote.name.clone(), |to| to.place.display().to_string())]);
            all.extend(refs.iter().map(|(oid, name)| format!("{oid}:{name}")));
            let ended = git.run(Reach::Remote, &all, None)?;
            let report = report::Report::read(&ended.stdout, &ended.stderr);
            Ok::<_, Error>((ended, report))
        };
        let (mut ended, mut report) = send(short.as_ref().unwrap_or(&git), receiver.as_ref())?;
        if !ended.success() && short.is_some() && (report.is_empty() || report::is_torn(&report.reason())) {
            (ended, report) = send(&git, None)?;
        }
        if ended.success() {
            let all_old = refs.iter().all(|(_, name)| report.is_up_to_date(name));
            return Ok(if all_old { PushOutcome::UpToDate } else { PushOutcome::Accepted });
        }
        self.after_refusal(remote, refs, report)
    }

    /// What the remote holds now decides, not the words that it was refused with.
    fn after_refusal(&self, remote: &Remote, refs: &[(Oid, String)], report: report::Report) -> Result<PushOutcome> {
        let names: Vec<_> = refs.iter().map(|(_, name)| name.clone()).collect();
        let there = match self.list_remote(remote, &names) {
            Ok(there) => there,
            Err(Error::Unreachable { why, .. }) => return Ok(PushOutcome::Unreachable(why)),
            Err(e) => return Err(e),
        };
        let taken: Vec<_> = refs
            .iter()
            .filter(|(oid, name)| there.get(name).is_some_and(|t| t != oid))
            .map(|(_, n)| n.clone())
            .collect();
        Ok(if !taken.is_empty() {
            PushOutcome::LostRace(taken)
        } else if there.len() == refs.len() {
            PushOutcome::Accepted
        } else {
            PushOutcome::Rejected { reason: report.reason(), said: report.said }
        })
    }
}
