//! A repository in memory, people with real ed25519 keys, and the acts that tests are made of.

use std::collections::{BTreeMap, BTreeSet};

use ledger::contents::{ContentError, PolicyFacts, PromptFacts};
use ledger::record::{By, Decision, PointerAction, Reason, Record, Root};
use ledger::signature::NoPrograms;
use ledger::*;
use policy::Policy;
use source::{Digest, EnvName, Files, PromptId, RepoPath, Risk, Snapshot, Timestamp, Version};
use ssh_key::private::{Ed25519Keypair, PrivateKey};
use ssh_key::{HashAlg, LineEnding};

pub(crate) const ID: &str = "support/triage";
pub(crate) const START: i64 = 1_790_000_000;
pub(crate) const HOUR: i64 = 3600;

pub(crate) const MODELS: &str = "format: 1\nmodels:\n  - model: openai/gpt-x\n";
pub(crate) const POLICY: &str = "\
format: 1
policy_changes: { approvals: 0 }
families:
  - name: legal
    match: [\"legal/**\"]
    min_risk: high
environments:
  - name: dev
  - name: staging
    after: [dev]
  - name: prod
    after: [staging]
    soak: 1h
approvals:
  - { environments: [prod], risk: high, needed: 1, expires: 3d }
";

pub(crate) struct World {
    pub(crate) refs: BTreeMap<String, ObjectId>,
    pub(crate) objects: BTreeMap<ObjectId, Object>,
    pub(crate) commits: BTreeMap<ObjectId, Snapshot>,
    pub(crate) now: i64,
    pub(crate) complete: bool,
    pub(crate) marks: Marks,
    pub(crate) pin: Option<Digest>,
    /// Objects whose reading fails as if they were not here.
    pub(crate) missing: BTreeSet<ObjectId>,
}

/// The key of `name`: the same in every run, and another for another name.
pub(crate) fn key(name: &str) -> PrivateKey {
    let seed = *Digest::of(name.as_bytes()).as_bytes();
    PrivateKey::from(Ed25519Keypair::from_seed(&seed))
}

pub(crate) fn by(name: &str) -> By {
    by_with(name, &key(name))
}

pub(crate) fn by_with(name: &str, key: &PrivateKey) -> By {
    let fingerprint = key.public_key().fingerprint(HashAlg::Sha256).to_string();
    format!("{name}@example.com {fingerprint}").parse().unwrap()
}

pub(crate) fn sign(payload: &[u8], key: &PrivateKey) -> String {
    key.sign("git", HashAlg::Sha512, payload).unwrap().to_pem(LineEnding::LF).unwrap()
}

pub(crate) fn env(name: &str) -> EnvName {
    name.parse().unwrap()
}

pub(crate) fn id() -> PromptId {
    ID.parse().unwrap()
}

pub(crate) fn version(text: &str) -> Version {
    text.parse().unwrap()
}

pub(crate) fn why(text: &str) -> Option<Reason> {
    Some(Reason::new(text).unwrap())
}

/// `principals.yaml` with everybody active, `edits` applied to its text.
pub(crate) fn principals(edits: &[(&str, &str)]) -> String {
    let person = |name: &str, roles: &str| {
        let key = key(name).public_key().to_openssh().unwrap();
        format!(
            "  - name: {name}@example.com\n    keys:\n      - ssh: {key}\n        state: active # {name}\n    roles: {roles}\n"
        )
    };
    let everywhere = "{ \"*\": [\"**\"] }";
    let mut text = "format: 1\nprincipals:\n".to_owned();
    text += &person("ada", &format!("{{ maintainer: true, releaser: [\"**\"], promoter: {everywhere} }}"));
    text += &person(
        "ben",
        "{ maintainer: true, attester: true, approver: { prod: [\"**\"] }, operator: { prod: [\"**\"] } }",
    );
    text += &person("cy", &format!("{{ approver: {{ prod: [\"**\"] }}, promoter: {everywhere} }}"));
    text += &person("dee", "{ maintainer: true, releaser: [\"**\"], approver: { prod: [\"**\"] } }");
    text += &person("mal", "{ releaser: [\"other/**\"] }");
    text +=
        &person("ci", &format!("{{ promoter: {everywhere} }}")).replace("    roles", "    automation: true\n    roles");
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

pub(crate) fn documents(policy: &str, principals: &str) -> Vec<(String, String)> {
    let file = |name: &str, text: &str| (format!("policies/{name}.yaml"), text.to_owned());
    vec![file("policy", policy), file("models", MODELS), file("principals", principals)]
}

impl World {
    /// A ledger with its first policy, signed by ada.
    pub(crate) fn new() -> Self {
        let mut world = Self::empty();
        world.begin(&documents(POLICY, &principals(&[])));
        world
    }

    pub(crate) fn with_policy(policy: &str) -> Self {
        let mut world = Self::empty();
        world.begin(&documents(policy, &principals(&[])));
        world
    }

    pub(crate) fn empty() -> Self {
        Self {
            refs: BTreeMap::new(),
            objects: BTreeMap::new(),
            commits: BTreeMap::new(),
            now: START,
            complete: true,
            marks: Marks::default(),
            pin: None,
            missing: BTreeSet::new(),
        }
    }

    pub(crate) fn judge(&self) -> Judge<'_> {
        Judge { tags: self, contents: self, external: &NoPrograms, now: Timestamp(self.now) }
    }

    pub(crate) fn ledger(&self) -> Ledger<'_> {
        self.try_ledger().unwrap()
    }

    pub(crate) fn try_ledger(&self) -> Result<Ledger<'_>, Refusal> {
        Ledger::open(self.judge(), self.pin.as_ref(), self.marks.clone())
    }

    pub(crate) fn store(&mut self, kind: ObjectKind, bytes: &[u8]) -> ObjectId {
        let id = ObjectId::from_bytes(&Digest::of(bytes).as_bytes()[..20]).unwrap();
        self.objects.insert(id, Object { kind, bytes: bytes.to_vec() });
        id
    }

    /// A commit with these files.
    pub(crate) fn commit<S: AsRef<str>>(&mut self, files: &[(S, S)]) -> ObjectId {
        let files: Vec<_> = files.iter().map(|(p, t)| (p.as_ref(), t.as_ref())).collect();
        let id = self.store(ObjectKind::Commit, format!("{files:?}").as_bytes());
        self.commits.insert(id, Snapshot::of_texts("commit", files));
        id
    }

    pub(crate) fn put(&mut self, name: &RefName, bytes: &[u8]) -> ObjectId {
        let id = self.store(ObjectKind::Tag, bytes);
        self.refs.insert(name.full(), id);
        id
    }

    /// Signs a plan as `who` and writes it, whatever its demands.
    pub(crate) fn write(&mut self, plan: &Plan, who: &str) -> RefName {
        self.write_with(plan, &key(who))
    }

    pub(crate) fn write_with(&mut self, plan: &Plan, key: &PrivateKey) -> RefName {
        let draft = plan.draft("Somebody", "somebody@example.com").unwrap();
        let signature = sign(&draft.payload().unwrap(), key);
        let tag = draft.sign(&signature).unwrap();
        self.put(&plan.name, &tag.bytes());
        plan.name.clone()
    }

    fn ready(&mut self, plan: Plan, who: &str) -> Result<RefName, Vec<Code>> {
        let unmet: Vec<Code> = plan.unmet().map(|d| d.refusal.as_ref().unwrap().code).collect();
        if !unmet.is_empty() {
            return Err(unmet);
        }
        self.now += 1;
        Ok(self.write(&plan, who))
    }

    pub(crate) fn begin(&mut self, files: &[(String, String)]) {
        let commit = self.commit(files);
        let plan = PolicyPlan::first(&self.judge(), commit, &Root::TOP, by("ada"), None).unwrap().plan;
        self.ready(plan, "ada").unwrap();
    }

    /// Publishes `policy` with `principals`, with the seals that it needs.
    pub(crate) fn publish(&mut self, who: &str, policy: &str, principals: &str) -> Result<RefName, Vec<Code>> {
        let commit = self.commit(&documents(policy, principals));
        let plan = self.ledger().plan_policy(commit, &Root::TOP, by(who), None).map_err(|r| vec![r.code])?;
        self.ready(plan.plan, who)
    }

    pub(crate) fn release(&mut self, who: &str, text: &str, risk: Risk) -> Result<RefName, Vec<Code>> {
        self.release_of(who, ID, text, risk, &format!("content of {text}"))
    }

    pub(crate) fn release_of(
        &mut self,
        who: &str,
        id: &str,
        v: &str,
        risk: Risk,
        content: &str,
    ) -> Result<RefName, Vec<Code>> {
        let commit = self.commit(&[(format!("prompts/{id}.md"), format!("{v} {risk} {content}"))]);
        let plan = self.ledger().plan_release(commit, &id.parse().unwrap(), by(who), None).map_err(|r| vec![r.code])?;
        self.ready(plan, who)
    }

    pub(crate) fn plan(
        &self,
        who: &str,
        action: PointerAction,
        e: &str,
        v: Option<&str>,
        reason: Option<Reason>,
    ) -> Result<Plan, Refusal> {
        let ledger = self.ledger();
        let release = v.map(|v| ledger.release(&id(), &version(v)).unwrap().expect("it was released"));
        ledger.plan_pointer(&PointerIntent {
            environment: env(e),
            prompt: id(),
            action,
            release: release.as_deref(),
            by: by(who),
            reason,
        })
    }

    pub(crate) fn point(
        &mut self,
        who: &str,
        action: PointerAction,
        e: &str,
        v: Option<&str>,
        reason: Option<Reason>,
    ) -> Result<RefName, Vec<Code>> {
        let plan = self.plan(who, action, e, v, reason).map_err(|r| vec![r.code])?;
        self.ready(plan, who)
    }

    pub(crate) fn promote(&mut self, who: &str, e: &str, v: &str) -> Result<RefName, Vec<Code>> {
        self.point(who, PointerAction::Promote, e, Some(v), None)
    }

    pub(crate) fn rollback(&mut self, who: &str, e: &str) -> Result<RefName, Vec<Code>> {
        self.point(who, PointerAction::Rollback, e, None, why("it answers nonsense"))
    }

    pub(crate) fn approve(&mut self, who: &str, e: &str, v: &str, decision: Decision) -> Result<RefName, Vec<Code>> {
        let plan = {
            let ledger = self.ledger();
            let release = ledger.release(&id(), &version(v)).unwrap().unwrap();
            let reason = (decision == Decision::Reject).then(|| Reason::new("not like this").unwrap());
            ledger.plan_approval(&env(e), &release, decision, None, by(who), reason).map_err(|r| vec![r.code])?
        };
        self.ready(plan, who)
    }

    /// A release that is live in dev, staging and prod; low risk, so without approvals.
    pub(crate) fn up(&mut self, v: &str) {
        self.release("ada", v, Risk::Low).unwrap();
        self.promote("ada", "dev", v).unwrap();
        self.promote("ada", "staging", v).unwrap();
        self.now += 4 * HOUR;
        self.promote("ada", "prod", v).unwrap();
    }

    /// What may be used in `e`, as strictly as `verify` asks.
    pub(crate) fn verify(&self, e: &str) -> Result<Chain, Refusal> {
        self.try_ledger()?.verified(&env(e), &id(), Beyond::Refuse, Depth::All)
    }

    pub(crate) fn live(&self, e: &str) -> Result<String, Code> {
        let chain = self.verify(e).map_err(|r| r.code)?;
        chain.require_live().map(|(_, live)| live.version.to_string()).map_err(|r| r.code)
    }

    pub(crate) fn chain(&self, e: &str) -> Chain {
        self.ledger().chain(&env(e), &id()).unwrap()
    }

    pub(crate) fn tag(&self, name: &RefName) -> SignedTag {
        SignedTag::parse(&self.objects[&self.refs[&name.full()]].bytes).unwrap()
    }

    /// Signs anything at all: a record that no honest writer would make.
    pub(crate) fn forge(
        &mut self,
        name: &RefName,
        record: Record,
        target: ObjectId,
        time: i64,
        key: &PrivateKey,
    ) -> ObjectId {
        let tagger = Tagger::new("Somebody", "somebody@example.com", Timestamp(time)).unwrap();
        let draft = Draft { target, name: name.clone(), tagger, record };
        let signature = sign(&draft.payload().unwrap(), key);
        let bytes = draft.sign(&signature).unwrap().bytes();
        self.put(name, &bytes)
    }

    /// Remembers everything as a machine that has just verified it.
    pub(crate) fn remember(&mut self, e: &str) {
        let (policy, chain) = {
            let ledger = self.ledger();
            let chain = ledger.chain(&env(e), &id()).unwrap();
            (ledger.policies().mark(), chain.mark(ledger.policies().current().link().sequence))
        };
        self.marks.policy = policy;
        self.marks.pointers.insert((env(e), id()), chain.unwrap());
    }
}

pub(crate) fn pointer(e: &str, n: u32) -> RefName {
    RefName::Pointer(env(e), id(), Sequence::new(n).unwrap())
}

impl Tags for World {
    fn list(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>, Unreadable> {
        let from = self.refs.range(prefix.to_owned()..);
        Ok(from.take_while(|(n, _)| n.starts_with(prefix)).map(|(n, id)| (n.clone(), *id)).collect())
    }

    fn object(&self, id: &ObjectId, limit: usize) -> Result<Option<Object>, Unreadable> {
        if self.missing.contains(id) {
            return Ok(None);
        }
        Ok(self.objects.get(id).cloned().map(|mut o| {
            o.bytes.truncate(limit + 1);
            o
        }))
    }

    fn is_complete(&self, _: &str) -> bool {
        self.complete
    }

    fn files(&self, commit: &ObjectId, _: Option<&RepoPath>) -> Result<Option<Box<dyn Files + '_>>, Unreadable> {
        Ok(self.commits.get(commit).map(|s| Box::new(s.clone()) as Box<dyn Files>))
    }
}

/// Prompts are `version risk content` here: what compiling yields is another crate's business.
impl Contents for World {
    fn prompt(&self, commit: &ObjectId, _: &Root, id: &PromptId) -> Result<PromptFacts, ContentError> {
        let missing = || ContentError::Missing(commit.to_string());
        let snapshot = self.commits.get(commit).filter(|_| !self.missing.contains(commit)).ok_or_else(missing)?;
        let file = snapshot.file(&id.path()).unwrap().ok_or(ContentError::Unusable("no such prompt".to_owned()))?;
        let text = String::from_utf8(file.bytes.to_vec()).unwrap();
        let words: Vec<&str> = text.splitn(3, ' ').collect();
        Ok(PromptFacts {
            content: Digest::of(words[2].as_bytes()),
            version: words[0].parse().unwrap(),
            risk: words[1].parse().unwrap(),
        })
    }

    fn policy(&self, commit: &ObjectId, _: &Root) -> Result<PolicyFacts, ContentError> {
        let missing = || ContentError::Missing(commit.to_string());
        let snapshot = self.commits.get(commit).filter(|_| !self.missing.contains(commit)).ok_or_else(missing)?;
        let loaded = Policy::load(snapshot);
        let why = format!("{:?}", loaded.findings.iter().map(|f| &f.message).collect::<Vec<_>>());
        let policy = loaded.policy.ok_or(ContentError::Unusable(why))?;
        let documents =
            policy::policy::documents_digest(snapshot).map_err(|e| ContentError::Unusable(e.to_string()))?;
        Ok(PolicyFacts { policy, documents })
    }
}
