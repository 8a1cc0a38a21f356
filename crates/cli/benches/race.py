#!/usr/bin/env python3
"""Eight promoters at once, each in a clone of its own, on one prompt and on eight, over a file and over a real sshd.

    crates/cli/benches/race.py target/release/promptuary [SECONDS a round, 300] [file|ssh ...]

Every promoter promotes one of two releases again and again. Held to, in each round: whoever is told that an entry was
written finds exactly that object on the remote, and nothing else is there; numbers run from 1 without a gap; whoever was
second is told with exit 9; a fresh clone verifies. Needs git, ssh-keygen, python3; for ssh also sshd (openssh-server).
"""

import random
import sys
import threading
import time

from company import Company, Sshd, answer

PROMOTERS = 8


def promoter(company, name, seconds, env, seed, told):
    """Promotes until the time is over; notes every exit, and every entry that it was told is written."""
    chance = random.Random(seed)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        id = chance.choice(company.ids)
        version = chance.choice(["1.0.0", "1.0.1"])
        args = ("promote", f"{id}@{version}", "--to", "dev", "--format", "json")
        code, out, err = company.promptuary(name, *args, machine=name, env=env)
        written = []
        if code == 0:
            moved = answer(out)
            moved = moved if isinstance(moved, list) else moved.get("moved", [moved])
            written = [(m["written"]["tag"], m["written"]["object"]) for m in moved if m.get("written")]
        told.append((code, written, err))


def round_of(program, prompts, way, seconds):
    company = Company(program, prompts)
    sshd = None
    try:
        company.begin()
        url, env = company.path("hub.git"), {}
        if way == "ssh":
            sshd = Sshd(company)
            url, env = sshd.url(url), {"GIT_SSH_COMMAND": sshd.command}
        clones = [f"clone-{n}" for n in range(PROMOTERS)]
        for clone in clones:
            company.git("", "clone", "-q", company.path("hub.git"), clone)
            company.git(clone, "remote", "set-url", "origin", url)
            # Somebody else each: the same words of one person in one second are one entry, and no race.
            company.git(clone, "config", "user.name", clone)
        told = [[] for _ in clones]
        threads = [
            threading.Thread(target=promoter, args=(company, clone, seconds, env, n, told[n]))
            for n, clone in enumerate(clones)
        ]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        return judge(company, prompts, way, seconds, [entry for list in told for entry in list], clones)
    finally:
        if sshd:
            sshd.close()
        company.close()


def judge(company, prompts, way, seconds, told, clones):
    wrong = []
    codes = {}
    for code, _, err in told:
        codes[code] = codes.get(code, 0) + 1
        if code not in (0, 9):
            wrong.append(f"exit {code}: {err.strip()}")
    written = [entry for _, entries, _ in told for entry in entries]
    there = company.tags("hub.git", "env/dev/")
    if len(set(written)) != len(written):
        wrong.append("an entry was told as written twice")
    if dict(written) != there:
        lost, extra = set(dict(written)) - set(there), set(there) - set(dict(written))
        wrong.append(f"told but not there: {sorted(lost)[:3]}; there but not told: {sorted(extra)[:3]}")
    for id in company.ids:
        numbers = sorted(int(tag.rsplit("@", 1)[1]) for tag in there if tag.startswith(f"env/dev/{id}@"))
        if numbers != list(range(1, len(numbers) + 1)):
            wrong.append(f"{id}: numbers with gaps, {numbers[-3:]} of {len(numbers)}")
    for clone in clones:
        if any(there.get(tag) != object for tag, object in company.tags(clone, "env/dev/").items()):
            wrong.append(f"{clone} holds something else than the remote")
    company.git("", "clone", "-q", company.path("hub.git"), "auditor")
    code, out, err = company.promptuary("auditor", "verify", "--all", machine="auditor")
    if code != 0:
        wrong.append(f"a fresh clone does not verify: exit {code}\n{out}{err}")
    nothing = sum(1 for code, entries, _ in told if code == 0 and not entries)
    print(
        f"{prompts} prompt{'s' if prompts > 1 else ''}, {way}, {seconds:.0f} s, {PROMOTERS} promoters: {len(written)} "
        f"entries written, {codes.get(9, 0)} told that they lost (exit 9), {nothing} found it live already; "
        + ("everything holds" if not wrong else f"{len(wrong)} FAULTS"),
        flush=True,
    )
    for line in wrong[:10]:
        print(f"  {line}", flush=True)
    return not wrong


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "target/release/promptuary"
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 300
    ways = sys.argv[3:] or ["file", "ssh"]
    outcomes = [round_of(program, prompts, way, seconds) for way in ways for prompts in (1, 8)]
    sys.exit(0 if all(outcomes) else 1)


main()
