//! The end of an eval: what can be signed is signed, all of it is shown, and the worst of what happened is the exit code.

use eval::gate::Conclusion;
use eval::report::{self, Reported};
use eval::session::Opened;
use source::Report;

use super::attesting::Attester;
use super::journal::Journal;
use super::reports::{Answer, Shown};
use super::running::Ran;
use crate::app::App;
use crate::exit::Exit;

/// What was run, and how it is to be told.
pub(crate) struct Done<'a> {
    /// The suites that were to be run.
    pub(crate) suites: &'a [Opened],
    /// Those that were, in the same order.
    pub(crate) ran: &'a [Ran],
    /// What there is to say of suites besides: one was removed, or asks less than in the base.
    pub(crate) found: &'a Report,
    /// How results are shown.
    pub(crate) shown: &'a Shown,
    /// Whether what is inconclusive is told by the exit code.
    pub(crate) strict: bool,
}

impl Done<'_> {
    /// Signs, shows, writes.
    pub(crate) fn conclude(&self, attester: Option<Attester>, app: &App) -> Exit {
        let reported: Vec<_> = self.suites.iter().zip(self.ran).map(|(opened, ran)| ran.reported(opened)).collect();
        let conclusion = report::conclusion(&reported, self.found);
        let mut exit = Exit::of_code(conclusion.exit_code(self.strict));
        let (mut attested, mut unsigned) = (Vec::new(), None);
        match attester {
            // Evidence is of whole runs; what keeps this one from being whole is its answer.
            Some(_) if conclusion >= Conclusion::BudgetSpent => unsigned = Some(unfinished(&reported)),
            Some(mut attester) => match attester.sign(self.suites, self.ran, app) {
                Ok(signed) => {
                    attested = signed;
                    self.ran.iter().filter_map(|ran| ran.journal.as_ref()).for_each(Journal::remove);
                }
                // What was run and paid for is told all the same.
                Err(failure) => {
                    exit = exit.or_worse(failure.exit);
                    app.terminal.fail(&failure);
                    if self.ran.iter().any(|ran| ran.journal.is_some()) {
                        app.terminal.say("what was answered is kept; sign it with the same command and --resume");
                    }
                }
            },
            None => {}
        }
        let answer = Answer { reported: &reported, attested: &attested, found: self.found };
        exit = exit.or_worse(self.shown.show(&answer, app));
        if let Some(why) = unsigned {
            app.terminal.warn(why);
        }
        exit
    }
}

fn unfinished(reported: &[Reported<'_>]) -> String {
    let open = reported.iter().filter(|one| one.verdict.conclusion >= Conclusion::BudgetSpent);
    let names: Vec<&str> = open.map(|one| one.results.suite.as_str()).collect();
    format!("nothing was attested: the run of {} did not reach its end", names.join(", "))
}
