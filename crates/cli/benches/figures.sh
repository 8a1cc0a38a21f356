#!/usr/bin/env bash
# Whole-process figures of docs/figures.md, each beside a named alternative in the same run: pairs in turn, medians.
#
#   cargo build --release -p promptuary && crates/cli/benches/figures.sh [target/release/promptuary]
#
# Makes a scratch repository with a real ledger (a chain of 1,000 pointers), adds 100,000 packed tags of other prompts,
# and 1,000 generated prompts. Takes a few minutes, most of it for signing. Needs git, ssh-keygen, python3 for medians.
set -euo pipefail

program=$(realpath "${1:-target/release/promptuary}")
generate="$(dirname "$program")/examples/generate"
pointers=${POINTERS:-1000} others=${OTHERS:-100000} runs=${RUNS:-15}
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT
export HOME=$scratch/home GIT_CONFIG_NOSYSTEM=1 XDG_STATE_HOME=$scratch/state
mkdir -p "$HOME" && cd "$scratch"

git config --global user.name Ada && git config --global user.email ada@example.com
git config --global init.defaultBranch main && git config --global gpg.format ssh
ssh-keygen -q -t ed25519 -N '' -f key && git config --global user.signingKey "$scratch/key.pub"

# pair NAME OURS ALTERNATIVE: medians of both, run in turn, and the ratio.
pair() {
  python3 - "$runs" "$@" <<'PY'
import statistics, subprocess, sys, time
runs, name, ours, other = int(sys.argv[1]), *sys.argv[2:5]
def once(line):
    start = time.perf_counter()
    subprocess.run(line, shell=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000
once(ours), once(other)
pairs = [(once(ours), once(other)) for _ in range(runs)]
a, b = (statistics.median(side) for side in zip(*pairs))
ratio = statistics.median(x / y for x, y in pairs)
print(f"{name}: {a:.1f} ms; {other if len(other) < 70 else other[:67] + '…'}: {b:.1f} ms; ratio {ratio:.2f}", flush=True)
PY
}

pair "--version" "$program --version" "git --version"

if [ -x "$generate" ]; then
  mkdir prompts-1000 && "$generate" prompts-1000 1000 >/dev/null && git -C prompts-1000 init -q
  pair "check, 1,000 prompts" "$program -C prompts-1000 check || true" "find prompts-1000 -name '*.md' | xargs cat"
fi

git init -q r && cd r && "$program" -q init >/dev/null && git add -A && git commit -qm start
"$program" -q policy publish >/dev/null && "$program" -q release support/triage >/dev/null
sed -i 's/^version: 1.0.0/version: 1.0.1/; s/^description: .*/description: Another./' prompts/support/triage.md
git commit -qam other && "$program" -q release support/triage >/dev/null
for ((i = 1; i <= pointers; i++)); do
  "$program" -q promote "support/triage@1.0.$((i % 2))" --to dev >/dev/null
done
git pack-refs --all
tip=$(git rev-parse "refs/tags/env/dev/support/triage@$(printf %08d "$pointers")")
commit=$(git rev-parse "$tip^{commit}")
python3 - "$tip" "$commit" "$others" <<'PY'
import sys
tip, commit, others = sys.argv[1], sys.argv[2], int(sys.argv[3])
head, *lines = open(".git/packed-refs").read().splitlines()
refs = {}
for line in lines:
    if line.startswith("^"):
        refs[name].append(line)
    else:
        name = line.split(" ", 1)[1]
        refs[name] = [line]
for i in range(others):
    name = f"refs/tags/env/dev/other/p{i:07}@00000001"
    refs[name] = [f"{tip} {name}", f"^{commit}"]
with open(".git/packed-refs", "w") as out:
    print(head, *(line for name in sorted(refs) for line in refs[name]), sep="\n", file=out)
PY

export GIT_OPTIONAL_LOCKS=0
"$program" -q resolve support/triage --env dev >/dev/null
pair "resolve, $others other tags, chain of $pointers, warm mark" \
  "$program resolve support/triage --env dev" \
  "git for-each-ref refs/tags/env/dev/support/triage@*"
pair "resolve, the same, nothing remembered" \
  "XDG_STATE_HOME=\$(mktemp -d -p $scratch) $program resolve support/triage --env dev" \
  "git for-each-ref refs/tags/env/dev/support/triage@*"
"$program" trust export >../allowed
runs=5 pair "verify support/triage, $pointers pointers, nothing remembered" \
  "XDG_STATE_HOME=\$(mktemp -d -p $scratch) $program verify support/triage" \
  "for i in \$(seq 1 20); do git -c gpg.ssh.allowedSignersFile=../allowed verify-tag env/dev/support/triage@\$(printf %08d \$i); done"
echo "(git verify-tag above: 20 tags; multiply by $((pointers / 20)))"
