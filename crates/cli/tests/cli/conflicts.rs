//! `--over-conflicts`, as a person meets it: told what stands in the way, they look, and go on.

use crate::sandbox::Sandbox;

/// A ledger with two releases and one entry in dev; then an entry that ada dated ten days ahead.
const BEGIN: &str = r##"set -e
git config --global user.name Ada; git config --global user.email ada@example.com
git config --global init.defaultBranch main; git config --global gpg.format ssh
ssh-keygen -q -t ed25519 -N '' -C ada -f ~/ada; git config --global user.signingKey ~/ada.pub
git init -q r; cd r; promptuary -q init; git add -A; git commit -qm start
promptuary -q policy publish; promptuary -q release support/triage
sed -i 's/^version: 1.0.0/version: 1.0.1/; s/^description: .*/description: Another./' prompts/support/triage.md
git commit -qam next; promptuary -q release support/triage
promptuary -q promote support/triage@1.0.0 --to dev
T=env/dev/support/triage; d=$(git cat-file tag $T@00000001 | sed '/^-----BEGIN /,$d' | sha256sum | cut -d' ' -f1)
git cat-file tag $T@00000001 | sed '/^-----BEGIN /,$d' | sed -e "s#^tag .*#tag $T@00000002#" -e 's/^Sequence: 1/Sequence: 2/' \
  -e "s/^Previous: .*/Previous: 1 sha256:$d/" -e "s/> [0-9]* +0000/> $(($(date +%s) + 864000)) +0000/" >../payload
ssh-keygen -q -Y sign -n git -f ~/ada ../payload 2>/dev/null
echo $(cat ../payload ../payload.sig | git hash-object -t tag -w --stdin --literally) >.git/refs/tags/$T@00000002"##;

#[test]
fn who_has_looked_goes_on_over_a_conflict() {
    let sandbox = Sandbox::new();
    let begun = sandbox.run(BEGIN);
    assert_eq!(begun.code, 0, "{}", begun.raw);
    let promote = "cd r && promptuary promote support/triage@1.0.1 --to dev";
    for line in [promote.to_owned(), format!("{promote} --dry-run")] {
        let stopped = sandbox.run(&line);
        assert_eq!(stopped.code, 8, "{line}: {}", stopped.raw);
        assert!(stopped.raw.contains("clock-behind: ") && stopped.raw.contains("--over-conflicts"), "{}", stopped.raw);
    }
    let tried = sandbox.run(&format!("{promote} --over-conflicts --dry-run"));
    assert_eq!(tried.code, 0, "{}", tried.raw);
    let went = sandbox.run(&format!("{promote} --over-conflicts"));
    assert_eq!(went.code, 0, "{}", went.raw);
    assert!(went.raw.contains("env/dev/support/triage@00000003"), "{}", went.raw);
    let verified = sandbox.run("cd r && promptuary verify && git cat-file tag env/dev/support/triage@00000003");
    assert_eq!(verified.code, 0, "{}", verified.raw);
    assert!(verified.raw.contains("\nSkip: 2\n"), "{}", verified.raw);
    // Nobody has to say it twice.
    let next = sandbox.run("cd r && promptuary rollback support/triage --env dev -m back");
    assert_eq!(next.code, 0, "{}", next.raw);
}
