//! Which entries there are, in which order, at which time, each citing what it must.

use ledger::record::{
    ApprovalBody, Body, By, Decision, Link, PointerAction, PointerBody, PolicyBody, Position, Record, ReleaseBody, Root,
};
use ledger::refname::{Attempt, Hex16};
use ledger::{CommitContents, Contents, Draft, ObjectId, RefName, Sequence, Tagger};
use repo::{Environment, Repo};
use source::{Digest, EnvName, PromptId, Timestamp};
use ssh_key::private::PrivateKey;
use ssh_key::{HashAlg, LineEnding};

use crate::company::{Company, SPAN, START, VERSIONS};
use crate::pack::Object;
use crate::{Outcome, Size};

/// Everything that pointers rest on, made; and what is needed to make them.
pub(crate) struct Plan {
    pub(crate) policies: Vec<(String, Object)>,
    /// Two a prompt, in the prompts' order.
    pub(crate) releases: Vec<(String, Object)>,
    bodies: Vec<(ReleaseBody, Digest)>,
    links: Vec<(Link, Timestamp)>,
    promoter: Person,
    approvers: Vec<Person>,
    environment: EnvName,
    pointers: usize,
    /// The length of the first prompt's chain.
    first: usize,
}

/// Somebody who signs.
struct Person {
    key: PrivateKey,
    by: By,
}

/// One prompt's chain to be.
pub(crate) struct Subjects {
    prompt: usize,
    length: usize,
}

/// The prompt's id: the first is the one to measure with.
pub(crate) fn prompt_id(prompt: usize) -> String {
    if prompt == 0 { "support/triage".to_owned() } else { format!("area-{:02}/task-{prompt:07}", prompt % 100) }
}

impl Subjects {
    pub(crate) fn of(size: &Size, prompt: usize) -> Self {
        let others = size.prompts - 1;
        let left = size.pointers.saturating_sub(size.chain);
        let length = match prompt.checked_sub(1) {
            None => size.chain.min(size.pointers),
            Some(at) => left / others + usize::from(at < left % others),
        };
        Self { prompt, length }
    }
}

impl Plan {
    pub(crate) fn draw(company: &Company, size: &Size) -> Outcome<Self> {
        let repo = Repo::open(&company.folder, &Environment::new(std::env::vars_os()))?;
        let contents = CommitContents(&repo);
        let person = |name: &str| -> Outcome<Person> { Ok(Person { key: company.key(name), by: company.by(name)? }) };
        let ada = person("ada")?;
        let approvers = ["ben", "dee"][..size.approvals].iter().map(|n| person(n)).collect::<Outcome<Vec<_>>>()?;
        let mut plan = Self {
            policies: Vec::new(),
            releases: Vec::new(),
            bodies: Vec::new(),
            links: Vec::new(),
            promoter: person("cy")?,
            approvers,
            environment: "prod".parse()?,
            first: Subjects::of(size, 0).length,
            pointers: (0..size.prompts).map(|p| Subjects::of(size, p).length).sum(),
        };
        for n in 0..size.policies {
            plan.publish(&contents, &ada, company.commits[n], n, size.policies)?;
        }
        for prompt in 0..size.prompts {
            let id: PromptId = prompt_id(prompt).parse()?;
            for (at, _) in VERSIONS.iter().enumerate() {
                plan.release(&contents, &ada, company.commits[at], &id, at)?;
            }
        }
        Ok(plan)
    }

    /// How many tag objects there will be.
    pub(crate) fn objects(&self) -> usize {
        self.policies.len() + self.releases.len() + self.pointers * (1 + self.approvers.len())
    }

    /// Whether the tag is one of the newest `loose` of the first prompt, or the newest policy while there are any.
    pub(crate) fn is_loose(&self, name: &str, loose: usize) -> bool {
        let newest = self.policies.last().is_some_and(|(newest, _)| newest == name);
        let chain = name.strip_prefix(&format!("env/{}/{}@", self.environment, prompt_id(0)));
        let number: Option<usize> = chain.and_then(|n| n.parse().ok());
        loose > 0 && (newest || number.is_some_and(|n| n + loose > self.first))
    }

    /// The pointers of one prompt and their approvals.
    pub(crate) fn chain(&self, of: &Subjects) -> Outcome<Vec<(String, Object)>> {
        let id: PromptId = prompt_id(of.prompt).parse()?;
        let mut made = Vec::with_capacity(of.length * (1 + self.approvers.len()));
        let mut previous: Option<Link> = None;
        for n in 1..=of.length {
            let sequence = Sequence::new(u32::try_from(n)?).ok_or("eight digits")?;
            let at = of.prompt * VERSIONS.len() + n % VERSIONS.len();
            let (release, digest) = &self.bodies[at];
            let (target, peeled) = (self.releases[at].1.id, self.releases[at].1.peeled);
            let time = Timestamp(START + 1_000 + i64::try_from(n)? * (SPAN - 2_000) / i64::try_from(of.length)?);
            let mut approvals = Vec::new();
            for who in &self.approvers {
                let body = Body::Approval(ApprovalBody {
                    environment: self.environment.clone(),
                    prompt: id.clone(),
                    sequence,
                    previous,
                    release: *digest,
                    content: release.content,
                    decision: Decision::Approve,
                    expires: None,
                });
                let key = Hex16::of(&who.by.key_digest());
                let name = RefName::Approval(self.environment.clone(), id.clone(), sequence, key, Attempt::FIRST);
                let (object, digest) = self.entry(&name, body, who, (target, peeled), time)?;
                approvals.push(digest);
                made.push((name.to_string(), object));
            }
            approvals.sort();
            let body = Body::Pointer(PointerBody {
                environment: self.environment.clone(),
                prompt: id.clone(),
                position: Position::after(previous, sequence).ok_or("a place")?,
                action: PointerAction::Promote,
                version: release.version.clone(),
                release: *digest,
                content: release.content,
                risk: release.risk,
                after: Vec::new(),
                approvals,
                evidence: Vec::new(),
            });
            let name = RefName::Pointer(self.environment.clone(), id.clone(), sequence);
            let (object, digest) = self.entry(&name, body, &self.promoter, (target, peeled), time)?;
            previous = Some(Link { sequence, digest });
            made.push((name.to_string(), object));
        }
        Ok(made)
    }

    fn publish(
        &mut self,
        contents: &CommitContents<'_>,
        who: &Person,
        commit: ObjectId,
        n: usize,
        of: usize,
    ) -> Outcome<()> {
        let facts = contents.policy(&commit, &Root::TOP).map_err(|e| format!("{e:?}"))?;
        let sequence = Sequence::new(u32::try_from(n + 1)?).ok_or("eight digits")?;
        let previous = self.links.last().map(|(link, _)| *link);
        let body = Body::Policy(PolicyBody {
            position: Position::after(previous, sequence).ok_or("a place")?,
            root: Root::TOP,
            documents: facts.documents,
            minimum_format: facts.policy.min_format(),
            approvals: Vec::new(),
        });
        let name = RefName::Policy(sequence);
        let time = Timestamp(START + i64::try_from(n)? * SPAN / i64::try_from(of)?);
        let (object, digest) = self.entry(&name, body, who, (commit, commit), time)?;
        self.links.push((Link { sequence, digest }, time));
        self.policies.push((name.to_string(), object));
        Ok(())
    }

    fn release(
        &mut self,
        contents: &CommitContents<'_>,
        who: &Person,
        commit: ObjectId,
        id: &PromptId,
        at: usize,
    ) -> Outcome<()> {
        let facts = contents.prompt(&commit, &Root::TOP, id).map_err(|e| format!("{e:?}"))?;
        let body = ReleaseBody { prompt: id.clone(), version: facts.version, content: facts.content, risk: facts.risk };
        let name = RefName::Release(id.clone(), body.version.clone());
        let time = Timestamp(START + 10 + i64::try_from(at)?);
        let (object, digest) = self.entry(&name, Body::Release(body.clone()), who, (commit, commit), time)?;
        self.bodies.push((body, digest));
        self.releases.push((name.to_string(), object));
        Ok(())
    }

    /// An entry, signed, and its identity. It cites the newest policy of its time.
    fn entry(
        &self,
        name: &RefName,
        body: Body,
        who: &Person,
        (target, peeled): (ObjectId, ObjectId),
        time: Timestamp,
    ) -> Outcome<(Object, Digest)> {
        let is_policy = matches!(body, Body::Policy(_));
        let policy = match is_policy {
            true => self.links.last(),
            false => self.links.iter().rev().find(|(_, since)| *since <= time),
        };
        let record = Record {
            repository: self.links.first().map(|(link, _)| link.digest),
            by: who.by.clone(),
            body,
            policy: policy.map(|(link, _)| *link),
            reason: None,
        };
        let tagger = Tagger::new("Somebody", "somebody@example.com", time)?;
        let draft = Draft { target, name: name.clone(), tagger, record };
        let signature = who.key.sign("git", HashAlg::Sha512, &draft.payload().map_err(|r| r.to_string())?)?;
        let tag = draft.sign(&signature.to_pem(LineEnding::LF)?).map_err(|r| r.to_string())?;
        Ok((Object::tag(&tag.bytes(), peeled)?, tag.digest()))
    }
}
