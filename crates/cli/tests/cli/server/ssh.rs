//! The same hook behind a real sshd on loopback: what a git server looks like from a maintainer's desk.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::hub::Hub;
use super::{POINTER, hold};

/// An sshd that lets one key in, and how to reach it.
struct Sshd {
    process: Child,
    /// What the clone's `core.sshCommand` says.
    command: String,
    /// The address of the bare repository.
    url: String,
}

impl Sshd {
    /// Starts it; `None` where this machine has no sshd.
    fn start(hub: &Hub) -> Option<Self> {
        let program = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].into_iter().find(|path| Path::new(path).is_file())?;
        // Wanted by an sshd that runs as root; others do without.
        let _ = std::fs::create_dir_all("/run/sshd");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        hub.run("", "mkdir sshd && for k in host client; do ssh-keygen -q -t ed25519 -N '' -f sshd/$k; done");
        let folder = hub.run("sshd", "pwd");
        let path = hub.run("", "echo $PATH");
        let home = hub.run("", "cd ~ && pwd");
        hub.file(
            "sshd/config",
            &format!(
                "Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile {folder}/pid\n\
                 AuthorizedKeysFile {folder}/client.pub\nStrictModes no\nPasswordAuthentication no\n\
                 KbdInteractiveAuthentication no\nUsePAM no\nPermitRootLogin yes\n\
                 SetEnv HOME={home} PATH={path} GIT_CONFIG_NOSYSTEM=1\n"
            ),
        );
        let log = std::fs::File::create(Path::new(&folder).join("log")).unwrap();
        let mut command = Command::new(program);
        command.args(["-D", "-e", "-f"]).arg(Path::new(&folder).join("config"));
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let known = hub.run("sshd", "cut -d' ' -f1,2 host.pub");
        hub.file("sshd/known", &format!("[127.0.0.1]:{port} {known}\n"));
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let options = "-o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o BatchMode=yes";
        let command = format!("ssh -F /dev/null -i {folder}/client -o UserKnownHostsFile={folder}/known {options}");
        let repository = hub.run("hub.git", "pwd");
        Some(Self { process, command, url: format!("ssh://127.0.0.1:{port}{repository}") })
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_push_over_ssh_is_judged_by_the_hook() {
    let hub = Hub::open();
    let Some(sshd) = Sshd::start(&hub) else {
        eprintln!("not tried: this machine has no sshd");
        return;
    };
    let Sshd { command, url, .. } = &sshd;
    hub.run("r", &format!("git remote set-url origin {url} && git config core.sshCommand '{command}'"));
    let held = hub.write(hold(&hub), "ada");
    let forged = hub.forged(&held, "a pause", "a break");
    hub.refused("a forged entry", "signature-wrong", &[(&forged, POINTER)]);
    hub.refused("somebody else's key", "signer-mismatch", &[(&hub.write(hold(&hub), "mal"), POINTER)]);
    hub.refused_spec("a deletion", "entry-deleted", ":refs/tags/env/dev/support/triage@00000001");
    hub.refused_spec("an entry that is moved", "entry-replaced", &format!("+{held}:refs/tags/policy@00000001"));
    hub.accepted(&[(&held, POINTER)]);
    assert_eq!(hub.run("hub.git", &format!("git rev-parse refs/tags/{POINTER}")), held);
    // The program's own way there: fetch, sign, push.
    hub.edit("1.1.0");
    hub.run("r", "git push -q origin main && promptuary -q release support/triage >/dev/null");
    hub.run("r", "promptuary -q promote support/triage@1.1.0 --to dev -m 'go on' >/dev/null");
    assert!(hub.run("hub.git", "promptuary verify").contains("all of it holds"));
    // A server that trusts another ledger: the client tells whose word it is, with the code, and nothing was written.
    hub.hook("hub.git", "pre-receive", &format!("--root sha256:{}", "0".repeat(64)));
    let to_staging = "promptuary promote support/triage@1.1.0 --to staging 2>&1";
    let (code, said) = hub.ends("r", to_staging);
    assert!(said.contains("publish to `origin`: its hook refused it\n  root-mismatch: "), "{said}");
    assert_eq!((code, hub.run("r", "git tag -l 'env/staging/*2'")), (7, String::new()), "{said}");
    // A hook of somebody else's has no code; what it says is shown, and not obeyed.
    hub.file("hub.git/hooks/pre-receive", "#!/bin/sh\nprintf 'no promotion on \\033[31mFridays\\n' >&2; exit 1\n");
    let (code, said) = hub.ends("r", to_staging);
    assert!(said.contains("it refused: pre-receive hook declined\n  no promotion on "), "{said}");
    assert!(code == 1 && !said.contains("\u{1b}[31mFridays"), "{code}: {said}");
    hub.hook("hub.git", "pre-receive", "");
    hub.run("r", to_staging);
}
