//! What the assertions of an attested case say of its answers: graded again from what is on file, asking nobody.

use eval::provider::Providers;
use eval::recording::{Entry, Recordings};
use eval::run::{Helper, Mode, Plan, Regraded, Said, Target, regrade};
use eval::suite::Suite;
use ledger::statement::{Case, CaseVerdict};
use policy::Policy;
use prompt::Compiled;
use release::Attempt;
use source::escape::terminal;

/// What grading needs besides the suite.
pub(super) struct Grading<'a> {
    /// The prompt that was asked.
    pub(super) compiled: &'a Compiled,
    /// How a judge is asked, and so how its words are found.
    pub(super) providers: &'a Providers,
    /// Whose prices answers without a cost have.
    pub(super) policy: Option<&'a Policy>,
}

impl Grading<'_> {
    /// What the assertions of `case` say of each of its answers, found in `recordings`.
    pub(super) fn of(
        &self,
        attempt: &Attempt,
        suite: &Suite,
        case: &Case,
        answers: &[Option<(Entry, String)>],
        recordings: &[(String, Recordings)],
    ) -> Vec<Option<Regraded>> {
        let graded = |(at, answer): (usize, &Option<(Entry, String)>)| {
            let mut merged = Recordings::default();
            let here = |place: &str| answer.as_ref().is_some_and(|(_, found)| found == place);
            // What stands where the answer does comes before what stands elsewhere.
            let (near, far): (Vec<_>, Vec<_>) = recordings.iter().partition(|(place, _)| here(place));
            far.into_iter().chain(near).for_each(|(_, recordings)| merged.add(recordings));
            let mut plan = Plan::new(suite, self.compiled, &merged, Mode::Replay).ok()?;
            let price = self.policy.and_then(|policy| policy.price(&case.model));
            let price = price.map(|price| (price.value.input, price.value.output));
            plan.targets = vec![Target::new(self.compiled, &case.model, price).ok()?];
            plan.judge = attempt.judge.as_ref().map(|judge| Helper::of(judge.model.clone()));
            plan.embeddings = attempt.embeddings.as_ref().map(|embeddings| Helper::of(embeddings.model.clone()));
            let Some((entry, _)) = answer else { return regrade(&plan, self.providers, &case.id, None) };
            // Repeats that said the same are found as the first of them; each was judged by itself.
            let repeat = u32::try_from(at).unwrap_or(u32::MAX);
            let graded = regrade(&plan, self.providers, &case.id, Some((&entry.answer, repeat)))?;
            match graded.whole.is_some() || entry.sample == repeat {
                true => Some(graded),
                false => regrade(&plan, self.providers, &case.id, Some((&entry.answer, entry.sample))),
            }
        };
        answers.iter().enumerate().map(graded).collect()
    }
}

/// What they say, a line each after `indent`; and where it comes to something else than what was signed of `case`, that.
pub(super) fn text(case: &Case, graded: &Regraded, indent: &str) -> String {
    let mut text: String = graded.assertions.iter().map(|said| format!("{indent}{}\n", line(said))).collect();
    let signed = match case.verdict {
        CaseVerdict::Passed => Some(true),
        CaseVerdict::Failed => Some(false),
        CaseVerdict::Error => None,
    };
    if let (Some(whole), Some(signed)) = (&graded.whole, signed)
        && whole.pass != signed
        && case.outputs.len() == 1
    {
        let word = |pass| if pass { "passed" } else { "failed" };
        text += &format!("{indent}graded again it has {}, and {} is signed\n", word(whole.pass), word(signed));
    }
    text
}

/// The first assertion that does not hold.
pub(super) fn shortfall(graded: &Regraded) -> Option<String> {
    // A set says that it fails in the words of the first of its members that does.
    graded.assertions.iter().find(|said| said.pass == Some(false)).map(line)
}

fn line(said: &Said) -> String {
    let mark = match said.pass {
        Some(true) => "holds",
        Some(false) => "fails",
        None => "unknown",
    };
    let score = said.score.map_or_else(|| "   –".to_owned(), |score| format!("{score:.2}"));
    let member = if said.member { "  " } else { "" };
    let wants = if said.wants.is_empty() { String::new() } else { format!(" `{}`", said.wants) };
    // What holds and has no more to say.
    let reason = if said.reason == "holds" { String::new() } else { format!(": {}", said.reason) };
    format!("{mark:<7}  {score}  {member}{}{}{}", terminal(&said.kind), terminal(&wants), terminal(&reason))
}
