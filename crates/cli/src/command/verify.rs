//! `promptuary verify`.

use std::fmt::Write as _;

use ledger::{Code, RefName, Refusal};
use release::{Standing, Stray, Verified};
use source::PromptId;
use source::escape::terminal;
use source::render::counted;

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::named;
use crate::shape::Shape;
use crate::trusted::Trusted;

/// Prove that what is live may be live
///
/// Checks every signature, number, link and demand from the first policy on, and the content of what is live against the
/// commits. Exits 7 where something is wrong, and 8 where what is here does not suffice to tell.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this prompt
    #[arg(value_parser = named::prompt)]
    id: Option<PromptId>,
    /// Judge everything again, whatever this machine has seen, and recompute the content of every release
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    trusted: Trusted,
    #[command(flatten)]
    shape: Shape,
}

/// Verifies, tells what was found.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    app.trust(&args.trusted);
    let desk = app.desk()?;
    let verified =
        release::verify(&desk, args.id.as_ref(), args.all).map_err(|error| Failure::of_release(error, app))?;
    acting::tell_pin(&desk, app);
    acting::tell_age(&desk, app);
    if args.shape.is_json() {
        app.terminal.value(&verified)?;
    } else {
        let strays = if verified.strays.is_empty() { Ok(Vec::new()) } else { release::strays(&desk) };
        let strays = strays.map_err(|error| Failure::of_release(error, app))?;
        app.terminal.tell(text(&verified, &strays));
    }
    Ok(verified.class().map_or(Exit::Clean, Exit::from))
}

/// What a refusal is about: what is live, or only a tag that stands after it and changes nothing.
fn subject(chain: &Standing, refusal: &Refusal) -> String {
    let of = format!("{} in {}", chain.prompt, chain.environment);
    // What was valid when it was last seen, or is followed by what is, is no junk.
    if matches!(refusal.code, Code::RolledBack | Code::Stale | Code::ChainGap) {
        return of;
    }
    let tag = refusal.tag.as_ref().and_then(|tag| tag.parse().ok());
    match (tag, chain.sequence) {
        (Some(RefName::Pointer(.., number)), Some(tip)) if number > tip => format!("a tag after entry {tip} of {of}"),
        (Some(RefName::Pointer(..)), None) => format!("a tag where {of} has no entry"),
        _ => of,
    }
}

fn text(verified: &Verified, strays: &[Stray]) -> String {
    let mut text = format!("policy {} is in effect, root {}\n", verified.policy, verified.root.tagged());
    let mut faults = 0;
    let mut tell = |text: &mut String, what: &str, refusal: &Refusal| {
        faults += 1;
        let _ = writeln!(
            text,
            "REFUSED {what}: {}\n  help: {}",
            terminal(&refusal.to_string()),
            terminal(&refusal.remedy())
        );
    };
    for chain in &verified.chains {
        chain.faults.iter().for_each(|refusal| tell(&mut text, &subject(chain, refusal), refusal));
    }
    verified.releases.iter().for_each(|refusal| tell(&mut text, "a release", refusal));
    verified.junk.iter().for_each(|refusal| tell(&mut text, "a tag", refusal));
    for stray in strays {
        let Stray { tag, why, remedy } = stray;
        let _ = writeln!(text, "stray {}: {}\n  help: {}", terminal(tag), terminal(why), terminal(remedy));
    }
    if verified.inherited > 0 {
        let tags = counted(verified.inherited, "tag");
        let _ = writeln!(text, "besides, {tags} of an inherited ledger, nothing of which counts in this one");
    }
    let entries = if verified.entries == 1 { "1 entry".to_owned() } else { format!("{} entries", verified.entries) };
    let seen = format!("{entries}, {}", counted(verified.chains.len(), "pointer"));
    let _ = match faults {
        0 => writeln!(text, "{seen}: all of it holds"),
        n => writeln!(text, "{seen}: {}", counted(n, "refusal")),
    };
    text
}
