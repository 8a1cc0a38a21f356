//! A release on its way into an environment, as approvers and maintainers see it.

use std::fmt::Write as _;

use ledger::ballot::Word;
use ledger::record::{Decision, PointerAction};
use release::{Evident, Next};
use source::escape::terminal;

use crate::acting;
use crate::app::App;

/// What would become live, and what is known about it: for whoever decides.
pub(crate) fn sheet(next: &Next) -> String {
    let mut text = format!("{} {} in {}: {}\n", next.prompt, next.version, next.environment, entry(next));
    text += &known(next);
    let _ = match &next.live {
        Some(live) => writeln!(text, "  live now  {} since {} by {}", live.version, live.since, terminal(&live.by)),
        None => writeln!(text, "  live now  nothing"),
    };
    for word in &next.words {
        let _ = writeln!(text, "  said      {}", said(word, next));
    }
    text
}

/// A release that is on its way, once for all environments.
pub(crate) fn release(next: &Next) -> String {
    format!("\nnext: {} {}\n{}", next.prompt, next.version, known(next))
}

/// What it would need in one environment, and who could give it.
pub(crate) fn step(next: &Next, app: &App) -> String {
    let mut text = format!("to {}: {}\n", next.environment, entry(next));
    for word in &next.words {
        let _ = writeln!(text, "  {}", said(word, next));
    }
    text + &missing(next, app)
}

/// What is missing, and the command that follows.
pub(crate) fn missing(next: &Next, app: &App) -> String {
    let mut text = acting::unmet(&next.demands, app);
    let Next { prompt, version, environment, .. } = next;
    let command = match next.action {
        PointerAction::Rollback => {
            format!("promptuary rollback {prompt} --env {environment} --to {version} --reason \"…\"")
        }
        _ => {
            let why = if next.held { " --reason \"…\"" } else { "" };
            format!("promptuary promote {prompt}@{version} --to {environment}{why}")
        }
    };
    let word = if next.is_ready() { "nothing is missing:" } else { "then " };
    let _ = writeln!(text, "  {word} {command}");
    if next.held && next.action == PointerAction::Promote {
        text += "         automation stands still there; a person goes on and says why\n";
    }
    let nobody = "nobody: policy allows it to no person who is not needed to approve";
    let who = if next.signers.is_empty() { nobody.to_owned() } else { next.signers.join(", ") };
    let _ = writeln!(text, "         may be done by {}", terminal(&who));
    text
}

/// What the entry would be.
fn entry(next: &Next) -> String {
    let act = if next.action == PointerAction::Rollback { "rollback" } else { "promotion" };
    format!("a {act}, entry {}, judged as {} risk", next.sequence, next.risk)
}

/// The release, and what was attested of it.
fn known(next: &Next) -> String {
    let mut text = format!("  content   {}\n", next.content.tagged());
    let by = terminal(&next.released_by);
    let _ = writeln!(text, "  released  {} by {by}, commit {}", next.released_at, next.commit);
    if next.evidence.is_empty() {
        text += "  evidence  no attested run of this content\n";
    }
    for run in &next.evidence {
        let _ = writeln!(text, "  evidence  {}", evident(run));
    }
    text
}

fn evident(run: &Evident) -> String {
    let models: Vec<_> = run.models.names().iter().map(ToString::to_string).collect();
    let (verdict, mode, by) = (run.verdict.as_str(), run.mode.as_str(), terminal(&run.by));
    let judge =
        run.judge.as_ref().map_or(String::new(), |judge| format!(", judged by {}", terminal(&judge.to_string())));
    format!("{} {verdict}: {}, {mode}, {}{judge}, by {by} at {}", run.suite, run.cases, models.join(" "), run.at)
}

fn said(word: &Word, next: &Next) -> String {
    let verb = if word.decision == Decision::Approve { "approves" } else { "REJECTS" };
    let last = next.ends(word.at, word.expires).filter(|_| word.expires.is_some());
    let until = last.map_or(String::new(), |last| format!(", until {last}"));
    let why = word.reason.as_ref().map_or(String::new(), |why| format!(": {}", terminal(why)));
    format!("{} {verb} since {}{until}{why}", terminal(&word.by), word.at)
}
