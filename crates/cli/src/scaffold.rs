//! What `init` writes: a small repository that is green from the start, with the maintainer's own key in it.

use policy::scaffold::{Seed, SeedKey};
use repo::Repo;
use repo::sign::PublicKey;
use source::{EnvName, RepoPath};

use crate::exit::{Exit, Failure};

/// A file to write.
pub(crate) struct Template {
    /// Below the prompt root.
    pub(crate) path: RepoPath,
    /// Its text.
    pub(crate) text: String,
    /// Whether it is a program.
    pub(crate) executable: bool,
}

/// The files that are the same for everybody.
const FILES: [(&str, &str); 5] = [
    ("prompts/routes.yaml", include_str!("../templates/prompts/routes.yaml")),
    ("prompts/blocks/json-only.md", include_str!("../templates/prompts/blocks/json-only.md")),
    ("prompts/support/triage.md", include_str!("../templates/prompts/support/triage.md")),
    ("evals/support/triage.yaml", include_str!("../templates/evals/support/triage.yaml")),
    ("evals/recordings/support/triage.jsonl", include_str!("../templates/evals/recordings/support/triage.jsonl")),
];

/// The git hooks, which are this project's own.
const HOOKS: [(&str, &str); 3] = [
    (".githooks/pre-commit", include_str!("../../../.githooks/pre-commit")),
    (".githooks/pre-merge-commit", include_str!("../../../.githooks/pre-merge-commit")),
    (".githooks/pre-push", include_str!("../../../.githooks/pre-push")),
];

/// The environments of a new repository, each after the one before.
const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "prod"];

/// Every file of a new repository whose prompt root is at `root`, by path; no policies where nobody begins.
pub(crate) fn templates(root: &str, seed: Option<&Seed>) -> Result<Vec<Template>, Failure> {
    let named = |path: &str| RepoPath::new(path).expect("the templates' paths are sound");
    let plain =
        |(path, text): &(&str, &str)| Template { path: named(path), text: (*text).to_owned(), executable: false };
    let hook =
        |(path, text): &(&str, &str)| Template { path: named(path), text: of_root(text, root), executable: true };
    let policies = seed.map(policy::scaffold::scaffold).transpose().map_err(|e| Failure::of(Exit::Usage, &e))?;
    let policies = policies.into_iter().flatten().map(|(path, text)| Template { path, text, executable: false });
    let mut all: Vec<_> = FILES.iter().map(plain).chain(HOOKS.iter().map(hook)).chain(policies).collect();
    all.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(all)
}

/// A hook's script for a prompt root that is not the top of the repository, where git starts it.
fn of_root(script: &str, root: &str) -> String {
    if root.is_empty() {
        return script.to_owned();
    }
    script.replace("exec promptuary ", &format!("exec promptuary -C {} ", source::escape::shell(root)))
}

/// Who begins: the git identity and the signing key that are configured here.
pub(crate) fn seed(repo: &Repo) -> Result<Seed, Failure> {
    let principal = repo.identity()?.email;
    let signer = repo.signer()?;
    let key = match signer.public_key()? {
        PublicKey::Ssh(line) => SeedKey::Ssh(line),
        PublicKey::OpenPgp(fingerprint) => {
            SeedKey::OpenPgp { fingerprint, armored: signer.exported()?.unwrap_or_default() }
        }
    };
    let environments = ENVIRONMENTS.iter().map(|name| name.parse::<EnvName>().expect("the names are sound")).collect();
    let root = if repo.root().is_empty() { ".".to_owned() } else { repo.root().to_owned() };
    Ok(Seed { principal, key, environments, root })
}
