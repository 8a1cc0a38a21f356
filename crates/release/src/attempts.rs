//! Every attested run of a content, and where pointers rest on one: the way from what is live to what it was tried on.

use ledger::record::{Cases, Mode, Models, Verdict};
use ledger::statement::{Against, Helper, Statement};
use ledger::{Ledger, ObjectKind, Refusal, Sequence};
use source::{Digest, PromptId, RepoPath, Timestamp};

use crate::desk::Desk;
use crate::error::Result;
use crate::reading::{Scope, environments};

/// One attested run.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Attempt {
    /// Its number among the runs of the content.
    pub sequence: Sequence,
    /// The entry's tag.
    pub tag: String,
    /// The entry's payload digest.
    pub entry: Digest,
    /// When it was signed.
    pub at: Timestamp,
    /// The policy that judged it.
    pub policy: Sequence,
    /// Who attested it.
    pub by: String,
    /// The suite's file.
    pub suite: RepoPath,
    /// The digest of that file.
    pub suite_digest: Digest,
    /// The digest of its cases.
    pub dataset: Digest,
    /// Live, or replayed from recordings.
    pub mode: Mode,
    /// The models that answered.
    pub models: Models,
    /// Who judged, where assertions are model-graded and the statement says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<Helper>,
    /// Who embedded, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embeddings: Option<Helper>,
    /// The providers that were asked and that policy does not define so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub own_providers: Vec<String>,
    /// What it was compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Against>,
    /// When its oldest answer was asked for, where that is not when it was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// How many independent units the cases make, where some share a cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<u64>,
    /// How many cases ended how.
    pub cases: Cases,
    /// What the gate said.
    pub verdict: Verdict,
    /// The digest of the statement.
    pub report: Digest,
    /// The pointer entries that cite it.
    pub cited_by: Vec<String>,
    /// Every case, as the statement says.
    #[serde(skip)]
    pub statement: Statement,
}

/// The attested runs of one content of a prompt.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Attempts {
    /// The prompt.
    pub prompt: PromptId,
    /// The content.
    pub content: Digest,
    /// The valid runs, oldest first.
    pub runs: Vec<Attempt>,
    /// What stands among them and counts for nothing.
    pub junk: Vec<Refusal>,
}

/// Every attested run of `content`, which is `id`'s, each verified.
pub fn attempts(desk: &Desk, id: &PromptId, content: &Digest) -> Result<Attempts> {
    desk.read(Scope::Prompt(id), |ledger| {
        let runs = ledger.runs(content)?;
        let cited = cited(ledger, id)?;
        let mut found = Vec::new();
        for run in runs.entries().iter().filter(|run| run.body().content == *content) {
            let (tag, body) = (run.tag(), run.body());
            let digest = tag.digest();
            found.push(Attempt {
                sequence: body.position.sequence,
                tag: tag.name().to_string(),
                entry: digest,
                at: tag.time(),
                policy: tag.record().policy.map_or(Sequence::FIRST, |policy| policy.sequence),
                by: run.signer.principal.clone(),
                suite: body.suite.path.clone(),
                suite_digest: body.suite.digest,
                dataset: body.dataset,
                mode: body.mode,
                models: body.models.clone(),
                judge: run.terms.judge.clone(),
                embeddings: run.terms.embeddings.clone(),
                own_providers: run.terms.own_providers.clone(),
                baseline: run.terms.baseline.clone(),
                asked_at: run.terms.asked_at,
                units: run.terms.units,
                cases: body.cases,
                verdict: body.verdict,
                report: body.report,
                cited_by: cited.iter().filter(|(d, _)| *d == digest).map(|(_, name)| name.clone()).collect(),
                statement: statement(desk, tag.target())?,
            });
        }
        let junk = runs.junk().iter().map(|junk| junk.refusal.clone()).collect();
        Ok(Attempts { prompt: id.clone(), content: *content, runs: found, junk })
    })
}

/// What the pointers of `id` cite, with their names.
fn cited(ledger: &Ledger<'_>, id: &PromptId) -> Result<Vec<(Digest, String)>> {
    let mut found = Vec::new();
    for environment in environments(ledger)? {
        for entry in &ledger.chain(&environment, id)?.entries {
            let name = entry.tag().name().to_string();
            found.extend(entry.body().evidence.iter().map(|digest| (*digest, name.clone())));
        }
    }
    Ok(found)
}

/// The statement at `target`, which the ledger has verified.
fn statement(desk: &Desk, target: &ledger::ObjectId) -> Result<Statement> {
    Ok(Statement::parse(&desk.repo.object_of(*target, ObjectKind::Blob)?)?)
}
