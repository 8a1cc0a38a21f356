//! A bare repository with our hook, a clone that has released into it, and people with keys of their own.

use std::io::Write as _;
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use ledger::record::{By, Decision};
use ledger::{Draft, SignedTag, Tagger};
use policy::ssh::SshKey;
use release::{Ballot, Desk};
use repo::{Environment, Repo};
use source::{Digest, Timestamp};

use crate::sandbox::Sandbox;

pub(super) struct Hub {
    sandbox: Sandbox,
}

const PEOPLE: [&str; 4] = ["ada", "ben", "cy", "mal"];

impl Hub {
    /// Policy 1, release 1.0.0 and its pointers in dev and staging lie on the server, `r` is ada's clone.
    pub(super) fn open() -> Self {
        let hub = Self { sandbox: Sandbox::new() };
        hub.run("", "git config --global init.defaultBranch main && git config --global gpg.format ssh");
        hub.run("", "git config --global user.name Ada && git config --global user.email ada@example.com");
        for name in PEOPLE {
            hub.run("", &format!("ssh-keygen -q -t ed25519 -N '' -C {name} -f ../home/{name}"));
        }
        hub.run(
            "",
            "git config --global user.signingKey $PWD/../home/ada.pub && git init -q --bare hub.git && git init -q r",
        );
        hub.hook("hub.git", "pre-receive", "");
        hub.run("r", "promptuary -q init >/dev/null");
        hub.write_policy("active");
        hub.run("r", "sed -i 's/^approvals: .*/approvals: [{ environments: [prod], risk: low, needed: 1 }]/' policies/policy.yaml");
        hub.run("r", "sed -i 's/^  approvals: 0/  approvals: 1/' policies/policy.yaml");
        hub.run(
            "r",
            "git add -A && git commit -qm start && git remote add origin ../hub.git && git push -q -u origin main",
        );
        hub.run("r", "promptuary -q policy publish >/dev/null && promptuary -q release support/triage >/dev/null");
        hub.run("r", "promptuary -q promote support/triage@1.0.0 --to dev >/dev/null");
        hub.run("r", "promptuary -q promote support/triage@1.0.0 --to staging >/dev/null");
        hub
    }

    /// Who may do what, with cy's key in a state.
    pub(super) fn write_policy(&self, cy: &str) {
        let person = |name: &str, state: &str, roles: &str| {
            let key = self.run("", &format!("cat ../home/{name}.pub"));
            let key = key.rsplit_once(' ').unwrap().0;
            format!(
                "  - name: {name}@example.com\n    keys: [{{ ssh: {key}, state: {state} }}]\n    roles: {{ {roles} }}\n"
            )
        };
        let all = "{ \"*\": [\"**\"] }";
        let text = [
            "format: 1\nprincipals:\n".to_owned(),
            person("ada", "active", &format!("maintainer: true, releaser: [\"**\"], promoter: {all}")),
            person("ben", "active", "maintainer: true, approver: { prod: [\"**\"] }"),
            person("cy", cy, &format!("promoter: {all}")),
        ];
        self.sandbox.write("r/policies/principals.yaml", &text.concat());
    }

    /// Another version of the prompt, committed.
    pub(super) fn edit(&self, version: &str) {
        let edits = format!("s/^version: .*/version: {version}/; s/You triage support/You sort and triage support/");
        self.run("r", &format!("sed -i '{edits}' prompts/support/triage.md && git commit -qam {version}"));
    }

    /// The content digest of the clone's prompt as HEAD has it.
    pub(super) fn content(&self, _: &str) -> Digest {
        let repo = self.repo("r", "ada");
        let files = repo.files_at(repo.head().unwrap().commit().unwrap()).unwrap();
        prompt::compile_from(&files, &"support/triage".parse().unwrap()).unwrap().1.digest()
    }

    /// Runs a line in a folder, which must succeed; gives what it printed.
    pub(super) fn run(&self, folder: &str, line: &str) -> String {
        let outcome = self.sandbox.run(&format!("cd \"./{folder}\" && {line}"));
        assert_eq!(outcome.code, 0, "{line}: {}", outcome.raw);
        outcome.raw.trim_end().to_owned()
    }

    /// Runs a line in a folder; gives its exit and what it printed.
    pub(super) fn ends(&self, folder: &str, line: &str) -> (i32, String) {
        let outcome = self.sandbox.run(&format!("cd \"./{folder}\" && {line}"));
        (outcome.code, outcome.raw)
    }

    /// Writes a file; an existing one stays executable.
    pub(super) fn file(&self, path: &str, text: &str) {
        self.sandbox.write(path, text);
    }

    pub(super) fn fails(&self, folder: &str, line: &str) -> String {
        let outcome = self.sandbox.run(&format!("cd \"./{folder}\" && {line}"));
        assert_ne!(outcome.code, 0, "{line}: {}", outcome.raw);
        outcome.raw
    }

    /// Makes our program a hook of a bare repository.
    pub(super) fn hook(&self, folder: &str, name: &str, options: &str) {
        self.sandbox.write(
            &format!("{folder}/hooks/{name}"),
            &format!("#!/bin/sh\nexec promptuary hook {name} {options} \"$@\"\n"),
        );
        self.run(folder, &format!("chmod +x hooks/{name}"));
    }

    /// A push of tags that must be accepted.
    pub(super) fn accepted(&self, refs: &[(&str, &str)]) {
        self.run("r", &format!("git push -q origin {}", specs(refs)));
    }

    /// A push of tags that must be refused, with a code that is told first; nothing may come in.
    pub(super) fn refused(&self, what: &str, code: &str, refs: &[(&str, &str)]) {
        self.refused_spec(what, code, &specs(refs));
    }

    pub(super) fn refused_spec(&self, what: &str, code: &str, spec: &str) {
        let before = self.run("hub.git", "git for-each-ref");
        let said = self.fails("r", &format!("git push -q origin {spec}"));
        let told = said.lines().find_map(|line| line.strip_prefix("remote:   why: ")).unwrap_or(&said);
        assert!(told.starts_with(&format!("{code}: ")), "{what}: {said}");
        assert!(said.contains("remote:   help: "), "{what}: {said}");
        assert_eq!(self.run("hub.git", "git for-each-ref"), before, "{what}");
    }

    /// The entry that a tag of the clone holds, as a draft, and its identity.
    pub(super) fn entry(&self, tag: &str) -> (Draft, Digest) {
        let output = self.sandbox.command("git").args(["-C", "r", "cat-file", "tag", tag]).output().unwrap();
        let signed = SignedTag::parse(&output.stdout).unwrap();
        let (target, name) = (*signed.target(), signed.name().clone());
        let (tagger, record) = (signed.tagger().clone(), signed.record().clone());
        (Draft { target, name, tagger, record }, signed.digest())
    }

    /// Ada, so many seconds from now.
    pub(super) fn tagger(&self, seconds: i64) -> Tagger {
        Tagger::new("Ada", "ada@example.com", Timestamp(now().0 + seconds)).unwrap()
    }

    /// Signs a draft with somebody's key and stores it in the clone; no ref leads to it.
    pub(super) fn write(&self, draft: Draft, key: &str) -> String {
        let payload = draft.payload().unwrap();
        let signature =
            self.pipe(&["ssh-keygen", "-Y", "sign", "-n", "git", "-f", &format!("../home/{key}")], &payload);
        self.store(&draft.sign(&signature).unwrap().bytes())
    }

    /// The same, under the signer's own name.
    pub(super) fn write_as(&self, mut draft: Draft, name: &str, key: &str) -> String {
        draft.record.by = self.by(name);
        self.write(draft, key)
    }

    /// A tag whose signed words were changed.
    pub(super) fn forged(&self, oid: &str, from: &str, to: &str) -> String {
        let text = self.run("r", &format!("git cat-file tag {oid}"));
        assert!(text.contains(from));
        self.store(format!("{}\n", text.replace(from, to)).as_bytes())
    }

    /// A tag with something behind its signature.
    pub(super) fn longer(&self, oid: &str) -> String {
        let text = self.run("r", &format!("git cat-file tag {oid}"));
        self.store(format!("{text}\nand more\n").as_bytes())
    }

    /// An annotated tag that nobody signed.
    pub(super) fn unsigned(&self, name: &str) -> String {
        let head = self.run("r", "git rev-parse HEAD");
        self.store(
            format!("object {head}\ntype commit\ntag {name}\ntagger Ada <a@example.com> 1 +0000\n\nhi\n").as_bytes(),
        )
    }

    /// Ben's decision about the next pointer, as his tag in the clone; gives its name.
    pub(super) fn approve(&self, version: &str, env: &str, decision: Decision) -> String {
        let (id, version, environment) =
            ("support/triage".parse().unwrap(), version.parse().unwrap(), env.parse().unwrap());
        let ballot = Ballot {
            prompt: &id,
            version: &version,
            environment: &environment,
            decision,
            expires: None,
            reason: None,
            content: None,
            sequence: None,
        };
        let approved = release::approve(&self.desk("ben"), &ballot).unwrap();
        approved.written.unwrap().tag
    }

    /// Ben's approval of what the clone's HEAD holds as the next policy.
    pub(super) fn approve_policy(&self) -> String {
        let ballot = release::PolicyBallot {
            rev: None,
            decision: Decision::Approve,
            expires: None,
            reason: None,
            documents: None,
        };
        release::approve_policy(&self.desk("ben"), &ballot).unwrap().written.unwrap().tag
    }

    pub(super) fn by(&self, name: &str) -> By {
        let key = SshKey::parse(&self.run("", &format!("cat ../home/{name}.pub"))).unwrap().fingerprint();
        By { principal: format!("{name}@example.com").parse().unwrap(), key }
    }

    /// A desk in the clone, without its remote.
    fn desk(&self, name: &str) -> Desk {
        Desk::new(self.repo("r", name), None, now())
    }

    fn repo(&self, folder: &str, name: &str) -> Repo {
        let home = self.sandbox.work().join("../home");
        let key = home.join(format!("{name}.pub"));
        let vars = [
            ("PATH", std::env::var("PATH").unwrap()),
            ("HOME", home.display().to_string()),
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
            ("GIT_CONFIG_COUNT", "1".to_owned()),
            ("GIT_CONFIG_KEY_0", "user.signingKey".to_owned()),
            ("GIT_CONFIG_VALUE_0", key.display().to_string()),
        ];
        Repo::open(&self.sandbox.work().join(folder), &Environment::new(vars)).unwrap()
    }

    fn store(&self, bytes: &[u8]) -> String {
        self.pipe(&["git", "-C", "r", "hash-object", "-t", "tag", "-w", "--literally", "--stdin"], bytes)
            .trim_end()
            .to_owned()
    }

    fn pipe(&self, words: &[&str], input: &[u8]) -> String {
        let mut command = self.sandbox.command(words[0]);
        command.args(&words[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn specs(refs: &[(&str, &str)]) -> String {
    let spec = |(object, name): &(&str, &str)| format!("{object}:refs/tags/{name}");
    refs.iter().map(spec).collect::<Vec<_>>().join(" ")
}

fn now() -> Timestamp {
    Timestamp(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap())
}
