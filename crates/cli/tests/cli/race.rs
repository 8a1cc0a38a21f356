//! Eight promoters at once, each a process of its own in a clone of its own: numbers without a gap, nothing lost.
//!
//! `crates/cli/benches/race.py` does the same for minutes, over a real sshd too.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::sandbox::Sandbox;

const PROMOTERS: usize = 8;
const ROUNDS: usize = 3;

/// A company with a bare remote, two releases of one prompt, and a clone for each promoter.
fn company() -> Sandbox {
    let sandbox = Sandbox::of_ada();
    sandbox.done(
        "git init -q --bare hub.git && git init -q r && cd r && promptuary -q init && git add -A && \
         git commit -qm start && git remote add origin ../hub.git && git push -q -u origin main && \
         promptuary -q policy publish && promptuary -q release support/triage && \
         sed -i 's/^version: 1.0.0/version: 1.0.1/; s/^description: .*/description: Another./' \
         prompts/support/triage.md && git commit -qam more && git push -q && promptuary -q release support/triage",
    );
    for n in 0..PROMOTERS {
        // Somebody else each: the same words of one person in one second are one entry, and no race.
        sandbox.done(&format!("git clone -q hub.git c{n} && git -C c{n} config user.name promoter-{n}"));
    }
    sandbox
}

fn promote(sandbox: &Sandbox, promoter: usize, version: &str) -> Child {
    let mut command = sandbox.command("promptuary");
    command.env("XDG_STATE_HOME", sandbox.work().join(format!("state-{promoter}")));
    command.args(["-C", &format!("c{promoter}"), "promote", &format!("support/triage@{version}"), "--to", "dev"]);
    command.args(["--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The pointers that a repository holds, each with its object.
fn pointers(sandbox: &Sandbox, folder: &str) -> BTreeMap<String, String> {
    let format = "--format='%(refname:strip=2) %(objectname)'";
    let listed = sandbox.done(&format!("git -C {folder} for-each-ref {format} refs/tags/env/"));
    listed.lines().filter_map(|line| line.split_once(' ')).map(|(n, o)| (n.to_owned(), o.to_owned())).collect()
}

#[test]
fn eight_at_once_leave_no_gap_and_lose_nothing() {
    let sandbox = company();
    let mut told = BTreeMap::new();
    for round in 0..ROUNDS {
        let version = ["1.0.0", "1.0.1"][round % 2];
        let running: Vec<Child> = (0..PROMOTERS).map(|n| promote(&sandbox, n, version)).collect();
        let before = told.len();
        for child in running {
            let ended = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            match ended.status.code() {
                Some(0) => {
                    let answer: Value = serde_json::from_slice(&ended.stdout).unwrap();
                    let moved = answer["moved"].as_array().unwrap();
                    for written in moved.iter().map(|m| &m["written"]).filter(|w| !w.is_null()) {
                        let text = |key: &str| written[key].as_str().unwrap().to_owned();
                        assert_eq!(told.insert(text("tag"), text("object")), None, "written twice: {written}");
                    }
                }
                Some(9) => assert!(said.contains("first"), "{said}"),
                other => panic!("exit {other:?}: {said}"),
            }
        }
        assert_eq!(told.len(), before + 1, "of all who promote the same, one writes it");
    }
    assert_eq!(pointers(&sandbox, "hub.git"), told);
    let numbers: Vec<String> = (1..=ROUNDS).map(|n| format!("env/dev/support/triage@{n:08}")).collect();
    assert!(told.keys().eq(&numbers), "{told:?}");
    for n in 0..PROMOTERS {
        assert!(pointers(&sandbox, &format!("c{n}")).iter().all(|(tag, object)| told.get(tag) == Some(object)));
    }
    sandbox.done("git clone -q hub.git auditor && promptuary -C auditor verify --all");
}
