//! The commands: one file each, an `Args` whose doc comments are the manual, then one function.

mod approve;
mod audit;
mod bump;
mod check;
mod completions;
mod diff;
mod eval;
mod evidence;
mod explain;
mod help;
mod hold;
mod hook;
mod impact;
mod init;
mod log;
mod man;
mod policy;
mod promote;
mod recordings;
mod release;
mod render;
mod resolve;
mod retire;
mod review;
mod rollback;
mod schema;
mod seal;
mod status;
mod sync;
mod tour;
mod trust;
mod verify;

use crate::app::App;
use crate::exit::{Exit, Failure};

/// Every command with its arguments.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Init(init::Args),
    Tour(tour::Args),
    Check(check::Args),
    Explain(explain::Args),
    Render(render::Args),
    Diff(diff::Args),
    Impact(impact::Args),
    Bump(bump::Args),
    Eval(Box<eval::Args>),
    Recordings(recordings::Args),
    Review(review::Args),
    Schema(schema::Args),
    Policy(policy::Args),
    Release(release::Args),
    Approve(approve::Args),
    Promote(promote::Args),
    Rollback(rollback::Args),
    Hold(hold::Args),
    Retire(retire::Args),
    Seal(seal::Args),
    Status(status::Args),
    Log(log::Args),
    Evidence(evidence::Args),
    Verify(verify::Args),
    Audit(audit::Args),
    Resolve(resolve::Args),
    Trust(trust::Args),
    Sync(sync::Args),
    Help(help::Args),
    Hook(hook::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Command {
    /// Whether Ctrl-C may come while something must be finished or undone. Where not, the system's own way to end does,
    /// and a process that answers in milliseconds is spared a thread that waits for it.
    pub(crate) const fn holds(&self) -> bool {
        !matches!(self, Self::Resolve(_))
    }

    /// Does it.
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        match self {
            Self::Init(args) => init::run(&args, app),
            Self::Tour(args) => tour::run(&args, app),
            Self::Check(args) => check::run(&args, app),
            Self::Explain(args) => explain::run(&args, app),
            Self::Render(args) => render::run(&args, app),
            Self::Diff(args) => diff::run(&args, app),
            Self::Impact(args) => impact::run(&args, app),
            Self::Bump(args) => bump::run(&args, app),
            Self::Eval(args) => eval::run(&args, app),
            Self::Recordings(args) => recordings::run(&args, app),
            Self::Review(args) => review::run(&args, app),
            Self::Schema(args) => Ok(schema::run(&args, app)),
            Self::Policy(args) => policy::run(&args, app),
            Self::Release(args) => release::run(&args, app),
            Self::Approve(args) => approve::run(&args, app),
            Self::Promote(args) => promote::run(&args, app),
            Self::Rollback(args) => rollback::run(&args, app),
            Self::Hold(args) => hold::run(&args, app),
            Self::Retire(args) => retire::run(&args, app),
            Self::Seal(args) => seal::run(&args, app),
            Self::Status(args) => status::run(&args, app),
            Self::Log(args) => log::run(&args, app),
            Self::Evidence(args) => evidence::run(&args, app),
            Self::Verify(args) => verify::run(&args, app),
            Self::Audit(args) => audit::run(&args, app),
            Self::Resolve(args) => resolve::run(&args, app),
            Self::Trust(args) => trust::run(&args, app),
            Self::Sync(args) => sync::run(&args, app),
            Self::Help(args) => help::run(&args, app),
            Self::Hook(args) => hook::run(&args, app),
            Self::Completions(args) => completions::run(&args, app),
            Self::Man(args) => man::run(&args, app),
        }
    }
}

/// The command of this name by itself: building all of them takes longer than many a command does.
pub(crate) fn alone(name: &str) -> Option<clap::Command> {
    use clap::Args as _;

    type Augment = fn(clap::Command) -> clap::Command;
    let all: [(&'static str, Augment); 32] = [
        ("approve", approve::Args::augment_args),
        ("audit", audit::Args::augment_args),
        ("bump", bump::Args::augment_args),
        ("check", check::Args::augment_args),
        ("completions", completions::Args::augment_args),
        ("diff", diff::Args::augment_args),
        ("eval", eval::Args::augment_args),
        ("evidence", evidence::Args::augment_args),
        ("explain", explain::Args::augment_args),
        ("help", help::Args::augment_args),
        ("hold", hold::Args::augment_args),
        ("hook", hook::Args::augment_args),
        ("impact", impact::Args::augment_args),
        ("init", init::Args::augment_args),
        ("log", log::Args::augment_args),
        ("man", man::Args::augment_args),
        ("policy", policy::Args::augment_args),
        ("promote", promote::Args::augment_args),
        ("recordings", recordings::Args::augment_args),
        ("release", release::Args::augment_args),
        ("render", render::Args::augment_args),
        ("resolve", resolve::Args::augment_args),
        ("retire", retire::Args::augment_args),
        ("review", review::Args::augment_args),
        ("rollback", rollback::Args::augment_args),
        ("schema", schema::Args::augment_args),
        ("seal", seal::Args::augment_args),
        ("status", status::Args::augment_args),
        ("sync", sync::Args::augment_args),
        ("tour", tour::Args::augment_args),
        ("trust", trust::Args::augment_args),
        ("verify", verify::Args::augment_args),
    ];
    all.into_iter().find(|(known, _)| *known == name).map(|(known, augment)| augment(clap::Command::new(known)))
}
