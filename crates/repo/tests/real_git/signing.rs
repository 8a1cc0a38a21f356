//! Signing by the signer's own configuration, checked by ssh-keygen and gpg themselves.

use std::path::Path;
use std::process::{Command, Stdio};

use repo::sign::PublicKey;
use repo::{Class, Error, Repo};

use crate::scratch::Scratch;

const PAYLOAD: &[u8] = b"object 1\n\nan entry\n";

fn set(scratch: &Scratch, key: &str, value: &str) {
    scratch.git("r", &["config", "--global", key, value]);
}

fn ssh(scratch: &Scratch, key: &Path) {
    set(scratch, "gpg.format", "ssh");
    set(scratch, "user.signingKey", &key.display().to_string());
}

/// Whether ssh-keygen accepts the signature over [`PAYLOAD`] in git's namespace.
fn accepted(scratch: &Scratch, signature: &[u8]) -> bool {
    let file = scratch.path("signature");
    std::fs::write(&file, signature).unwrap();
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "check-novalidate", "-n", "git", "-s"]).arg(file).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), PAYLOAD).unwrap();
    child.wait().unwrap().success()
}

#[test]
fn a_key_file_signs_in_git_s_namespace() {
    let scratch = Scratch::with_repository();
    let key = scratch.key("home/id", "");
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap().trim().to_owned();
    for named in [key.display().to_string(), format!("{}.pub", key.display()), "~/id".to_owned(), "~/id.pub".to_owned()]
    {
        ssh(&scratch, Path::new(&named));
        let signer = scratch.open("r").signer().unwrap();
        assert!(accepted(&scratch, &signer.sign(PAYLOAD).unwrap()), "{named}");
        assert_eq!(signer.public_key().unwrap(), PublicKey::Ssh(public.clone()), "{named}");
    }
    // Where only the private half is there, ssh-keygen tells the public one.
    std::fs::remove_file(key.with_extension("pub")).unwrap();
    ssh(&scratch, &key);
    let PublicKey::Ssh(told) = scratch.open("r").signer().unwrap().public_key().unwrap() else { panic!() };
    assert!(told.starts_with(public.rsplit_once(' ').unwrap().0), "{told}");
}

/// An agent that ends with the test, however the test ends.
struct Agent(std::process::Child);

impl Agent {
    fn at(socket: &Path) -> Self {
        let mut command = Command::new("ssh-agent");
        command.arg("-D").arg("-a").arg(socket).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut agent = Self(command.spawn().unwrap());
        // It speaks once it listens.
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(agent.0.stdout.as_mut().unwrap()), &mut line).unwrap();
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_agent_signs_with_a_literal_key() {
    let scratch = Scratch::with_repository();
    let key = scratch.key("id", "secret");
    let socket = scratch.path("agent");
    let agent = Agent::at(&socket);
    scratch.write("askpass", "#!/bin/sh\necho secret\n");
    scratch.make_executable("askpass");
    let mut add = Command::new("ssh-add");
    add.arg("-q").arg(&key).env("SSH_AUTH_SOCK", &socket).env("SSH_ASKPASS", scratch.path("askpass"));
    assert!(add.env("SSH_ASKPASS_REQUIRE", "force").status().unwrap().success());
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    set(&scratch, "gpg.format", "ssh");
    set(&scratch, "user.signingKey", &format!("key::{}", public.trim()));
    let socket = socket.display().to_string();
    let repo = Repo::open(&scratch.path("r"), &scratch.environment_with(&[("SSH_AUTH_SOCK", &socket)])).unwrap();
    let signature = repo.signer().unwrap().sign(PAYLOAD);
    drop(agent);
    assert!(accepted(&scratch, &signature.unwrap()));
    assert_eq!(repo.signer().unwrap().public_key().unwrap(), PublicKey::Ssh(public.trim().to_owned()));
    // Without the agent the error says so.
    let error = scratch.open("r").signer().unwrap().sign(PAYLOAD).unwrap_err();
    assert!(matches!(&error, Error::SigningKey { .. }), "{error}");
    assert!(error.remedy().unwrap().starts_with("ssh-add"));
}

#[test]
fn no_key_is_said_with_the_commands_that_set_one_up() {
    let scratch = Scratch::with_repository();
    set(&scratch, "gpg.format", "ssh");
    let error = scratch.open("r").signer().unwrap_err();
    assert!(matches!(error, Error::NoSigningKey), "{error}");
    assert_eq!(error.class(), Class::Setup);
    let remedy = error.remedy().unwrap();
    assert!(remedy.contains("gpg.format ssh") && remedy.contains("user.signingKey"), "{remedy}");
}

#[test]
fn a_locked_key_does_not_wait_for_ever() {
    let scratch = Scratch::with_repository();
    let key = scratch.key("id", "secret");
    ssh(&scratch, &key);
    // No terminal: the test may have one, so an askpass program that refuses stands in for a person who is not there.
    let environment = scratch.environment_with(&[("SSH_ASKPASS", "/bin/false"), ("SSH_ASKPASS_REQUIRE", "force")]);
    let repo = Repo::open(&scratch.path("r"), &environment).unwrap();
    let error = repo.signer().unwrap().sign(PAYLOAD).unwrap_err();
    assert!(matches!(&error, Error::SigningKey { why, .. } if why.contains("passphrase")), "{error}");
}

#[test]
fn a_missing_key_and_a_missing_program_are_told_apart() {
    let scratch = Scratch::with_repository();
    ssh(&scratch, &scratch.path("none"));
    let error = scratch.open("r").signer().unwrap().sign(PAYLOAD).unwrap_err();
    assert!(error.to_string().contains("no such file"), "{error}");
    let key = scratch.key("id", "");
    ssh(&scratch, &key);
    set(&scratch, "gpg.ssh.program", "no-such-program");
    assert!(matches!(scratch.open("r").signer(), Err(Error::NoProgram(name)) if name == "no-such-program"));
    set(&scratch, "gpg.ssh.program", "./in-the-worktree");
    assert!(matches!(scratch.open("r").signer(), Err(Error::Config(_))));
    scratch.write("broken", "#!/bin/sh\necho 'the card is not inserted' >&2\nexit 3\n");
    scratch.make_executable("broken");
    set(&scratch, "gpg.ssh.program", &scratch.path("broken").display().to_string());
    let error = scratch.open("r").signer().unwrap().sign(PAYLOAD).unwrap_err();
    assert!(error.to_string().contains("the card is not inserted"), "{error}");
}

#[test]
fn programs_that_the_repository_names_are_never_started() {
    let scratch = Scratch::with_repository();
    let canary = scratch.canary();
    let key = scratch.key("id", "");
    for name in
        ["gpg.ssh.program", "gpg.program", "gpg.openpgp.program", "gpg.ssh.defaultKeyCommand", "core.sshCommand"]
    {
        scratch.git("r", &["config", name, &canary]);
    }
    ssh(&scratch, &key);
    let signer = scratch.open("r").signer().unwrap();
    assert!(accepted(&scratch, &signer.sign(PAYLOAD).unwrap()));
    scratch.git("r", &["config", "--global", "--unset", "user.signingKey"]);
    assert!(matches!(scratch.open("r").signer(), Err(Error::NoSigningKey)));
    assert!(!scratch.canary_sang());
    // The same command in the user's own configuration is obeyed.
    scratch.write("default-key", &format!("#!/bin/sh\ncat {}.pub\n", key.display()));
    scratch.make_executable("default-key");
    set(&scratch, "gpg.ssh.defaultKeyCommand", &scratch.path("default-key").display().to_string());
    assert!(
        matches!(scratch.open("r").signer().unwrap().public_key().unwrap(), PublicKey::Ssh(k) if k.starts_with("ssh-ed25519"))
    );
}

#[test]
fn an_ssh_key_without_the_format_is_explained() {
    let scratch = Scratch::with_repository();
    set(&scratch, "user.signingKey", "~/.ssh/id_ed25519.pub");
    let error = scratch.open("r").signer().unwrap_err();
    assert_eq!(error.remedy().unwrap(), "git config --global gpg.format ssh");
    set(&scratch, "gpg.format", "x509");
    assert!(matches!(scratch.open("r").signer(), Err(Error::SigningKey { .. })));
}

#[test]
fn gpg_signs_and_names_the_primary_key() {
    let scratch = Scratch::with_repository();
    // The agent's socket has a short path in a folder of its own.
    let home = tempfile::Builder::new().prefix("g").tempdir().unwrap();
    let gnupg = home.path().display().to_string();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let gpg = |args: &[&str]| {
        let output = Command::new("gpg").args(args).env("GNUPGHOME", &gnupg).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let who = "Ada <ada@example.com>";
    gpg(&["--batch", "--passphrase", "", "--quick-generate-key", who, "ed25519", "sign", "never"]);
    let listed = gpg(&["--batch", "--with-colons", "--list-secret-keys"]);
    let fingerprint = listed.lines().find(|l| l.starts_with("fpr:")).unwrap().split(':').nth(9).unwrap().to_owned();
    let environment = scratch.environment_with(&[("GNUPGHOME", &gnupg)]);
    // By the committer, as git does it, and by the key's name.
    for _ in 0..2 {
        let signer = Repo::open(&scratch.path("r"), &environment).unwrap().signer().unwrap();
        assert_eq!(signer.public_key().unwrap(), PublicKey::OpenPgp(fingerprint.clone()));
        let signature = signer.sign(PAYLOAD).unwrap();
        assert!(signature.starts_with(b"-----BEGIN PGP SIGNATURE-----"));
        set(&scratch, "user.signingKey", &fingerprint);
    }
    set(&scratch, "user.signingKey", "0123456789ABCDEF");
    let signer = Repo::open(&scratch.path("r"), &environment).unwrap().signer().unwrap();
    assert!(matches!(signer.sign(PAYLOAD), Err(Error::SigningKey { .. })));
    assert!(Command::new("gpgconf").args(["--kill", "all"]).env("GNUPGHOME", &gnupg).status().unwrap().success());
    // Nobody configured anything: no key, rather than gpg's words.
    scratch.git("r", &["config", "--global", "--unset", "user.signingKey"]);
    let empty = tempfile::Builder::new().prefix("g").tempdir().unwrap();
    std::fs::set_permissions(empty.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let environment = scratch.environment_with(&[("GNUPGHOME", &empty.path().display().to_string())]);
    let signer = Repo::open(&scratch.path("r"), &environment).unwrap().signer().unwrap();
    assert!(matches!(signer.sign(PAYLOAD), Err(Error::NoSigningKey)));
    assert!(matches!(signer.public_key(), Err(Error::NoSigningKey)));
}
