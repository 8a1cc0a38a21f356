#!/usr/bin/env python3
"""Whole commands over a big ledger, each in turn with git's own: wall clock and processor time (user + system), medians.

    cargo run --release -p ledger --example big_ledger -- DIR [--pointers 10000 --prompts 200]
    crates/cli/benches/ledger.py target/release/promptuary DIR [RUNS, 11] [resolve|verify|promote ...]

`resolve` and `verify` leave DIR as it is. `promote` makes a bare clone DIR.hub.git, where it is missing, names it `origin`
of DIR, and promotes the two releases of support/triage in turn, beside a bare `git push` of one tag. Needs git, ssh-keygen.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


class Bench:
    def __init__(self, program, folder, runs):
        self.program, self.folder, self.runs = os.path.realpath(program), os.path.realpath(folder), runs
        self.top = tempfile.mkdtemp(prefix="promptuary-")
        self.env = {**os.environ, "HOME": self.top, "GIT_CONFIG_NOSYSTEM": "1"}
        self.versions = ["1.0.0", "1.1.0"]

    def once(self, argv, state="kept"):
        """Processor time and wall clock in milliseconds, the exit code, what was printed."""
        env = {**self.env, "XDG_STATE_HOME": os.path.join(self.top, state)}
        spent = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
        before, begin = spent(), time.perf_counter()
        ended = subprocess.run(argv, cwd=self.folder, env=env, capture_output=True, text=True)
        wall = time.perf_counter() - begin
        if ended.returncode != 0:
            raise SystemExit(f"{' '.join(argv)}: exit {ended.returncode}\n{ended.stdout}{ended.stderr}")
        return (spent() - before) * 1000, wall * 1000, ended.stdout

    def ours(self, *args, remembered=True):
        if not remembered:
            shutil.rmtree(os.path.join(self.top, "none"), ignore_errors=True)
        return self.once([self.program, *args], "kept" if remembered else "none")

    def git(self, *args):
        return self.once(["git", *args])

    def table(self, title, sides):
        """Every side in turn; the first round warms up."""
        rounds = [[side() for side in sides.values()] for _ in range(self.runs + 1)][1:]
        for at, name in enumerate(sides):
            cpu, wall = ([round[at][k] for round in rounds] for k in (0, 1))
            ratio = statistics.median(round[at][0] / round[1][0] for round in rounds) if at == 0 else None
            print(
                f"{title if at == 0 else '  beside'}, {name}: {statistics.median(cpu):.1f} ms of processor time, wall "
                f"{statistics.median(wall):.1f} (least {min(wall):.1f})" + (f", ratio {ratio:.2f}" if ratio else ""),
                flush=True,
            )

    def resolve(self):
        ask = ("resolve", "support/triage", "--env", "prod")
        beside = {"git for-each-ref": lambda: self.git("for-each-ref", "refs/tags/env/prod/support/triage@*")}
        self.table("resolve", {"remembered": lambda: self.ours(*ask), **beside})
        self.table("resolve", {"nothing remembered": lambda: self.ours(*ask, remembered=False), **beside})
        self.table("--version", {"promptuary": lambda: self.ours("--version"), "git": lambda: self.git("--version")})

    def verify(self):
        tag = "env/prod/support/triage@00000001"
        self.ours("resolve", "support/triage", "--env", "prod")
        with open(os.path.join(self.top, "allowed"), "w") as file:
            file.write(self.ours("trust", "export")[2])
        one = lambda: self.git("-c", f"gpg.ssh.allowedSignersFile={self.top}/allowed", "verify-tag", tag)
        sides = {"nothing remembered": lambda: self.ours("verify", "support/triage", remembered=False)}
        self.table("verify support/triage", {**sides, "git verify-tag of one pointer": one})

    def promote(self):
        hub = f"{self.folder}.hub.git"
        if not os.path.exists(hub):
            self.git("clone", "-q", "--bare", "--no-hardlinks", self.folder, hub)
        if "origin" not in self.git("remote")[2].split():
            self.git("remote", "add", "origin", hub)
        self.ours("sync")
        tags = iter(range(10**6))

        def one():
            for _ in self.versions:
                self.versions.reverse()
                reason = f"run {time.time_ns()}"
                took = self.ours("promote", f"support/triage@{self.versions[0]}", "--to", "prod", "-m", reason)
                if "already" not in took[2]:
                    return took
            raise SystemExit("nothing was promoted")

        def push():
            tag = f"plain-{time.time_ns()}-{next(tags)}"
            self.git("tag", tag, "HEAD")
            took = self.git("push", "-q", "origin", f"refs/tags/{tag}")
            self.git("tag", "-d", tag), self.git("--git-dir", hub, "tag", "-d", tag)
            return took

        self.table("promote", {"fetch and signing included": one, "git push of one tag": push})

    def close(self):
        shutil.rmtree(self.top, ignore_errors=True)


def main():
    program, folder = sys.argv[1:3]
    bench = Bench(program, folder, int(sys.argv[3]) if len(sys.argv) > 3 else 11)
    try:
        for what in sys.argv[4:] or ["resolve", "verify", "promote"]:
            getattr(bench, what)()
    finally:
        bench.close()


main()
