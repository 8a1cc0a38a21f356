//! The company that the ledger belongs to: its people, their keys, and the commits that entries point at.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ledger::ObjectId;
use ledger::record::By;
use source::Digest;
use ssh_key::private::{Ed25519Keypair, PrivateKey};
use ssh_key::{HashAlg, LineEnding};

use crate::plan::prompt_id;
use crate::{Outcome, Size};

/// When the first policy was signed.
pub(crate) const START: i64 = 1_750_000_000;
/// How long the ledger has been in use.
pub(crate) const SPAN: i64 = 2_000_000;

/// The versions that are released of every prompt; they take turns.
pub(crate) const VERSIONS: [&str; 2] = ["1.0.0", "1.1.0"];

pub(crate) struct Company {
    pub(crate) folder: PathBuf,
    /// Policy `n` binds the documents of commit `n`, from 0; the two releases point at the first two.
    pub(crate) commits: Vec<ObjectId>,
    seed: u64,
}

impl Company {
    /// A repository with every prompt and every revision of policy, committed.
    pub(crate) fn found(size: &Size) -> Outcome<Self> {
        std::fs::create_dir_all(&size.folder)?;
        let folder = size.folder.canonicalize()?;
        git(&folder, &["init", "-q", "-b", "main", "."], None)?;
        let mut company = Self { folder, commits: Vec::new(), seed: size.seed };
        company.keep_keys()?;
        let stream = company.history(size);
        git(&company.folder, &["fast-import", "--quiet"], Some(stream.as_bytes()))?;
        git(&company.folder, &["reset", "-q", "--hard"], None)?;
        let listed = git(&company.folder, &["rev-list", "--reverse", "main"], None)?;
        company.commits = listed.lines().map(str::parse).collect::<Result<_, _>>()?;
        Ok(company)
    }

    /// The key of `name`: the same for the same seed.
    pub(crate) fn key(&self, name: &str) -> PrivateKey {
        let seed = *Digest::of(format!("{} {name}", self.seed).as_bytes()).as_bytes();
        PrivateKey::from(Ed25519Keypair::from_seed(&seed))
    }

    pub(crate) fn by(&self, name: &str) -> Outcome<By> {
        let fingerprint = self.key(name).public_key().fingerprint(HashAlg::Sha256);
        format!("{name}@example.com {fingerprint}").parse().map_err(|e| format!("{e}").into())
    }

    fn keep_keys(&self) -> Outcome<()> {
        let folder = self.folder.join(".git/generated-keys");
        std::fs::create_dir_all(&folder)?;
        for name in ["ada", "ben", "cy", "dee"] {
            let file = folder.join(name);
            self.key(name).write_openssh_file(&file, LineEnding::LF)?;
            std::fs::write(file.with_extension("pub"), self.key(name).public_key().to_openssh()? + "\n")?;
        }
        let promoter = folder.join("cy.pub").display().to_string();
        for (key, value) in [
            ("user.name", "Cy"),
            ("user.email", "cy@example.com"),
            ("gpg.format", "ssh"),
            ("user.signingKey", promoter.as_str()),
        ] {
            git(&self.folder, &["config", key, value], None)?;
        }
        Ok(())
    }

    /// The commits as `git fast-import` reads them.
    fn history(&self, size: &Size) -> String {
        let mut out = String::new();
        for n in 0..size.policies.max(2) {
            let message = format!("revision {n}\n");
            let _ = write!(
                out,
                "commit refs/heads/main\ncommitter Ada <ada@example.com> {START} +0000\ndata {}\n{message}",
                message.len()
            );
            let mut file = |path: &str, text: &str| {
                let _ = write!(out, "M 100644 inline {path}\ndata {}\n{text}\n", text.len());
            };
            if n == 0 {
                file("policies/models.yaml", MODELS);
                file("policies/principals.yaml", &self.principals());
                file("prompts/blocks/tone.md", BLOCK);
                file("prompts/blocks/json-only.md", "Answer with one JSON object and nothing else.\n");
            }
            file("policies/policy.yaml", &policy(n, size.approvals));
            if let Some(version) = VERSIONS.get(n) {
                for prompt in 0..size.prompts {
                    file(&format!("prompts/{}.md", prompt_id(prompt)), &text(prompt, version));
                }
            }
        }
        out
    }

    fn principals(&self) -> String {
        let person = |name: &str, roles: &str| {
            let key = self.key(name).public_key().to_openssh().unwrap_or_default();
            format!("  - name: {name}@example.com\n    keys:\n      - ssh: {key}\n    roles: {roles}\n")
        };
        let everywhere = "{ \"*\": [\"**\"] }";
        let mut text = "format: 1\nprincipals:\n".to_owned();
        text += &person("ada", "{ maintainer: true, releaser: [\"**\"] }");
        text += &person("ben", &format!("{{ maintainer: true, approver: {everywhere} }}"));
        text += &person("cy", &format!("{{ promoter: {everywhere} }}"));
        text += &person("dee", &format!("{{ approver: {everywhere} }}"));
        text
    }
}

/// Runs git in `folder`, quietly, with nobody's configuration.
pub(crate) fn git(folder: &Path, args: &[&str], input: Option<&[u8]>) -> Outcome<String> {
    let mut command = Command::new("git");
    command.args(args).current_dir(folder).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut to) = child.stdin.take() {
        to.write_all(input.unwrap_or_default())?;
    }
    let ended = child.wait_with_output()?;
    if !ended.status.success() {
        return Err(format!("git {}: {}", args.join(" "), ended.status).into());
    }
    Ok(String::from_utf8(ended.stdout)?)
}

fn policy(n: usize, approvals: usize) -> String {
    let mut text = format!(
        "# Revision {n}.\nformat: 1\npolicy_changes: {{ approvals: 0 }}\nlimits:\n  source_bytes: {}\n  static_tokens: \
         8000\n  rendered_tokens: 32000\nrules:\n  text-duplicated: warning\nbanned_phrases:\n  - {{ phrase: as an AI \
         language model, why: it tells the customer nothing }}\nfamilies:\n  - name: legal\n    match: [\"legal/**\"]\n    \
         min_risk: high\n  - name: billing\n    match: [\"billing/**\"]\n    min_risk: high\n    limits: {{ rendered_tokens: \
         8000 }}\nsuites:\n  - risk: high\n    min_pass_rate: 0.8\nenvironments:\n  - name: dev\n  - name: staging\n    \
         after: [dev]\n  - name: prod\n",
        65_536 + n
    );
    if approvals > 0 {
        let _ = writeln!(text, "approvals:\n  - {{ environments: [prod], needed: {approvals}, expires: 3d }}");
    }
    text
}

const MODELS: &str = "\
format: 1
models:
  - model: openai/gpt-4.1-mini
    price: { input: 0.40, output: 1.60, as_of: 2026-06-21, source: https://platform.openai.com/docs/pricing }
  - model: openai/gpt-4.1
    price: { input: 2.00, output: 8.00, as_of: 2026-06-21, source: https://platform.openai.com/docs/pricing }
";

const BLOCK: &str = "\
Write plainly. Name what you are sure of first, then what you are not. Do not apologise, do not flatter, and do not
repeat the question. Where the ticket does not say, write that it does not say.
";

fn text(prompt: usize, version: &str) -> String {
    let mut text = format!(
        "---\nversion: {version}\ndescription: Task {prompt}.\nowner: ml-platform\nrisk: low\nmodel: openai/gpt-4.1-mini\n\
         parameters: {{ temperature: 0, max_tokens: 400 }}\ninputs:\n  ticket: {{ type: string, maxLength: 4000 }}\n  \
         locale: {{ type: string, maxLength: 10, default: en }}\n---\n{{{{ role(\"system\") }}}}\nYou are assistant {prompt} \
         of the support desk, revision {version}.\n{{% include \"blocks/tone.md\" %}}\n{{% include \"blocks/json-only.md\" \
         %}}\n"
    );
    for line in 0..6 {
        let _ = writeln!(text, "Rule {line}: where a ticket of kind {} speaks of it, say so.", prompt * 7 + line);
    }
    text.push_str("\n{{ role(\"user\") }}\nAnswer in {{ locale }}.\n\n{{ ticket }}\n");
    text
}
