#!/usr/bin/env bash
# `check` of generated prompts beside `cat` of the same files and beside two tools from PyPI, in turn, in one run: wall
# clock, processor time (user + system) and peak memory, medians.
#
#   cargo build --release -p promptuary && cargo build --release -p check --example generate
#   crates/cli/benches/peers.sh [target/release/promptuary]
#
# SIZES (1000 10000) says how many prompts; RUNS (5) how often; PEERS (1000) up to which size the slow ones run; VENV a
# Python environment that holds llmhq-promptops 0.6.1 and prompty 2.1.0 (made in the scratch folder where it is not set).
# The peers get the same texts in their own formats, blocks written out, because neither of them has includes.
# Needs git, python3 and, unless VENV is set, the network. Everything is written below a scratch folder.
set -euo pipefail

program=$(realpath "${1:-target/release/promptuary}")
generate="$(dirname "$program")/examples/generate"
sizes=${SIZES:-1000 10000} runs=${RUNS:-5} peers=${PEERS:-1000} venv=${VENV:-}
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT
export HOME=$scratch/home GIT_CONFIG_NOSYSTEM=1 XDG_STATE_HOME=$scratch/state GIT_OPTIONAL_LOCKS=0
mkdir -p "$HOME" && cd "$scratch"
git config --global user.name Ada && git config --global user.email ada@example.com
git config --global gc.auto 0 && git config --global maintenance.auto false
git config --global init.defaultBranch main && git config --global core.hooksPath .githooks

if [ -z "$venv" ]; then
  venv=$scratch/venv && python3 -m venv "$venv"
  "$venv/bin/pip" install -q llmhq-promptops==0.6.1 prompty==2.1.0
fi

cat >side.py <<'PY'
"""Runs command lines in turn and prints medians: name, then `command` pairs; the first pair is ours."""
import os, resource, statistics, subprocess, sys, time
runs, names, lines = int(sys.argv[1]), sys.argv[2::2], sys.argv[3::2]
def once(line):
    start = time.perf_counter()
    child = subprocess.Popen(line, shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    # 1 means findings, which is an answer too; doctor warns that there is no deploy log.
    assert os.waitstatus_to_exitcode(status) in (0, 1), line
    return (time.perf_counter() - start) * 1000, (used.ru_utime + used.ru_stime) * 1000, used.ru_maxrss / 1024
for line in lines:
    once(line)
seen = [[once(line) for line in lines] for _ in range(runs)]
for n, name in enumerate(names):
    wall, cpu, memory = (statistics.median(run[n][k] for run in seen) for k in range(3))
    ratio = statistics.median(run[0][0] / run[n][0] for run in seen)
    print(f"{name:<44} {wall:8.1f} ms wall {cpu:8.1f} ms user+sys {memory:7.1f} MiB  ours/this {ratio:.2f}", flush=True)
PY

cat >convert.py <<'PY'
"""Writes the generated prompts as llmhq-promptops and as prompty read them."""
import pathlib, re, sys
root, out = map(pathlib.Path, sys.argv[1:3])
(out / "prompty").mkdir(parents=True)
(out / ".promptops/prompts").mkdir(parents=True)
blocks = {p.name: p.read_text() for p in (root / "prompts/blocks").glob("*.md")}
for path in sorted((root / "prompts").glob("area-*/**/*.md")):
    front, body = path.read_text().split("---\n", 2)[1:]
    about = re.search(r"^description: (.*)$", front, re.M)[1]
    body = re.sub(r'\{% include "blocks/(.*?)" %\}\n', lambda m: blocks[m[1]], body)
    messages = re.split(r'\{\{ role\("(\w+)"\) \}\}\n', body)[1:]
    plain = "".join(messages[1::2])
    indented = "".join(f"    {line}\n" for line in plain.splitlines())
    (out / f".promptops/prompts/{path.stem}.yaml").write_text(
        f"prompt:\n  id: {path.stem}\n  description: {about}\n  model: gpt-5-mini\n  template: |\n{indented}"
        "variables:\n  ticket: { type: string, required: true }\n  locale: { type: string, required: true }\n")
    roles = "".join(f"{role}:\n{text}\n" for role, text in zip(messages[::2], messages[1::2]))
    (out / f"prompty/{path.stem}.prompty").write_text(
        f"---\nname: {path.stem}\ndescription: {about}\nmodel:\n  id: gpt-5-mini\n  provider: openai\ninputs:\n"
        f"  ticket:\n    kind: string\n  locale:\n    kind: string\n    default: en\n---\n{roles}")
PY

cat >load.py <<'PY'
import pathlib, sys, prompty
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.prompty")):
    prompty.load(path)
PY

for size in $sizes; do
  echo "== $size prompts, 200 blocks, 3 includes each; load $(cut -d' ' -f1 /proc/loadavg 2>/dev/null || true)"
  repository=$scratch/r$size && mkdir "$repository" && "$generate" "$repository" "$size" >/dev/null
  git -C "$repository" init -q && git -C "$repository" add -A && git -C "$repository" commit -qm start
  set -- "check" "$program -C $repository check" "cat" "find $repository/prompts -name '*.md' -print0 | xargs -0 cat"
  if [ "$size" -le "$peers" ]; then
    other=$scratch/o$size && python3 convert.py "$repository" "$other"
    git -C "$other" init -q && git -C "$other" add -A && git -C "$other" commit -qm start
    set -- "$@" "promptops doctor" "cd $other && $venv/bin/promptops doctor"
    set -- "$@" "prompty load, one process" "$venv/bin/python $scratch/load.py $other/prompty"
  fi
  python3 side.py "$runs" "$@"

  # One staged prompt, through the hook as git calls it; then a block that several prompts reach.
  mkdir -p "$repository/.githooks" "$scratch/bin" && ln -sf "$program" "$scratch/bin/promptuary"
  printf '#!/bin/sh\nexec promptuary check --staged\n' >"$repository/.githooks/pre-commit"
  chmod +x "$repository/.githooks/pre-commit"
  staged="cd $repository && PATH=$scratch/bin:\$PATH .githooks/pre-commit"
  prompt=$(cd "$repository" && find prompts/area-07 -name '*.md' -print -quit)
  echo "Another line." >>"$repository/$prompt" && git -C "$repository" add "$prompt"
  python3 side.py "$runs" "pre-commit, one staged prompt" "$staged" "git diff --cached" "git -C $repository diff --cached"
  python3 side.py "$runs" "check PATH" "$program -C $repository check $prompt" \
    "check --base HEAD" "$program -C $repository check --base HEAD"
  echo "Another line." >>"$repository/prompts/blocks/part-000.md" && git -C "$repository" add prompts
  python3 side.py "$runs" "pre-commit, a staged block" "$staged" "git diff --cached" "git -C $repository diff --cached"
done
