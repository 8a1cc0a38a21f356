//! A damaged object database: said as what it is, with an exit code of the table, by every command that meets it.

use std::os::unix::fs::PermissionsExt as _;

use crate::sandbox::Sandbox;

/// Writes a kind that there is none of into the header of an object in the only pack.
fn damage(sandbox: &Sandbox, object: &str) {
    let line = format!("cd r && git verify-pack -v .git/objects/pack/*.idx | grep $(git rev-parse '{object}')");
    let listed = sandbox.done(&line);
    let offset: usize = listed.lines().next().unwrap().split_whitespace().nth(4).unwrap().parse().unwrap();
    let folder = sandbox.work().join("r/.git/objects/pack");
    let mut files = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let pack = files.find(|p| p.extension().is_some_and(|e| e == "pack")).unwrap();
    let mut bytes = std::fs::read(&pack).unwrap();
    bytes[offset] &= 0x8f;
    std::fs::set_permissions(&pack, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(&pack, bytes).unwrap();
}

#[test]
fn damage_is_told_and_nothing_is_trusted() {
    for object in ["env/dev/support/triage@00000001", "prompt/support/triage@1.0.0", "policy@00000001", "HEAD^{tree}"] {
        let sandbox = Sandbox::of_ada();
        sandbox.done(
            "git init -q r && cd r && promptuary -q init && git add -A && git commit -qm start && \
             promptuary -q policy publish && promptuary -q release support/triage && \
             promptuary -q promote support/triage@1.0.0 --to dev && git repack -adq",
        );
        damage(&sandbox, object);
        for command in ["resolve support/triage --env dev", "verify --all", "status support/triage"] {
            // As a machine that remembers nothing sees it, and as one that does.
            for state in ["XDG_STATE_HOME=$PWD/none", ""] {
                let outcome = sandbox.run(&format!("cd r && {state} promptuary {command}"));
                assert!((7..=8).contains(&outcome.code), "{object}, {command}: {} {}", outcome.code, outcome.raw);
                assert!(!outcome.raw.contains("panicked"), "{object}, {command}: {}", outcome.raw);
            }
        }
    }
}
