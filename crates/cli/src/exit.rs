//! How a run ends: the one table of exit codes, and failures as users read them.
//!
//! A finding is no failure: findings are an answer on stdout with [`Exit::Findings`].

use std::error::Error;
use std::fmt;

use ledger::{Code, Refusal};
use prompt::Catalog;
use source::PromptId;

use crate::acting;
use crate::app::App;
use crate::moved;
use crate::report;

/// The exit codes of every command. The numbers are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done, nothing to say against it.
    Clean,
    /// 1: findings, a failed gate, unmet demands.
    Findings,
    /// 2: usage, no such prompt, configuration, unsupported or unreadable input, cannot write.
    Usage,
    /// 3: an eval could not decide, and `--strict` asked it to.
    Inconclusive,
    /// 4: provider, remote or other infrastructure.
    Infrastructure,
    /// 5: the eval's budget is spent.
    Budget,
    /// 6: a recording is missing.
    Recording,
    /// 7: verification refused.
    Refused,
    /// 8: cannot verify: incomplete, stale, or unpinned under `--strict`.
    Unverifiable,
    /// 9: lost the race, or policy moved.
    Race,
    /// 130: interrupted.
    Interrupted,
}

impl Exit {
    /// Every code with its meaning, in order: what `--help`, the man page and the docs show.
    pub(crate) const TABLE: [(Self, &'static str); 11] = [
        (Self::Clean, "clean"),
        (Self::Findings, "findings, a failed gate, or unmet demands"),
        (Self::Usage, "usage, no such prompt, configuration, unsupported or unreadable input, cannot write"),
        (Self::Inconclusive, "inconclusive, with --strict"),
        (Self::Infrastructure, "provider, remote or other infrastructure"),
        (Self::Budget, "budget spent"),
        (Self::Recording, "recording missing"),
        (Self::Refused, "verification refused"),
        (Self::Unverifiable, "cannot verify: incomplete, stale, or unpinned under --strict"),
        (Self::Race, "lost the race, or policy moved"),
        (Self::Interrupted, "interrupted"),
    ];

    /// The exit with this number; [`Exit::Usage`] for a number of none.
    pub(crate) fn of_code(code: u8) -> Self {
        Self::TABLE.iter().map(|(exit, _)| *exit).find(|exit| exit.code() == code).unwrap_or(Self::Usage)
    }

    /// The number that the process ends with.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
            Self::Infrastructure => 4,
            Self::Budget => 5,
            Self::Recording => 6,
            Self::Refused => 7,
            Self::Unverifiable => 8,
            Self::Race => 9,
            Self::Interrupted => 130,
        }
    }
}

impl Exit {
    /// From what nobody has to look at to what matters most, where a run ends for two reasons: that a report could not be
    /// written is worse than a comparison that decided nothing, and hides no gate that failed.
    const BY_WEIGHT: [Self; 11] = [
        Self::Clean,
        Self::Inconclusive,
        Self::Usage,
        Self::Findings,
        Self::Infrastructure,
        Self::Budget,
        Self::Recording,
        Self::Unverifiable,
        Self::Refused,
        Self::Race,
        Self::Interrupted,
    ];

    /// The worse of the two.
    pub(crate) fn or_worse(self, other: Self) -> Self {
        let weight = |exit| Self::BY_WEIGHT.iter().position(|known| *known == exit);
        if weight(other) > weight(self) { other } else { self }
    }
}

impl Exit {
    /// What refusals found on the way mean: the worst of them.
    pub(crate) fn of_refusals<'a>(refusals: impl IntoIterator<Item = &'a Refusal>) -> Self {
        let classes: Vec<_> = refusals.into_iter().map(Refusal::class).collect();
        let of = |class| classes.contains(&class);
        match () {
            () if of(ledger::Class::Refused) || of(ledger::Class::Unmet) => Self::Refused,
            () if of(ledger::Class::CannotVerify) => Self::Unverifiable,
            () if of(ledger::Class::Usage) => Self::Usage,
            () => Self::Clean,
        }
    }
}

impl From<release::Class> for Exit {
    fn from(class: release::Class) -> Self {
        match class {
            release::Class::Unmet => Self::Findings,
            release::Class::Usage => Self::Usage,
            release::Class::Infrastructure => Self::Infrastructure,
            release::Class::Recording => Self::Recording,
            release::Class::Refused => Self::Refused,
            release::Class::CannotVerify => Self::Unverifiable,
            release::Class::Race => Self::Race,
            release::Class::Interrupted => Self::Interrupted,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Why the program could not do its job. Displays as `could not …: cause: cause`.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How the process ends.
    pub(crate) exit: Exit,
    what: String,
    help: Option<String>,
    code: Option<Code>,
}

impl Failure {
    /// A failure to `what`, a lower-case fragment that fits after "could not".
    pub(crate) fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), help: None, code: None }
    }

    /// A failure told by `error` and its sources.
    pub(crate) fn of(exit: Exit, error: &dyn Error) -> Self {
        let mut what = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let said = error.to_string();
            // Some libraries repeat their source in their own text.
            if !what.ends_with(&said) {
                what = format!("{what}: {said}");
            }
            cause = error.source();
        }
        Self::new(exit, what)
    }

    /// No prompt has this id; one with a similar id is proposed.
    pub(crate) fn unknown_prompt(id: &PromptId, catalog: &Catalog) -> Self {
        let failure = Self::new(Exit::Usage, format!("find the prompt {id}"));
        match source::did_you_mean(id.as_str(), catalog.prompts().map(|prompt| prompt.id.as_str())) {
            Some(question) => failure.help(question),
            None => failure.help(format!("write the file {}", id.path())),
        }
    }

    /// With one imperative, pasteable sentence.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With the place in a file that asks for what could not be done.
    #[must_use]
    pub(crate) fn asked_in(mut self, place: &source::Place) -> Self {
        self.what += &format!(" (asked for in {}:{})", place.path(), place.start().line);
        self
    }

    /// Nothing is live where something was looked for, which speaks against nobody.
    pub(crate) fn not_live(refusal: &Refusal) -> Self {
        let help = "name what is live, or promote a release there: promptuary promote ID@VERSION --to ENV";
        let failure = Self::new(Exit::Usage, format!("find what is live: {}", refusal.detail)).help(help);
        Self { code: Some(refusal.code), ..failure }
    }

    /// Whether the ledger that is here begins with another policy than the one to trust.
    pub(crate) fn is_other_root(&self) -> bool {
        self.code == Some(Code::RootMismatch)
    }

    /// The remedy, where there is one.
    pub(crate) fn remedy(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}", self.what)
    }
}

impl From<repo::Error> for Failure {
    fn from(error: repo::Error) -> Self {
        let exit = match error.class() {
            repo::Class::Setup => Exit::Usage,
            repo::Class::Infrastructure => Exit::Infrastructure,
            repo::Class::Refused => Exit::Refused,
            repo::Class::Incomplete => Exit::Unverifiable,
            repo::Class::Race => Exit::Race,
            repo::Class::Interrupted => Exit::Interrupted,
        };
        let failure = Self::of(exit, &error);
        match error.remedy() {
            Some(remedy) => failure.help(remedy),
            None => failure,
        }
    }
}

impl Failure {
    /// What a maintainer's command could not do; findings and demands are shown as the answer first.
    pub(crate) fn of_release(error: release::Error, app: &App) -> Self {
        match &error {
            release::Error::Findings { report, .. } => {
                report::instead(report, app);
            }
            release::Error::Unmet { demands, .. } => app.terminal.say(acting::demands(demands, app).trim_end()),
            release::Error::NotMoved { moved, .. } => app.terminal.say(moved::unmet(moved, app).trim_end()),
            release::Error::NotApproved { approved, .. } => {
                app.terminal.say(acting::demands(&approved.demands, app).trim_end());
            }
            _ => {}
        }
        let mut failure = Self::of(error.class().into(), &error);
        if let release::Error::Refused(refusal) = &error {
            failure.code = Some(refusal.code);
        }
        match error.remedy() {
            Some(remedy) => failure.help(remedy),
            None => failure,
        }
    }
}

impl From<resolver::Error> for Failure {
    fn from(error: resolver::Error) -> Self {
        let exit = match error.class() {
            resolver::Class::Usage => Exit::Usage,
            resolver::Class::Refused => Exit::Refused,
            resolver::Class::CannotVerify => Exit::Unverifiable,
        };
        let failure = Self::of(exit, &error);
        match error.remedy() {
            Some(remedy) => failure.help(remedy),
            None => failure,
        }
    }
}

impl From<source::ReadError> for Failure {
    fn from(error: source::ReadError) -> Self {
        Self::of(Exit::Usage, &error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_complete() {
        let codes: Vec<_> = Exit::TABLE.iter().map(|(exit, _)| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130]);
    }

    #[test]
    fn of_two_reasons_to_end_the_worse_counts() {
        let codes: std::collections::BTreeSet<_> = Exit::BY_WEIGHT.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes.len(), Exit::TABLE.len(), "every exit has its weight");
        for (one, other, worse) in [
            (Exit::Clean, Exit::Usage, Exit::Usage),
            (Exit::Inconclusive, Exit::Usage, Exit::Usage),
            (Exit::Findings, Exit::Usage, Exit::Findings),
            (Exit::Inconclusive, Exit::Findings, Exit::Findings),
            (Exit::Recording, Exit::Findings, Exit::Recording),
            (Exit::Interrupted, Exit::Race, Exit::Interrupted),
        ] {
            assert_eq!((one.or_worse(other), other.or_worse(one)), (worse, worse));
        }
    }
}
