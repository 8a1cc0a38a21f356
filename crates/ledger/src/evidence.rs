//! Attested eval runs: every attempt on a content, in order, and whether one meets what policy demands.

use policy::{Action, Bound, EvidenceDemand, Inconclusive, KeyState, Mode as PolicyMode, Policy};
use source::{Digest, ModelName, PromptId, Risk, Timestamp, Version};

use crate::demand::Demand;
use crate::judge::{Fault, Found, Judge, Signer, held, not_before, unreadable};
use crate::policies::Policies;
use crate::record::{Body, Cases, EvidenceBody, Link, Mode, Position, Verdict};
use crate::refname::Hex16;
use crate::statement::{STATEMENT_LIMIT, Statement};
use crate::walk::{Junk, Walk, next_position, numbered};
use crate::{Code, ObjectId, ObjectKind, RefName, Refusal, SignedTag};

/// One attested run.
#[derive(Debug)]
pub struct Evidence {
    found: Found,
    /// Who attested it.
    pub signer: Signer,
    /// The counts by model, from the statement.
    pub by_model: Vec<(ModelName, Cases)>,
}

/// The attested runs of contents that share their first 16 hex digits, oldest first.
#[derive(Debug)]
pub struct Runs {
    walk: Walk<Evidence>,
}

impl Evidence {
    /// The entry's tag.
    pub const fn tag(&self) -> &SignedTag {
        &self.found.tag
    }

    /// The entry's fields.
    pub fn body(&self) -> &EvidenceBody {
        body(self.tag()).expect("evidence holds an evidence record")
    }

    /// Its number and digest.
    pub fn link(&self) -> Link {
        Link { sequence: self.body().position.sequence, digest: self.tag().digest() }
    }
}

fn body(tag: &SignedTag) -> Option<&EvidenceBody> {
    if let Body::Evidence(body) = &tag.record().body { Some(body) } else { None }
}

impl Runs {
    /// Reads and judges every run of contents that start like `content`.
    pub(crate) fn read(judge: &Judge<'_>, policies: &Policies, content: &Digest) -> Result<Self, Refusal> {
        let refs = numbered(judge.list(&RefName::evidence(content))?, |name| match name {
            RefName::Evidence(_, n) => Some(*n),
            _ => None,
        });
        let mut runs = Self { walk: Walk::new(refs).beside(policies.began_beside_another()) };
        while let Some((n, id)) = runs.walk.candidate() {
            let name = RefName::Evidence(Hex16::of(content), n);
            let verdict = runs.judge_next(judge, policies, &name, &id).map_err(|fault| fault.about(&name));
            runs.walk.take(verdict);
        }
        Ok(runs)
    }

    /// The valid runs, oldest first.
    pub fn entries(&self) -> &[Evidence] {
        &self.walk.entries
    }

    /// Why nothing further could be judged.
    pub(crate) fn stopped(&self) -> Option<&Refusal> {
        self.walk.stopped.as_ref()
    }

    /// What is no valid run.
    pub fn junk(&self) -> &[Junk] {
        &self.walk.junk
    }

    /// Where the next run goes.
    ///
    /// Refuses after a stop, and, unless `over_conflicts`, where somebody who may attest signed what is passed over.
    pub fn next(&self, over_conflicts: bool) -> Result<Position, Refusal> {
        if let Some(stopped) = &self.walk.stopped {
            return Err(stopped.clone());
        }
        let tip = self.entries().last().map(Evidence::link);
        let from = tip.map_or(0, |tip| self.walk.junk.partition_point(|j| j.sequence < tip.sequence));
        next_position(tip, self.walk.last_number(), &self.walk.junk[from..], over_conflicts)
    }

    /// Where a run goes that follows `before`, which is about to be written.
    pub(crate) fn after(&self, before: Link) -> Result<Position, Refusal> {
        let exhausted = || Refusal::new(Code::NumbersExhausted, "99999999 is taken");
        let mut n = before.sequence.next().ok_or_else(exhausted)?;
        while self.walk.has(n) {
            n = n.next().ok_or_else(exhausted)?;
        }
        Position::after(Some(before), n).ok_or_else(exhausted)
    }

    fn judge_next(
        &self,
        judge: &Judge<'_>,
        policies: &Policies,
        name: &RefName,
        id: &ObjectId,
    ) -> Result<Evidence, Fault> {
        let is_next = self.walk.is_at_next(self.entries().last().map(Evidence::link));
        let found = policies.read_candidate(judge, name, id, is_next)?;
        let tag = &found.tag;
        judge.check_repository(tag, &policies.root())?;
        let judging = policies.judging(judge, tag)?;
        let signer = judge.authorise(tag, judging.policy(judge)?, Action::Attest, None, None)?;
        let body = body(tag).ok_or_else(|| Refusal::new(Code::NameMismatch, "it is no evidence"))?;
        let tip = self.walk.entries.last();
        self.walk.check_link(&body.position, tip.map(Evidence::link), |_| false)?;
        if let Some(tip) = tip {
            not_before(tag.time(), tip.tag().time(), "the run before")?;
        }
        judge.check_clock(tag)?;
        let by_model = statement(judge, tag, body)?.tally_by_model().into_iter().collect();
        Ok(Evidence { found, signer, by_model })
    }

    /// The run of exactly `content` with this payload digest; refused where it cannot be told.
    pub(crate) fn cited(&self, content: &Digest, digest: &Digest) -> Result<Option<&Evidence>, Refusal> {
        let found = self.entries().iter().find(|e| e.tag().digest() == *digest && e.body().content == *content);
        match (found, &self.walk.stopped) {
            (None, Some(stopped)) => Err(stopped.clone()),
            (found, _) => Ok(found),
        }
    }
}

fn statement(judge: &Judge<'_>, tag: &SignedTag, body: &EvidenceBody) -> Result<Statement, Refusal> {
    let missing = || Refusal::new(Code::ObjectMissing, format!("the statement {} is not here", tag.target()));
    let object = judge.tags.object(tag.target(), STATEMENT_LIMIT).map_err(unreadable)?.ok_or_else(missing)?;
    if object.kind != ObjectKind::Blob {
        return Err(Refusal::new(Code::TargetKind, format!("it points at a {}, not at a statement", object.kind)));
    }
    let statement = Statement::parse(&object.bytes)?;
    statement.check_against(body, &object.bytes)?;
    Ok(statement)
}

/// What evidence is wanted for.
pub(crate) struct Wanted<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) prompt: &'a PromptId,
    pub(crate) content: Digest,
    /// The release that is moved; absent before it is signed.
    pub(crate) version: Option<&'a Version>,
    /// The effective risk.
    pub(crate) risk: Risk,
    /// The principal who signed the release; absent before it is signed.
    pub(crate) releaser: &'a str,
    /// When it is cited.
    pub(crate) time: Timestamp,
}

impl Wanted<'_> {
    /// How one demand of policy stands, given the runs that may serve.
    pub(crate) fn demand(&self, demand: &EvidenceDemand, runs: &[&Evidence]) -> Demand {
        let title = title(demand);
        let outcome = match demand.pinned_suites.is_empty() {
            true => self.first_fit(demand, runs, |_| true),
            false => demand.pinned_suites.iter().try_fold(String::new(), |_, pinned| {
                let used = |run: &Evidence| {
                    let body = run.body();
                    (&body.suite.path, body.suite.digest) == (&pinned.path, pinned.suite)
                        && pinned.dataset.is_none_or(|dataset| dataset == body.dataset)
                };
                self.first_fit(demand, runs, used)
            }),
        };
        let attesters = self.policy.who_may(Action::Attest, None, None);
        let who = attesters
            .iter()
            .filter(|p| p.signs())
            .map(|p| p.name.clone())
            .filter(|n| !(demand.independent && n == self.releaser));
        Demand::of(title, outcome).at(&demand.at).who(who.collect()).help(|| Some(self.help(demand, runs)))
    }

    /// What to do where no run meets `demand`. Recordings that fell short fall short again, so then it is what fell short.
    fn help(&self, demand: &EvidenceDemand, runs: &[&Evidence]) -> String {
        let id = self.prompt;
        let is_live = demand.mode == PolicyMode::Live;
        // Live evidence whose answers were not kept shows nobody what was signed.
        let run = format!("promptuary eval {id}{} --attest", if is_live { " --record --fresh" } else { "" });
        let newest = runs.iter().rev().find(|run| run.body().content == self.content);
        let Some(short) =
            newest.filter(|run| (!is_live || run.body().mode == Mode::Live) && self.fell_short(demand, run))
        else {
            return run;
        };
        let place = self.version.map_or_else(String::new, |version| format!(" v:{version}"));
        let see = format!(
            "see which cases fell short: promptuary evidence {id}{place} --run {}",
            short.body().position.sequence.get()
        );
        match is_live {
            true => format!("{see}; another attempt is {run}"),
            false => format!("{see}; a replay comes to the same until the prompt or its suite is mended"),
        }
    }

    /// Whether the answers of `run` are what does not do, and not its age or its signer.
    fn fell_short(&self, demand: &EvidenceDemand, run: &Evidence) -> bool {
        let strict = self.policy.on_inconclusive(self.risk) == Inconclusive::Fail;
        run.body().verdict == Verdict::Failed
            || (strict && run.body().verdict == Verdict::Inconclusive)
            || run.by_model.iter().any(|(model, counts)| reaches(demand, model, counts).is_err())
    }

    /// The runs of `runs` that any of `demands` needs: for a writer to cite, sorted by digest.
    pub(crate) fn citable(&self, demands: &[EvidenceDemand], runs: &[&Evidence]) -> Vec<Digest> {
        let serves = |run: &&&Evidence| demands.iter().any(|d| self.fits(d, run).is_ok());
        let mut digests: Vec<Digest> = Vec::new();
        // The newest fitting run of each suite is enough.
        let mut suites = std::collections::BTreeSet::new();
        for run in runs.iter().rev().filter(serves) {
            let body = run.body();
            if suites.insert((body.suite.path.clone(), body.suite.digest, body.dataset)) {
                digests.push(run.tag().digest());
            }
        }
        digests.sort();
        digests
    }

    fn first_fit(
        &self,
        demand: &EvidenceDemand,
        runs: &[&Evidence],
        used: impl Fn(&Evidence) -> bool,
    ) -> Result<String, Refusal> {
        let mut why = "there is no attested run of this content".to_owned();
        for run in runs.iter().rev().filter(|run| used(run)) {
            match self.fits(demand, run) {
                Ok(()) => return Ok(format!("{} by {}", run.tag().name(), run.signer.principal)),
                Err(reason) => why = format!("{} does not do: {reason}", run.tag().name()),
            }
        }
        Err(Refusal::new(Code::EvidenceMissing, why))
    }

    /// Why `run` does not meet `demand`; its verdict is recomputed from its counts.
    fn fits(&self, demand: &EvidenceDemand, run: &Evidence) -> Result<(), String> {
        let body = run.body();
        let time = run.tag().time();
        let unless = |holds: bool, why: &str| if holds { Ok(()) } else { Err(why.to_owned()) };
        unless(body.content == self.content, "it is of another content")?;
        unless(time <= self.time, "it is newer than what cites it")?;
        let age = self.time.0.saturating_sub(time.0);
        let fresh = demand.max_age.is_none_or(|most| age <= i64::try_from(most.0).unwrap_or(i64::MAX));
        unless(fresh, "it is too old")?;
        let key = held(self.policy, &run.tag().record().by);
        let stands = key.is_some_and(|(p, key)| p.name == run.signer.principal && key.state != KeyState::Revoked);
        let may = self.policy.may(&run.signer.principal, Action::Attest, None, None);
        unless(stands && may, "its attester no longer may attest")?;
        let independent = !demand.independent || run.signer.principal != self.releaser;
        unless(independent, "its attester signed the release, policy wants another")?;
        unless(
            demand.mode == PolicyMode::Replay || body.mode == Mode::Live,
            "it replays recordings, policy wants live answers",
        )?;
        match body.verdict {
            Verdict::Passed => {}
            Verdict::Failed => return Err("its gate failed".to_owned()),
            Verdict::Inconclusive => {
                let lenient = self.policy.on_inconclusive(self.risk) == Inconclusive::Pass;
                unless(lenient, "its comparison is inconclusive, which fails at this risk")?;
            }
        }
        // Every model must reach it by itself: a good one must not carry a bad one.
        run.by_model.iter().try_for_each(|(model, counts)| reaches(demand, model, counts))
    }
}

fn reaches(demand: &EvidenceDemand, model: &ModelName, counts: &Cases) -> Result<(), String> {
    let total = counts.total();
    if total < demand.min_cases {
        return Err(format!("it has {total} cases with {model}, {} are the fewest", demand.min_cases));
    }
    let errors = f64::from(counts.errors) / as_f64(total);
    if errors > demand.max_error_rate.get() {
        return Err(format!("{} of {total} cases with {model} ended in an error", counts.errors));
    }
    let Some(least) = demand.min_pass_rate else { return Ok(()) };
    let rate = match demand.bound {
        Bound::Point => f64::from(counts.passed) / as_f64(total),
        Bound::Wilson => wilson_lower(f64::from(counts.passed), as_f64(total)),
    };
    if rate < least.get() {
        let what = if demand.bound == Bound::Wilson { "95 % lower bound of the pass rate" } else { "pass rate" };
        return Err(format!("its {what} with {model} is {rate:.3}, {least} is the least"));
    }
    Ok(())
}

/// The lower end of Wilson's 95 % score interval (1927, <https://doi.org/10.1080/01621459.1927.10502953>).
fn wilson_lower(passed: f64, n: f64) -> f64 {
    const Z: f64 = 1.959_963_984_540_054;
    let p = passed / n;
    let centre = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((centre - half) / (1.0 + Z * Z / n)).max(0.0)
}

#[expect(clippy::cast_precision_loss, reason = "a sum of three 32-bit counts is exact in a double")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

fn title(demand: &EvidenceDemand) -> String {
    let mode = if demand.mode == PolicyMode::Live { "live " } else { "" };
    let bound = if demand.bound == Bound::Wilson { "95 % lower bound of the pass rate" } else { "pass rate" };
    let rate = demand.min_pass_rate.map_or(String::new(), |r| format!(", {bound} {r} or more"));
    format!("attested {mode}evidence, {} cases or more{rate}", demand.min_cases)
}
