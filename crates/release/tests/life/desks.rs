//! A scratch company: a home, a key, a repository, desks to work at.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use policy::scaffold::{Seed, SeedKey, scaffold};
use release::Desk;
use repo::{Environment, Repo};
use source::Timestamp;

const PROMPT: &str = include_str!("../../../cli/templates/prompts/support/triage.md");
const BLOCK: &str = include_str!("../../../cli/templates/prompts/blocks/json-only.md");
const ROUTES: &str = include_str!("../../../cli/templates/prompts/routes.yaml");

pub(crate) struct Office {
    folder: tempfile::TempDir,
}

impl Office {
    /// A repository `r` with a prompt and a policy, committed.
    pub(crate) fn new() -> Self {
        let office = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(office.path("home")).unwrap();
        office.write(
            "home/.gitconfig",
            "[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n[gpg]\n\tformat = ssh\n",
        );
        office.new_key("ada");
        let key = office.path("home/ada.pub");
        office.git("home", &["config", "--global", "user.signingKey", &key.display().to_string()]);
        office.git("", &["init", "-q", "r"]);
        office.write("r/prompts/support/triage.md", PROMPT);
        office.write("r/prompts/blocks/json-only.md", BLOCK);
        office.write("r/prompts/routes.yaml", ROUTES);
        let seed = Seed {
            principal: "ada@example.com".to_owned(),
            key: SeedKey::Ssh(std::fs::read_to_string(key).unwrap()),
            environments: ["dev", "staging", "prod"].map(|e| e.parse().unwrap()).to_vec(),
            root: ".".to_owned(),
        };
        for (path, text) in scaffold(&seed).unwrap() {
            office.write(&format!("r/{path}"), &text);
        }
        office.commit("r", "prompts: start");
        office
    }

    pub(crate) fn with_remote() -> Self {
        let office = Self::new();
        office.git("", &["init", "-q", "--bare", "hub.git"]);
        office.git("r", &["remote", "add", "origin", &office.path("hub.git").display().to_string()]);
        office.git("r", &["push", "-q", "-u", "origin", "main"]);
        office
    }

    pub(crate) fn desk(&self, folder: &str) -> Desk {
        let mut desk = self.desk_unfetched(folder);
        desk.fetch().unwrap();
        desk
    }

    pub(crate) fn desk_unfetched(&self, folder: &str) -> Desk {
        let repo = Repo::open(&self.path(folder), &Environment::new(self.vars())).unwrap();
        let remote = repo.default_remote().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        Desk::new(repo, remote, Timestamp(i64::try_from(now).unwrap()))
    }

    pub(crate) fn publish_policy(&self) {
        let published = release::publish(&self.desk("r"), None, None).unwrap();
        assert!(published.is_root && published.written.len() == 1);
    }

    /// Changes the prompt, with the version that goes with it.
    pub(crate) fn edit(&self, folder: &str, version: &str, more: &str) {
        let text = PROMPT.replace("version: 1.0.0", &format!("version: {version}"));
        let text = text.replace("Keys:", &format!("{more}\n\nKeys:"));
        self.write(&format!("{folder}/prompts/support/triage.md"), &text);
        self.commit(folder, &format!("triage {version}"));
    }

    pub(crate) fn live(&self, env: &str) -> String {
        let status = release::status(&self.desk("r"), Some(&"support/triage".parse().unwrap())).unwrap();
        let standing = status.prompts[0].environments.iter().find(|s| s.environment.as_str() == env).unwrap();
        assert!(standing.faults.is_empty(), "{standing:#?}");
        standing.live.as_ref().unwrap().version.to_string()
    }

    pub(crate) fn allowed_signers(&self) -> String {
        self.desk("r").read(release::Scope::Policy, |ledger| Ok(ledger.allowed_signers()?)).unwrap()
    }

    pub(crate) fn new_key(&self, name: &str) {
        let file = self.path(&format!("home/{name}"));
        let args = ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file.to_str().unwrap()];
        assert!(Command::new("ssh-keygen").args(args).status().unwrap().success());
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(below)
    }

    pub(crate) fn write(&self, below: &str, text: &str) {
        let path = self.path(below);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs a line as somebody would paste it.
    pub(crate) fn shell(&self, folder: &str, line: &str) {
        let mut command = Command::new("sh");
        command.args(["-ec", line]).current_dir(self.path(folder)).env_clear().envs(self.vars());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Copies a folder with all that is in it.
    pub(crate) fn copy(&self, from: &str, to: &str) {
        let copied = Command::new("cp").arg("-a").args([self.path(from), self.path(to)]).status().unwrap();
        assert!(copied.success());
    }

    pub(crate) fn read(&self, below: &str) -> String {
        std::fs::read_to_string(self.path(below)).unwrap()
    }

    pub(crate) fn git(&self, folder: &str, args: &[&str]) -> String {
        let output = self.run(folder, args, None);
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Stores a tag object as it is given.
    pub(crate) fn hash_tag(&self, folder: &str, text: &str) -> String {
        let args = ["hash-object", "-t", "tag", "-w", "--literally", "--stdin"];
        let output = self.run(folder, &args, Some(format!("{text}\n").as_bytes()));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    pub(crate) fn commit(&self, folder: &str, message: &str) {
        self.git(folder, &["add", "-A"]);
        self.git(folder, &["commit", "-q", "-m", message]);
    }

    fn run(&self, folder: &str, args: &[&str], input: Option<&[u8]>) -> Output {
        use std::io::Write as _;
        let mut command = Command::new("git");
        command.args(args).current_dir(self.path(folder)).env_clear().envs(self.vars());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.unwrap_or_default()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn vars(&self) -> Vec<(String, String)> {
        [
            ("PATH", std::env::var("PATH").unwrap()),
            ("HOME", self.path("home").display().to_string()),
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
        ]
        .map(|(k, v)| (k.to_owned(), v))
        .to_vec()
    }
}
