//! Demands that nobody could meet: found here, before a policy takes effect and nothing can move any more.

use std::collections::BTreeSet;

use source::{EnvName, Finding, Place, PromptId, Severity};

use crate::document::policy::{ApprovalRule, EvidenceRule, Gate};
use crate::policy::Policy;
use crate::{Action, Pattern, Principal};

pub(super) fn validate(policy: &Policy, findings: &mut Vec<Finding>) {
    maintainers(policy, findings);
    for (at, rule) in policy.0.rules.document.approvals.iter().enumerate() {
        approval(policy, &at.to_string(), rule, findings);
    }
    for (at, rule) in policy.0.rules.document.evidence.iter().enumerate() {
        evidence(policy, &at.to_string(), rule, findings);
    }
    environments_without_promoter(policy, findings);
}

/// Whoever holds a key that still signs.
fn able(principals: Vec<&Principal>) -> Vec<&Principal> {
    principals.into_iter().filter(|p| p.active_keys().next().is_some()).collect()
}

fn maintainers(policy: &Policy, findings: &mut Vec<Finding>) {
    let maintainers = able(policy.who_may(Action::PublishPolicy, None, None)).len();
    let (needed, _) = policy.policy_changes();
    if maintainers == 0 {
        let message = "nobody could ever change this policy: no maintainer has an active key";
        let place = policy.0.people.place(&["principals"]);
        let named = !policy.who_may(Action::PublishPolicy, None, None).is_empty();
        let help = match named {
            true => "list another key, an active one, under a maintainer's `keys`",
            false => "give somebody `roles: { maintainer: true }`",
        };
        findings.push(Finding::new("approval-impossible", place, message).help(help));
    } else if maintainers <= needed as usize {
        let place = policy.0.rules.place(&["policy_changes", "approvals"]);
        let help = format!("add maintainers, or lower `approvals` to {}", maintainers - 1);
        let message = format!(
            "a policy change needs one maintainer to sign and {needed} others to approve, and there {} {maintainers}",
            if maintainers == 1 { "is only" } else { "are only" }
        );
        findings.push(Finding::new("approval-impossible", place, message).help(help));
    }
}

fn approval(policy: &Policy, at: &str, rule: &ApprovalRule, findings: &mut Vec<Finding>) {
    for (key, needed, action) in
        [("needed", rule.needed, Action::Promote), ("rollback", rule.rollback, Action::Rollback)]
    {
        let place = || policy.0.rules.place(&["approvals", at, key]);
        let short = environments(policy, &rule.environments).into_iter().find_map(|env| {
            let shortage = |sample| shortage(policy, rule, needed as usize, action, &env, sample);
            samples(policy, &env, &rule.families).iter().find_map(shortage)
        });
        if needed > 0
            && let Some(short) = short
        {
            findings.push(short.finding(place(), needed));
        }
    }
}

/// A case in which too few could approve.
struct Shortage {
    pattern: Pattern,
    env: EnvName,
    action: Action,
    /// How many remain once the signer of the pointer and of the release are set aside.
    remain: usize,
    approvers: Vec<String>,
}

impl Shortage {
    fn finding(self, at: Place, needed: u32) -> Finding {
        let verb = if self.action == Action::Promote { "promotion" } else { "rollback" };
        let who = match self.approvers.len() {
            0 => "nobody may approve it".to_owned(),
            _ => format!(
                "of those who may approve it ({}) {}, once its promoter and its releaser are set aside",
                self.approvers.join(", "),
                match self.remain {
                    0 => "nobody is left".to_owned(),
                    1 => "one is left".to_owned(),
                    left => format!("{left} are left"),
                }
            ),
        };
        let approvals = if needed == 1 { "1 approval".to_owned() } else { format!("{needed} approvals") };
        let message = format!("a {verb} of `{}` to {} could never get its {approvals}: {who}", self.pattern, self.env);
        let help =
            format!("give others the role `approver: {{ {}: [\"{}\"] }}`, or ask for fewer", self.env, self.pattern);
        Finding::new("approval-impossible", at, message).help(help)
    }
}

fn shortage(
    policy: &Policy,
    rule: &ApprovalRule,
    needed: usize,
    action: Action,
    env: &EnvName,
    (pattern, id): &(Pattern, PromptId),
) -> Option<Shortage> {
    let named = |p: &&Principal| rule.from.is_empty() || rule.from.contains(&p.name);
    let who = |action, env| able(policy.who_may(action, env, Some(id)));
    let approvers: BTreeSet<&str> =
        who(Action::Approve, Some(env)).into_iter().filter(named).map(|p| p.name.as_str()).collect();
    let releasers = who(Action::Release, None);
    let left = |signers: [&str; 2]| approvers.iter().filter(|a| !signers.contains(a)).count();
    let pairs = who(action, Some(env)).into_iter().flat_map(|promoter| {
        let pair = move |releaser: &&Principal| [promoter.name.clone(), releaser.name.clone()];
        releasers.iter().map(pair).collect::<Vec<_>>()
    });
    // Where nobody may promote or release, approvals are not what is missing.
    let remain = pairs.map(|[promoter, releaser]| left([&promoter, &releaser])).max()?;
    (remain < needed).then(|| Shortage {
        pattern: pattern.clone(),
        env: env.clone(),
        action,
        remain,
        approvers: approvers.iter().map(|a| (*a).to_owned()).collect(),
    })
}

fn evidence(policy: &Policy, at: &str, rule: &EvidenceRule, findings: &mut Vec<Finding>) {
    let attesters = able(policy.who_may(Action::Attest, None, None));
    let place = || policy.0.rules.place(&["evidence", at]);
    let help = "give somebody `roles: { attester: true }`";
    if attesters.is_empty() {
        let message = "nobody could ever sign this evidence: no attester has an active key";
        findings.push(Finding::new("approval-impossible", place(), message).help(help));
        return;
    }
    let gate = if rule.at == Gate::Release { "release" } else { "promotion" };
    let [only] = attesters[..] else { return };
    let samples = environments(policy, &[]).into_iter().flat_map(|env| samples(policy, &env, &rule.families));
    let stuck = samples.into_iter().find(|(_, id)| {
        let releasers = able(policy.who_may(Action::Release, None, Some(id)));
        rule.independent && !releasers.is_empty() && releasers.iter().all(|r| r.name == only.name)
    });
    if let Some((pattern, _)) = stuck {
        let message = format!(
            "a {gate} of `{pattern}` needs evidence by somebody else than its signer, and `{}` alone attests and releases it",
            only.name
        );
        findings.push(Finding::new("approval-impossible", place(), message).help(help));
    }
}

fn environments_without_promoter(policy: &Policy, findings: &mut Vec<Finding>) {
    for (at, environment) in policy.environments().iter().enumerate() {
        let promotes = |p: &&Principal| p.promoter.contains_key(&environment.name) && p.active_keys().next().is_some();
        if !policy.principals().iter().any(|p| promotes(&p)) {
            let place = policy.0.rules.place(&["environments", &at.to_string(), "name"]);
            let message = format!("nobody may promote to `{}`", environment.name);
            let help = format!("give somebody `roles: {{ promoter: {{ {}: [\"**\"] }} }}`", environment.name);
            let finding = Finding::new("role-unheld", place, message).severity(Severity::Warning);
            findings.push(finding.help(help));
        }
    }
}

fn environments(policy: &Policy, named: &[EnvName]) -> Vec<EnvName> {
    let all = policy.environments().iter().map(|e| e.name.clone());
    all.filter(|e| named.is_empty() || named.contains(e)).collect()
}

/// One id for each pattern by which policy tells prompts apart: roles and families change only between patterns.
fn samples(policy: &Policy, env: &EnvName, families: &[String]) -> Vec<(Pattern, PromptId)> {
    let all = &policy.0.rules.document.families;
    let chosen = all.iter().filter(|f| families.is_empty() || families.contains(&f.name));
    let mut patterns: Vec<Pattern> = chosen.flat_map(|f| f.patterns.iter().cloned()).collect();
    for principal in policy.principals() {
        let in_env = [&principal.promoter, &principal.operator, &principal.approver].into_iter();
        let grants = in_env.filter_map(|role| role.get(env)).flatten().chain(&principal.releaser);
        patterns.extend(grants.map(|g| g.pattern.clone()));
    }
    let belongs =
        |id: &PromptId| families.is_empty() || policy.families_of(id).iter().any(|f| families.contains(&f.name));
    let sample = |pattern: Pattern| Some((pattern.example()?, pattern)).map(|(id, pattern)| (pattern, id));
    let mut seen = BTreeSet::new();
    patterns.retain(|p| seen.insert(p.clone()));
    patterns.into_iter().filter_map(sample).filter(|(_, id)| belongs(id)).collect()
}
