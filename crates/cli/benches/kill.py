#!/usr/bin/env python3
"""kill -9 at any moment of promote, release, rollback, policy publish and sync --push; then the command again.

    crates/cli/benches/kill.py target/release/promptuary [ROUNDS of promote, 500] [ROUNDS of each other, 60] [promote|release|rollback|publish|sync ...]

Each round kills after a delay drawn (SEED, 7) from the whole duration, in turn the program alone (its git lives on) and everything
that it started; then, where strace is here, at named steps: the n-th call of a system call that changes something, in
the program or in the git that makes it. Held to, in each round: the command given again finishes the job or says that it
is done, where need be after the remedy that it names (a lock that a killed git left); then remote and clone verify, and
the remote holds the entry once. Needs git, ssh-keygen, python3; strace for the named steps.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

from company import Company, write

STEPS = [
    (call, n)
    for call, most in [("rename", 12), ("link", 8), ("unlink", 12), ("mkdir", 6), ("fsync", 12), ("vfork,clone3,clone", 14)]
    for n in range(1, most + 1)
] + [("openat", n) for n in range(20, 620, 40)] + [("write", n) for n in range(1, 40, 4)]


class Act:
    """One command, the state before it, and what the remote holds after it."""

    def __init__(self, name, args, prepare, expected):
        self.name, self.args, self.prepare, self.expected = name, args, prepare, expected


class Rounds:
    def __init__(self, program):
        self.company = Company(program, 1)
        self.company.begin()
        self.n = 0
        self.faults = []
        self.locks = 0

    def close(self):
        self.company.close()

    def promptuary(self, *args):
        return self.company.promptuary("r", *args, machine="ada")

    def kill_after(self, act, delay, everything):
        process = self.company.start("r", *act.args(self), machine="ada")
        try:
            process.wait(timeout=delay)
        except subprocess.TimeoutExpired:
            if everything:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.send_signal(signal.SIGKILL)
        process.wait()
        self.settle(process)
        return process.returncode

    def kill_at(self, act, call, n):
        log = self.company.path("strace.log")
        wrap = ["strace", "-f", "-qq", "-o", log, "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}"]
        process = self.company.start("r", *act.args(self), machine="ada", wrap=wrap)
        process.communicate()
        self.settle(process)
        return "killed by SIGKILL" in open(log).read()

    def settle(self, process):
        """Waits until nobody of the process's session is left: an orphaned git may still be at work."""
        for stream in (process.stdout, process.stderr):
            stream.close()
        for _ in range(600):
            if subprocess.run(["pgrep", "-g", str(process.pid)], capture_output=True).returncode != 0:
                return
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)

    def again(self, act, what):
        """The command once more; a lock that it names is removed as it says, and that is counted."""
        said = []
        for _ in range(6):
            code, out, err = self.promptuary(*act.args(self))
            if code == 0:
                return True
            said.append(f"exit {code}: {(out + err).strip()}")
            lock = re.search(r"(/\S+\.lock)", err)
            if not (lock and os.path.exists(lock[1]) and lock[1].startswith(self.company.top)):
                break
            self.locks += 1
            os.remove(lock[1])
        self.faults.append(f"{act.name}, {what}: " + " | ".join(said))
        return False

    def check(self, act, what):
        there = self.company.tags("hub.git", "")
        missing = [tag for tag in act.expected(self) if tag not in there]
        if missing:
            self.faults.append(f"{act.name}, {what}: the remote lacks {missing}")
        here = self.company.tags("r", "")
        if any(there.get(tag) != object for tag, object in here.items()):
            self.faults.append(f"{act.name}, {what}: clone and remote differ")
        code, out, err = self.promptuary("verify")
        if code != 0:
            self.faults.append(f"{act.name}, {what}: verify says {code}: {out}{err}")
        # What a stranger sees, now and then: it takes a clone.
        if self.n % 25 == 0:
            self.company.git("", "clone", "-q", self.company.path("hub.git"), f"auditor-{self.n}")
            code, out, err = self.company.promptuary(f"auditor-{self.n}", "verify", "--all", machine=f"auditor-{self.n}")
            if code != 0:
                self.faults.append(f"{act.name}, {what}: a fresh clone does not verify: {out}{err}")
            shutil.rmtree(self.company.path(f"auditor-{self.n}"))

    def round(self, act, kill, what):
        self.n += 1
        act.prepare(self)
        killed = kill()
        if self.again(act, what):
            self.check(act, what)
        for stray in self.strays():
            self.faults.append(f"{act.name}, {what}: {stray} was left and never named")
            os.remove(stray)
        return killed

    def strays(self):
        """Locks of git that stand in somebody's way; those that only this program's own flock uses are empty and stay."""
        for folder in ("r/.git", "hub.git"):
            for top, _, names in os.walk(self.company.path(folder)):
                for name in names:
                    if name.endswith(".lock") and "/promptuary" not in top:
                        yield os.path.join(top, name)


def promote():
    def prepare(rounds):
        rounds.version = "1.0.0" if getattr(rounds, "version", "1.0.0") == "1.0.1" else "1.0.1"
        rounds.number = getattr(rounds, "number", 0) + 1

    args = lambda rounds: ("promote", f"support/triage@{rounds.version}", "--to", "dev", "-m", f"round {rounds.n}")
    return Act("promote", args, prepare, lambda rounds: [f"env/dev/support/triage@{rounds.number:08}"])


def rollback():
    def prepare(rounds):
        for version in ("1.0.0", "1.0.1"):
            rounds.company.ok("r", "-q", "promote", f"support/triage@{version}", "--to", "dev", "-m", f"up {rounds.n}", machine="ada")
        rounds.number = len(rounds.company.tags("hub.git", "env/dev/")) + 1

    args = lambda rounds: ("rollback", "support/triage", "--env", "dev", "-m", f"round {rounds.n}")
    return Act("rollback", args, prepare, lambda rounds: [f"env/dev/support/triage@{rounds.number:08}"])


def release():
    def prepare(rounds):
        path = rounds.company.path("r/prompts/support/triage.md")
        text = re.sub(r"(?m)^version: .*$", f"version: 1.1.{rounds.n}", open(path).read())
        write(path, re.sub(r"(?m)^description: .*$", f"description: Round {rounds.n}.", text))
        rounds.company.git("r", "commit", "-qam", f"round {rounds.n}")
        rounds.company.git("r", "push", "-q", "origin", "main")

    return Act("release", lambda _: ("release", "support/triage"), prepare, lambda rounds: [f"prompt/support/triage@1.1.{rounds.n}"])


def publish():
    def prepare(rounds):
        path = rounds.company.path("r/policies/policy.yaml")
        text = open(path).read().split("# round")[0]
        write(path, f"{text}# round {rounds.n}\n")
        rounds.company.git("r", "commit", "-qam", f"policy {rounds.n}")
        rounds.company.git("r", "push", "-q", "origin", "main")
        rounds.number = len(rounds.company.tags("hub.git", "policy@*")) + 1

    args = lambda rounds: ("policy", "publish")
    return Act("policy publish", args, prepare, lambda rounds: [f"policy@{rounds.number:08}"])


def sync():
    def prepare(rounds):
        """Two entries that lie only here."""
        company = rounds.company
        first = len(company.tags("hub.git", "env/dev/")) + 1
        company.git("r", "remote", "rename", "origin", "away")
        url = company.git("r", "config", "remote.away.url")
        company.git("r", "remote", "remove", "away")
        os.rename(company.path("r/.git/promptuary"), company.path("r/.git/put-aside"))
        # Without a remote this is another ledger's memory: taken at its word, as on a machine that never had one.
        for version in ("1.0.0", "1.0.1"):
            company.ok("r", "-q", "promote", f"support/triage@{version}", "--to", "dev", "-m", f"alone {rounds.n}", machine="alone")
        os.rename(company.path("r/.git/put-aside"), company.path("r/.git/promptuary"))
        company.git("r", "remote", "add", "origin", url)
        company.git("r", "fetch", "-q", "--no-tags", "origin")
        rounds.expected = [f"env/dev/support/triage@{n:08}" for n in (first, first + 1)]

    return Act("sync --push", lambda _: ("sync", "--push"), prepare, lambda rounds: rounds.expected)


def duration(rounds, act):
    """How long the command takes here and now: the longest of three."""
    longest = 0
    for _ in range(3):
        rounds.n += 1
        act.prepare(rounds)
        begin = time.monotonic()
        code, out, err = rounds.promptuary(*act.args(rounds))
        longest = max(longest, time.monotonic() - begin)
        if code != 0:
            raise SystemExit(f"{act.name} fails without being killed: {out}{err}")
    return longest


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "target/release/promptuary"
    many = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    few = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    chance = random.Random(int(os.environ.get("SEED", "7")))
    faults = 0
    only = sys.argv[4:]
    for make, count in [(promote, many), (release, few), (rollback, few), (publish, few), (sync, few)]:
        if only and make.__name__ not in only:
            continue
        rounds, act = Rounds(program), make()
        try:
            whole = duration(rounds, act)
            landed = sum(
                rounds.round(act, lambda: rounds.kill_after(act, delay, n % 2 == 0) != 0, f"after {delay * 1000:.0f} ms")
                for n in range(count)
                for delay in [chance.uniform(0, whole)]
            )
            named = 0
            if shutil.which("strace"):
                # Under strace a command takes many times as long, so the others get every fourth step.
                steps = STEPS if make is promote else STEPS[::4]
                named = sum(rounds.round(act, lambda: rounds.kill_at(act, *step), f"at {step[0]} {step[1]}") for step in steps)
            print(
                f"{act.name}: {landed} of {count} killed at random within {whole * 1000:.0f} ms, {named} at named steps; "
                f"{rounds.locks} stray locks named and removed; {len(rounds.faults)} faults",
                flush=True,
            )
            for fault in rounds.faults[:10]:
                print(f"  {fault}", flush=True)
            faults += len(rounds.faults)
        finally:
            rounds.close()
    sys.exit(1 if faults else 0)


main()
