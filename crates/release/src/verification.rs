//! Proving: every entry from the first policy on, and what is live against the commits that hold it.

use ledger::chain::Beyond;
use ledger::{Depth, Ledger, Refusal, Sequence};
use source::{Digest, EnvName, PromptId};

use crate::desk::Desk;
use crate::error::{Class, Error, Result, of_refusal};
use crate::reading::{Again, Scope};
use crate::views::{Standing, asked, objections, standing};

/// What a verification found.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Verified {
    /// The root of the ledger.
    pub root: Digest,
    /// The policy in effect.
    pub policy: Sequence,
    /// How many valid entries were read: policies, releases, pointers.
    pub entries: usize,
    /// The chains, each with what was found.
    pub chains: Vec<Standing>,
    /// Releases that do not hold.
    pub releases: Vec<Refusal>,
    /// Tags that lie where only entries may and are none: told, and no reason to distrust what is live.
    pub strays: Vec<Refusal>,
    /// Tags that are no entries and that no valid entry has passed over yet, and what else speaks against the ledger.
    pub junk: Vec<Refusal>,
    /// How many policies, releases and pointers of a ledger that was inherited lie here; they count for nothing.
    pub inherited: usize,
}

impl Verified {
    /// The worst that was found; `None` where all of it holds.
    pub fn class(&self) -> Option<Class> {
        self.worst().map(of_refusal)
    }

    /// The refusal that weighs most: what is wrong before what cannot be told.
    pub fn worst(&self) -> Option<&Refusal> {
        let faults = || self.chains.iter().flat_map(|c| &c.faults).chain(&self.releases).chain(&self.junk);
        let of = |class| faults().find(|refusal| of_refusal(refusal) == class);
        of(Class::Refused).or_else(|| of(Class::CannotVerify)).or_else(|| faults().next())
    }
}

/// Verifies the policy ledger, then the chains of `id` or all of them, with the content of what is live; with
/// `everything` also the content of every release, and what was judged before is judged again.
pub fn verify(desk: &Desk, id: Option<&PromptId>, everything: bool) -> Result<Verified> {
    let answer = std::cell::RefCell::new(None);
    let work = |ledger: &Ledger<'_>| {
        let verified = verified(desk, ledger, id, everything)?;
        let failed = verified.class().is_some();
        *answer.borrow_mut() = Some(verified);
        // Nothing is remembered of a ledger that does not hold.
        if failed { Err(Error::usage("verify", "")) } else { Ok(()) }
    };
    let again = if everything { Again::All } else { Again::New };
    let outcome = desk.read_again(again, id.map_or(Scope::All, Scope::Prompt), work);
    match (answer.into_inner(), outcome) {
        (Some(answer), _) => Ok(answer),
        (None, Err(error)) => Err(error),
        (None, Ok(())) => unreachable!("the work leaves an answer or fails"),
    }
}

/// What there is to say of the chains of `id`, or of all of them.
pub(crate) fn verified(desk: &Desk, ledger: &Ledger<'_>, id: Option<&PromptId>, everything: bool) -> Result<Verified> {
    let policies = ledger.policies();
    let mut answer = Verified {
        root: policies.root(),
        policy: policies.current().link().sequence,
        entries: policies.entries().len(),
        chains: Vec::new(),
        releases: Vec::new(),
        strays: Vec::new(),
        junk: policies.junk_beyond_tip().iter().map(|j| j.refusal.clone()).collect(),
        inherited: policies.junk().iter().filter(|j| ledger.is_inherited(&j.refusal)).count(),
    };
    answer.junk.extend(ledger.policy_rejected()?);
    let ids = asked(desk, ledger, id)?;
    let chains = match id {
        Some(id) => ledger.chains_of(id)?,
        None => ledger.chains()?,
    };
    let mut prefixes = Vec::new();
    for prompt in &ids {
        for (_, release) in ledger.releases(prompt)? {
            match release {
                Ok(release) => {
                    answer.entries += 1;
                    prefixes.push(ledger::RefName::evidence(&release.body().content).replacen("refs/tags/", "", 1));
                    if everything {
                        answer.releases.extend(release.check_content(ledger.judge()).err());
                    }
                }
                // A fork's ledger has nothing to do with what it inherited.
                Err(refusal) if ledger.is_inherited(&refusal) => answer.inherited += 1,
                Err(refusal) => answer.releases.push(refusal),
            }
        }
    }
    if id.is_none() {
        let stray = |e: ledger::refname::RefNameError| {
            let name = e.name.trim_start_matches("refs/tags/").to_owned();
            Refusal::new(ledger::Code::StrayTag, e.why).about(name)
        };
        answer.strays = crate::strays::names(desk)?.into_iter().map(stray).collect();
    }
    answer.junk.extend(moved(desk, id, &chains, prefixes)?);
    for (env, prompt) in chains {
        let chain = ledger.chain(&env, &prompt)?;
        answer.entries += chain.entries.len();
        answer.inherited += chain.junk.iter().filter(|j| j.inherited).count();
        // An environment that the prompt was never promoted to says nothing, unless it was seen there before.
        let nothing = chain.junk.is_empty() || ledger.is_inherited_chain(&chain);
        if chain.tip().is_none() && nothing && ledger.check_end(&chain, Beyond::Refuse).is_ok() {
            continue;
        }
        let mut standing = standing(ledger, &chain)?;
        if everything {
            let known: Vec<Refusal> = standing.faults.clone();
            let all = objections(ledger, &chain, Depth::All, &known)?;
            standing.faults.extend(all.into_iter().filter(|fault| !known.contains(fault)));
        }
        answer.chains.push(standing);
    }
    Ok(answer)
}

/// Tags of this clone that name something else than the remote showed first: somebody changed them. With `id` only the
/// tags that concern it are listed, and those that start with `prefixes`.
fn moved(
    desk: &Desk,
    id: Option<&PromptId>,
    chains: &[(EnvName, PromptId)],
    mut prefixes: Vec<String>,
) -> Result<Vec<Refusal>> {
    let rivals = match id {
        None => desk.repo.rivals()?,
        Some(id) => {
            prefixes.extend(["policy@".to_owned(), "approval/policy@".to_owned(), format!("prompt/{id}@")]);
            for (env, id) in chains {
                prefixes.extend([format!("env/{env}/{id}@"), format!("approval/{env}/{id}@")]);
            }
            desk.repo.rivals_below(&prefixes)?
        }
    };
    let refusal = |tag: repo::Tag| {
        let here = tag.rival.map_or_else(String::new, |rival| rival.to_string());
        let detail = format!("it is {here} here, and {} as the remote showed it first", tag.oid);
        Refusal::new(ledger::Code::TagMoved, detail).about(&tag.name)
    };
    Ok(rivals.into_iter().map(refusal).collect())
}
