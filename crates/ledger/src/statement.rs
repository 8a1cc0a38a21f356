//! The statement that evidence points at: an in-toto test result, one line per case, no texts.
//!
//! <https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md>, version 0.1, with the fields
//! `mode`, `models` and `cases` of our own, and those of [`Terms`]. The bytes are canonical JSON: one statement has one
//! digest.

mod terms;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use source::{Digest, ModelName, PromptId, RepoPath, Timestamp, canonical};

use crate::record::{Cases, EvidenceBody, Mode, Models, SuiteRef, Verdict};
use crate::{Code, Refusal};

pub use terms::{Against, Helper, Terms};

/// The most bytes of a statement.
pub const STATEMENT_LIMIT: usize = 1024 * 1024;

const TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// What an eval run came to, case by case.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The prompt.
    pub prompt: PromptId,
    /// The content that was evaluated.
    pub content: Digest,
    /// The suite and its bytes' digest.
    pub suite: SuiteRef,
    /// The digest over the cases as they were read.
    pub dataset: Digest,
    /// Whether models were called.
    pub mode: Mode,
    /// The models that answered.
    pub models: Models,
    /// What the suite's gate said.
    pub verdict: Verdict,
    /// What the verdict rests on besides.
    pub terms: Terms,
    /// Every case with every model, sorted by id and model, none twice.
    pub cases: Vec<Case>,
}

/// One case with one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The case's stable id.
    pub id: String,
    /// The model that answered.
    pub model: ModelName,
    /// How it ended.
    pub verdict: CaseVerdict,
    /// Its score, 0 to 1, averaged over repeats; absent for an error.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub score: Option<f64>,
    /// The SHA-256 of each answer, in the order of the repeats.
    pub outputs: Vec<Digest>,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseVerdict {
    /// Its assertions held.
    Passed,
    /// They did not.
    Failed,
    /// There was no answer, or no grade.
    Error,
}

impl Statement {
    /// The statement as canonical JSON; refused where it is too large or holds what JSON cannot.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Refusal> {
        self.check()?;
        let value = serde_json::to_value(Wire::of(self)).map_err(|e| mismatch(e.to_string()))?;
        let text = canonical::to_string(&value).map_err(|e| mismatch(format!("it could not {e}")))?;
        if text.len() > STATEMENT_LIMIT {
            return Err(mismatch(format!("it has {} bytes, {STATEMENT_LIMIT} are the most", text.len())));
        }
        Ok(text.into_bytes())
    }

    /// Reads what [`Statement::to_bytes`] writes and nothing else.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > STATEMENT_LIMIT {
            return Err(mismatch("it is too large".to_owned()));
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(|e| mismatch(e.to_string()))?;
        let statement = wire.into_statement()?;
        match statement.to_bytes()? == bytes {
            true => Ok(statement),
            false => Err(mismatch("it is not in its canonical form".to_owned())),
        }
    }

    /// How many cases ended how, all models together.
    pub fn tally(&self) -> Cases {
        tally(self.cases.iter())
    }

    /// How many cases ended how, by model.
    pub fn tally_by_model(&self) -> BTreeMap<ModelName, Cases> {
        let of = |model: &ModelName| tally(self.cases.iter().filter(|c| c.model == *model));
        self.models.names().iter().map(|model| (model.clone(), of(model))).collect()
    }

    /// Refuses unless the record says exactly what the statement says; `bytes` are the statement's.
    pub fn check_against(&self, body: &EvidenceBody, bytes: &[u8]) -> Result<(), Refusal> {
        let unlike = |what: &str| Err(mismatch(format!("record and statement disagree about the {what}")));
        if Digest::of(bytes) != body.report {
            return unlike("report");
        }
        if self.content != body.content {
            return unlike("content");
        }
        if (&self.suite, &self.dataset) != (&body.suite, &body.dataset) {
            return unlike("suite");
        }
        if (self.mode, &self.models) != (body.mode, &body.models) {
            return unlike("models");
        }
        if (self.tally(), self.verdict) != (body.cases, body.verdict) {
            return unlike("counts");
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Refusal> {
        let ordered = self.cases.is_sorted_by(|a, b| (&a.id, &a.model) < (&b.id, &b.model));
        let known = self.cases.iter().all(|c| self.models.names().contains(&c.model));
        let scored = self.cases.iter().all(|c| c.score.is_none_or(|s| (0.0..=1.0).contains(&s)));
        let named = self.cases.iter().all(|c| !c.id.is_empty() && c.id.len() <= 256);
        let fewest = self.tally_by_model().values().map(Cases::total).min().unwrap_or(0);
        if !self.terms.are_sound(fewest) {
            return Err(mismatch("what it says of judge, providers, baseline or units cannot be".to_owned()));
        }
        match ordered && known && scored && named && !self.cases.is_empty() {
            true => Ok(()),
            false => {
                Err(mismatch("its cases are none, unsorted, doubled, unnamed, misscored or of other models".to_owned()))
            }
        }
    }
}

fn tally<'a>(cases: impl Iterator<Item = &'a Case>) -> Cases {
    let mut counts = Cases { passed: 0, failed: 0, errors: 0 };
    for case in cases {
        match case.verdict {
            CaseVerdict::Passed => counts.passed += 1,
            CaseVerdict::Failed => counts.failed += 1,
            CaseVerdict::Error => counts.errors += 1,
        }
    }
    counts
}

fn mismatch(why: String) -> Refusal {
    Refusal::new(Code::EvidenceMismatch, format!("the statement does not hold: {why}"))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Resource>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Predicate,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resource {
    name: String,
    digest: Sha256,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sha256 {
    sha256: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Predicate {
    result: String,
    configuration: Vec<Resource>,
    passed_tests: Vec<String>,
    failed_tests: Vec<String>,
    mode: String,
    models: Vec<ModelName>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    judge: Option<Helper>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    embeddings: Option<Helper>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    own_providers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    baseline: Option<Against>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    asked_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    units: Option<u64>,
    cases: Vec<Case>,
}

impl Wire {
    fn of(s: &Statement) -> Self {
        let resource = |name: &str, digest: &Digest| Resource {
            name: name.to_owned(),
            digest: Sha256 { sha256: digest.to_string() },
        };
        let tests = |passed: bool| {
            let ended = |c: &&Case| (c.verdict == CaseVerdict::Passed) == passed;
            s.cases.iter().filter(ended).map(|c| format!("{} [{}]", c.id, c.model)).collect()
        };
        Self {
            kind: TYPE.to_owned(),
            subject: vec![resource(s.prompt.as_str(), &s.content)],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: Predicate {
                result: result(s.verdict).to_owned(),
                configuration: vec![resource(s.suite.path.as_str(), &s.suite.digest), resource("dataset", &s.dataset)],
                passed_tests: tests(true),
                failed_tests: tests(false),
                mode: s.mode.as_str().to_owned(),
                models: s.models.names().to_vec(),
                judge: s.terms.judge.clone(),
                embeddings: s.terms.embeddings.clone(),
                own_providers: s.terms.own_providers.clone(),
                baseline: s.terms.baseline.clone(),
                asked_at: s.terms.asked_at,
                units: s.terms.units,
                cases: s.cases.clone(),
            },
        }
    }

    /// What is derived (lists of names, order) is compared afterwards, byte for byte.
    fn into_statement(self) -> Result<Statement, Refusal> {
        let unreadable = |what: &str| mismatch(format!("its {what} cannot be read"));
        let sha = |r: &Resource| r.digest.sha256.parse::<Digest>().map_err(|_| unreadable("digest"));
        let [subject] = &self.subject[..] else { return Err(unreadable("subject")) };
        let [suite, dataset] = &self.predicate.configuration[..] else { return Err(unreadable("configuration")) };
        let all = [Verdict::Passed, Verdict::Inconclusive, Verdict::Failed];
        let verdict = all.into_iter().find(|v| result(*v) == self.predicate.result);
        let mode = [Mode::Live, Mode::Replay].into_iter().find(|m| m.as_str() == self.predicate.mode);
        Ok(Statement {
            prompt: subject.name.parse().map_err(|_| unreadable("subject"))?,
            content: sha(subject)?,
            suite: SuiteRef { path: RepoPath::new(&suite.name).map_err(|_| unreadable("suite"))?, digest: sha(suite)? },
            dataset: sha(dataset)?,
            mode: mode.ok_or_else(|| unreadable("mode"))?,
            models: Models::new(self.predicate.models).ok_or_else(|| unreadable("models"))?,
            verdict: verdict.ok_or_else(|| unreadable("result"))?,
            terms: Terms {
                judge: self.predicate.judge,
                embeddings: self.predicate.embeddings,
                own_providers: self.predicate.own_providers,
                baseline: self.predicate.baseline,
                asked_at: self.predicate.asked_at,
                units: self.predicate.units,
            },
            cases: self.predicate.cases,
        })
    }
}

/// The words of the test-result predicate.
const fn result(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "PASSED",
        Verdict::Inconclusive => "WARNED",
        Verdict::Failed => "FAILED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> Statement {
        let model: ModelName = "openai/gpt-x".parse().unwrap();
        let case = |id: &str, verdict| Case {
            id: id.to_owned(),
            model: model.clone(),
            verdict,
            score: Some(0.5),
            outputs: vec![Digest::of(id.as_bytes())],
        };
        Statement {
            prompt: "support/triage".parse().unwrap(),
            content: Digest::of(b"content"),
            suite: SuiteRef { path: RepoPath::new("evals/support/triage.yaml").unwrap(), digest: Digest::of(b"suite") },
            dataset: Digest::of(b"data"),
            mode: Mode::Live,
            models: Models::new(vec![model.clone()]).unwrap(),
            verdict: Verdict::Passed,
            terms: Terms::default(),
            cases: vec![case("a", CaseVerdict::Passed), case("b", CaseVerdict::Error)],
        }
    }

    #[test]
    fn a_statement_has_one_spelling() {
        let bytes = statement().to_bytes().unwrap();
        assert_eq!(Statement::parse(&bytes).unwrap(), statement());
        let text = String::from_utf8(bytes).unwrap();
        for bad in [
            format!("{text}\n"),
            text.replacen('{', "{ ", 1),
            text.replace("PASSED", "FINE"),
            text.replace("\"passedTests\":[\"a [openai/gpt-x]\"]", "\"passedTests\":[]"),
            text.replace("\"score\":0.5", "\"score\":0.50"),
            text.replacen("\"mode\"", "\"more\":1,\"mode\"", 1),
        ] {
            assert_ne!(bad, text);
            assert!(Statement::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_was_signed_before_terms_were_told_reads_and_writes_as_it_was() {
        let (a, b, suite) = (Digest::of(b"a"), Digest::of(b"b"), Digest::of(b"suite"));
        let (content, data) = (Digest::of(b"content"), Digest::of(b"data"));
        let before = format!(
            r#"{{"_type":"{TYPE}","predicate":{{"cases":[{{"id":"a","model":"openai/gpt-x","outputs":["sha256:{a}"],"score":0.5,"verdict":"passed"}},{{"id":"b","model":"openai/gpt-x","outputs":["sha256:{b}"],"score":0.5,"verdict":"error"}}],"configuration":[{{"digest":{{"sha256":"{suite}"}},"name":"evals/support/triage.yaml"}},{{"digest":{{"sha256":"{data}"}},"name":"dataset"}}],"failedTests":["b [openai/gpt-x]"],"mode":"live","models":["openai/gpt-x"],"passedTests":["a [openai/gpt-x]"],"result":"PASSED"}},"predicateType":"{PREDICATE_TYPE}","subject":[{{"digest":{{"sha256":"{content}"}},"name":"support/triage"}}]}}"#
        );
        let read = Statement::parse(before.as_bytes()).unwrap();
        assert_eq!(read, statement());
        assert_eq!(String::from_utf8(read.to_bytes().unwrap()).unwrap(), before);
    }

    #[test]
    fn who_graded_has_one_spelling_too() {
        let helper = |route: Option<&str>, repeat| Helper {
            model: "openai/judge".parse().unwrap(),
            route: route.map(str::to_owned),
            repeat,
        };
        let baseline = Against { name: "env:prod".to_owned(), commit: None, content: Some(Digest::of(b"before")) };
        let terms = Terms {
            judge: Some(helper(Some("strict"), Some(3))),
            embeddings: Some(helper(None, None)),
            own_providers: vec!["local".to_owned(), "openai".to_owned()],
            baseline: Some(baseline),
            asked_at: Some(Timestamp(1_800_000_000)),
            units: Some(1),
        };
        let told = Statement { terms, ..statement() };
        let bytes = told.to_bytes().unwrap();
        assert_eq!(Statement::parse(&bytes).unwrap(), told);
        let text = String::from_utf8(bytes).unwrap();
        for (from, to) in [
            (r#""route":"strict""#, r#""route":null"#),
            (r#""route":"strict""#, r#""route":"""#),
            (r#""repeat":3"#, r#""repeat":1"#),
            (r#"["local","openai"]"#, r#"["openai","local"]"#),
            (r#""ownProviders":["local","openai"]"#, r#""ownProviders":[]"#),
            (r#""name":"env:prod""#, r#""name":"""#),
            (r#""askedAt":"2027-01-15T08:00:00Z""#, r#""askedAt":"2027-01-15T08:00:00.5Z""#),
            (r#""askedAt":"2027-01-15T08:00:00Z""#, r#""askedAt":null"#),
            (r#""units":1"#, r#""units":2"#),
            (r#""units":1"#, r#""units":0"#),
            (r#""model":"openai/judge","#, r#""by":1,"model":"openai/judge","#),
        ] {
            let bad = text.replacen(from, to, 1);
            assert_ne!(bad, text, "{from}");
            assert!(Statement::parse(bad.as_bytes()).is_err(), "{to}");
        }
    }

    #[test]
    fn counts_come_from_the_cases() {
        assert_eq!(statement().tally(), Cases { passed: 1, failed: 0, errors: 1 });
        let mut doubled = statement();
        doubled.cases[1].id = "a".to_owned();
        assert!(doubled.to_bytes().is_err());
    }
}
