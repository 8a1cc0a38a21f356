//! Rehearsing a rollback: does tonight's target verify and render, and what would the rollback need? Writes nothing.

use std::sync::Arc;

use check::contract::{Relation, relate};
use ledger::demand::Demand;
use ledger::release::Release;
use ledger::{Code, Ledger, Refusal};
use prompt::Compiled;
use serde_json::{Map, Value, json};
use source::{Digest, EnvName, Files, Objects as _, PromptId, Version};

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::examples::examples;
use crate::next::Next;
use crate::pointers::{impossible, known_environment, near, no_release};
use crate::reading::Scope;

/// What a rollback would come to.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Drilled {
    /// The prompt.
    pub prompt: PromptId,
    /// Where.
    pub environment: EnvName,
    /// What is live now.
    pub live: Version,
    /// What a rollback would make live; absent where nothing was live under it.
    pub target: Option<Version>,
    /// The target's content.
    pub content: Option<Digest>,
    /// How many inputs it was rendered with.
    pub rendered: usize,
    /// Where those came from.
    pub inputs: Inputs,
    /// How every demand of the rollback stands.
    pub demands: Vec<Demand>,
    /// Who may sign it.
    pub signers: Vec<String>,
    /// Why it could not be relied on.
    pub faults: Vec<Refusal>,
    /// Why it could not be done tonight although nothing is wrong: nothing to go back to, or too few people.
    pub stuck: Option<String>,
}

impl Drilled {
    /// Whether tonight's rollback would go through, once those who are needed have said their word.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty() && self.stuck.is_none()
    }
}

/// Where inputs come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inputs {
    /// The cases of the target's own suites.
    Cases,
    /// Values made up from the inputs' schemas.
    MadeUp,
    /// There was nothing to render.
    None,
}

/// Rehearses the rollback of `id`, or of every prompt that is live in `environment`, sorted.
pub fn drill(desk: &Desk, id: Option<&PromptId>, environment: &EnvName, to: Option<&Version>) -> Result<Vec<Drilled>> {
    desk.read(id.map_or(Scope::All, Scope::Prompt), |ledger| {
        known_environment(ledger, environment)?;
        let ids: Vec<PromptId> = match id {
            Some(id) => {
                // A slip of the finger, or nothing live: as the rollback itself would say.
                let chain = ledger.chain(environment, id)?;
                let what = format!("rehearse a rollback of {id} in {environment}");
                chain.require_live().map_err(|refusal| impossible(&what, refusal, || near(desk, ledger, id)))?;
                vec![id.clone()]
            }
            None => ledger.chains()?.into_iter().filter(|(env, _)| env == environment).map(|(_, id)| id).collect(),
        };
        let mut drilled = Vec::new();
        for id in ids {
            drilled.extend(one(desk, ledger, environment, &id, to)?);
        }
        Ok(drilled)
    })
}

fn one(
    desk: &Desk,
    ledger: &Ledger<'_>,
    environment: &EnvName,
    id: &PromptId,
    to: Option<&Version>,
) -> Result<Option<Drilled>> {
    let chain = ledger.chain(environment, id)?;
    let Some(live) = chain.live() else { return Ok(None) };
    let mut drilled = Drilled {
        prompt: id.clone(),
        environment: environment.clone(),
        live: live.version.clone(),
        target: None,
        content: None,
        rendered: 0,
        inputs: Inputs::None,
        demands: Vec::new(),
        signers: Vec::new(),
        faults: Vec::new(),
        stuck: None,
    };
    let target = match to {
        Some(version) => Some(ledger.release(id, version)?.ok_or_else(|| no_release(desk, ledger, id, version))?),
        None => match chain.state.rollback_target() {
            None => None,
            Some(target) => match ledger.release_at(&target.tag) {
                Ok(release) => Some(release),
                Err(refusal) => {
                    drilled.target = Some(target.version.clone());
                    drilled.faults.push(refusal);
                    return Ok(Some(drilled));
                }
            },
        },
    };
    match target {
        Some(release) => rehearse(desk, ledger, environment, &release, &mut drilled)?,
        None => drilled.stuck = Some("nothing was live under it, so there is nothing to go back to".to_owned()),
    }
    Ok(Some(drilled))
}

/// Why people are missing, whoever is asked: nobody may sign it, or fewer may approve it than are needed.
fn too_few(next: &Next) -> Option<String> {
    if next.signers.is_empty() {
        return Some("policy lets nobody roll it back who is not needed to approve".to_owned());
    }
    let short = |d: &&Demand| d.missing.is_some_and(|missing| (d.who.len() as u64) < u64::from(missing));
    let demand = next.demands.iter().find(short)?;
    let missing = demand.missing.unwrap_or_default();
    Some(match demand.who.as_slice() {
        [] => format!("approvals are needed ({missing} more), and nobody may give them"),
        some => format!("approvals are needed ({missing} more), and only {} may give one", some.join(", ")),
    })
}

fn rehearse(
    desk: &Desk,
    ledger: &Ledger<'_>,
    environment: &EnvName,
    release: &Arc<Release>,
    drilled: &mut Drilled,
) -> Result<()> {
    drilled.target = Some(release.body().version.clone());
    drilled.content = Some(release.body().content);
    match Next::of(ledger, environment, release) {
        Err(Error::Refused(refusal)) => drilled.faults.push(refusal),
        Err(error) => return Err(error),
        Ok(next) if next.action != ledger::record::PointerAction::Rollback => {
            let detail = format!("{} was never live under {}", next.version, drilled.live);
            drilled.faults.push(Refusal::new(Code::NotUnderTop, detail));
        }
        Ok(next) => {
            drilled.stuck = too_few(&next);
            let wrong = |d: &Demand| d.refusal.clone().filter(|r| r.code != Code::ApprovalsMissing);
            drilled.faults.extend(next.demands.iter().filter_map(wrong));
            (drilled.demands, drilled.signers) = (next.demands, next.signers);
        }
    }
    match render(desk, release) {
        Ok((rendered, inputs)) => (drilled.rendered, drilled.inputs) = (rendered, inputs),
        Err(refusal) if drilled.faults.iter().any(|known| known.code == refusal.code) => {}
        Err(refusal) => drilled.faults.push(refusal.about(release.tag().name())),
    }
    Ok(())
}

/// Renders the released prompt as its commit holds it, with the cases of its suites there, or else with made-up values.
fn render(desk: &Desk, release: &Release) -> std::result::Result<(usize, Inputs), Refusal> {
    let unreadable = |e: source::Unreadable| Refusal::new(Code::Unreadable, e.to_string());
    let missing = || Refusal::new(Code::ObjectMissing, format!("commit {} is not here", release.commit()));
    let unusable = |why: String| Refusal::new(Code::ContentUnusable, why);
    let files = desk.repo.files(release.commit(), release.root.folder()).map_err(unreadable)?.ok_or_else(missing)?;
    let files: &dyn Files = &*files;
    let id = &release.body().prompt;
    let (_, compiled) = prompt::compile_from(files, id).map_err(|e| unusable(e.to_string()))?;
    let renderer = compiled.renderer().map_err(|e| unusable(e.to_string()))?;
    let cases = examples(files, id).map_err(|e| Refusal::new(Code::Unreadable, e.to_string()))?.cases;
    for case in &cases {
        let inputs = eval::suite::fit_vars(&compiled, (*case.inputs).clone());
        renderer.render(&inputs).map_err(|e| unusable(format!("the case `{}` does not render: {e}", case.case)))?;
    }
    if !cases.is_empty() {
        return Ok((cases.len(), Inputs::Cases));
    }
    let Some(inputs) = made_up(&compiled) else { return Ok((0, Inputs::None)) };
    renderer.render(&inputs).map_err(|e| unusable(format!("made-up inputs do not render: {e}")))?;
    Ok((1, Inputs::MadeUp))
}

/// A plain value for each input that needs one; `None` where a schema is beyond making one up.
fn made_up(compiled: &Compiled) -> Option<Map<String, Value>> {
    let value = |schema: &Map<String, Value>| {
        if schema.get("type").is_some_and(|kind| kind == "messages") {
            return Some(json!([{ "role": "user", "content": "Good morning" }]));
        }
        // What the schema allows and nothing else would: an example.
        match relate(&Value::Object(schema.clone()), &Value::Bool(false), &check::subject::validator) {
            Relation::Outside(value) => Some(value),
            Relation::Within | Relation::Unknown(_) => None,
        }
    };
    let needed = compiled.inputs.iter().filter(|input| input.required());
    needed.map(|input| Some((input.name.clone(), value(&input.schema)?))).collect()
}
