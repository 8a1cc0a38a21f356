//! `promptuary approve`.

use std::fmt::Write as _;

use check::diff::{self, Look, Side, Texts};
use ledger::Sequence;
use ledger::record::{Decision, Reason};
use prompt::Compiled;
use release::{Approved, Ballot, Desk, Needs, Next, Scope, Which};
use source::escape::terminal;
use source::{Digest, EnvName};

use crate::acting::{self, Trial};
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named::{self, Released, Until};
use crate::prospect;

/// Approve or reject what would become live next
///
/// Shows what changes against what is live there, what that means for callers, the evidence and what else policy demands,
/// then asks. Where nobody can be asked, --content says what was looked at: the digest that --dry-run shows.
///
/// An approval is for one entry: its number, the one before it, the release and the content. When another entry takes the
/// number, it is void. A rejection blocks the entry until the same person approves.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The release
    #[arg(value_name = "ID@VERSION")]
    release: Released,
    /// Where it would become live
    #[arg(long, value_parser = named::name::<EnvName>)]
    env: EnvName,
    /// Say no; --reason says why
    #[arg(long, requires = "reason")]
    reject: bool,
    /// The last moment at which it may be used, or a span such as 3d [default: as long as policy lets approvals last]
    #[arg(long, value_name = "UNTIL", value_parser = named::until)]
    expires: Option<Until>,
    /// The content that was looked at; nothing is shown or asked, and any other content is refused. Without --sequence it is
    /// for whichever entry comes next
    #[arg(long, value_name = "DIGEST", value_parser = named::digest)]
    content: Option<Digest>,
    /// The number that the entry had then; refused when another entry has taken it (exit 9)
    #[arg(long, value_name = "N", requires = "content")]
    sequence: Option<Sequence>,
    /// Why, in one line; it stands in the record for good
    #[arg(long, short = 'm', value_parser = named::reason)]
    reason: Option<Reason>,
    #[command(flatten)]
    trial: Trial,
}

/// Looks, asks, signs, publishes; says what is still missing.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    let needs = Needs::Prompts(std::slice::from_ref(&args.release.id));
    let (mut desk, _hold) = args.trial.desk_for(needs, app)?;
    let (id, version) = (&args.release.id, &args.release.version);
    let failed = |error| Failure::of_release(error, app);
    let mut seen = (args.content, args.sequence);
    if args.content.is_none() {
        let next = release::consider(&desk, id, version, &args.env).map_err(failed)?;
        acting::tell_pin(&desk, app);
        if !args.trial.dry_run && !app.terminal.can_ask() {
            return Err(unattended(args, &next));
        }
        if !args.trial.shape.is_json() {
            app.terminal.answer(prospect::sheet(&next));
            app.terminal.answer(changes(&next, &desk, app)?);
            app.terminal.answer(acting::demands(&next.demands, app));
        }
        if !args.trial.dry_run {
            let question = format!("{} {id} {version} in {}, entry {}?", args.verb(), args.env, next.sequence);
            if !app.terminal.ask(&question) {
                app.terminal.say("nothing was written");
                return Ok(Exit::Findings);
            }
            // Reading took time: what others wrote meanwhile counts.
            (desk, _) = args.trial.desk_for(needs, app)?;
        }
        seen = (Some(next.content), Some(next.sequence));
    }
    if args.content.is_some() && args.sequence.is_none() {
        app.terminal.say(
            "note: without --sequence it is for whichever entry comes next, whatever has become live since you looked",
        );
    }
    let ballot = Ballot {
        prompt: id,
        version,
        environment: &args.env,
        decision: if args.reject { Decision::Reject } else { Decision::Approve },
        expires: args.expires.map(|until| until.from(app.now())),
        reason: args.reason.as_ref(),
        content: seen.0.as_ref(),
        sequence: seen.1,
    };
    show(release::approve(&desk, &ballot), &desk, args, app)
}

impl Args {
    const fn verb(&self) -> &'static str {
        if self.reject { "reject" } else { "approve" }
    }
}

/// Nobody is there to be asked: the command that says what was looked at.
fn unattended(args: &Args, next: &Next) -> Failure {
    let Released { id, version } = &args.release;
    let what = format!("{} {id} {version} in {}: nobody is here to be asked", args.verb(), args.env);
    let mut command = format!("promptuary approve {id}@{version} --env {}", args.env);
    if args.reject {
        command += " --reject --reason \"…\"";
    }
    let look = format!("look at it: {command} --dry-run");
    let sign = format!("then: {command} --content {} --sequence {}", next.content.tagged(), next.sequence);
    Failure::new(Exit::Usage, what).help(format!("{look}\n      {sign}"))
}

fn show(outcome: release::Result<Approved>, desk: &Desk, args: &Args, app: &App) -> Result<Exit, Failure> {
    let json = args.trial.shape.is_json();
    let approved = match outcome {
        Ok(approved) => approved,
        Err(error) => {
            if let (true, release::Error::NotApproved { approved, .. }) = (json, &error) {
                app.terminal.value(approved)?;
            }
            return Err(Failure::of_release(error, app));
        }
    };
    acting::tell_pin(desk, app);
    if json {
        app.terminal.value(&approved)?;
    } else {
        app.terminal.answer(text(&approved, args, app));
    }
    let unmet = approved.demands.iter().any(|demand| !demand.is_met());
    Ok(if unmet { Exit::Findings } else { Exit::Clean })
}

fn text(approved: &Approved, args: &Args, app: &App) -> String {
    let Next { prompt, version, environment, sequence, .. } = &approved.next;
    let what = format!("{prompt} {version} in {environment}, entry {sequence}");
    let past = if approved.decision == Decision::Approve { "approved" } else { "rejected" };
    let mut text = match (&approved.written, approved.was_said) {
        (_, true) => format!("{} {past} {what} before\n", terminal(&approved.by)),
        (Some(entry), _) => format!("{past} {what}\n{}", acting::written(std::slice::from_ref(entry))),
        (None, _) => format!("would {} {what}\n{}", args.verb(), acting::demands(&approved.demands, app)),
    };
    if let Some(ends) = approved.ends.filter(|_| !approved.was_said) {
        if let Some(asked) = approved.expires {
            let by_policy = if asked > ends { ", when policy ends it" } else { "" };
            let _ = writeln!(text, "  ends   {}{by_policy}", app.when(ends));
        }
        if let Some(opens) = approved.next.opens().filter(|opens| *opens >= ends) {
            let opens = app.when(opens);
            let _ = writeln!(
                text,
                "  NOTE   it ends at {ends}, before anything may go there ({opens}): approve it again then"
            );
        }
    }
    text + &prospect::missing(&approved.next, app)
}

/// What changes against what is live, in meaning and in words; all of it where nothing is.
fn changes(next: &Next, desk: &Desk, app: &App) -> Result<String, Failure> {
    let failed = |error| Failure::of_release(error, app);
    let found = |which| release::found(desk, &next.prompt, which).map_err(failed);
    let policy = desk.read(Scope::Policy, |ledger| Ok(ledger.policy()?.clone())).map_err(failed)?;
    let price = |compiled: &Compiled| policy.price(&compiled.model).map(|price| price.value.clone());
    let labels = (format!("env:{}", next.environment), format!("v:{}", next.version));
    let new = found(Which::Version(&next.version))?;
    let new_price = price(&new.1);
    let new = Side { label: &labels.1, prompt: &new.0, compiled: &new.1, price: new_price.as_ref() };
    let diff = match &next.live {
        None => diff::new(&labels.0, new, Texts::Apart),
        Some(_) => {
            let old = found(Which::Live(&next.environment))?;
            let price = price(&old.1);
            let old = Side { label: &labels.0, prompt: &old.0, compiled: &old.1, price: price.as_ref() };
            diff::diff(old, new, Texts::Apart, &check::subject::validator)
        }
    };
    let look = Look { colour: app.terminal.colour, width: app.terminal.width };
    Ok(format!("\n{}\n", diff::terminal(&diff, look)))
}
