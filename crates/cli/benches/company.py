"""A scratch company for the programs beside this file: a home, keys, a repository with prompts, a bare remote, clones."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

GIT = shutil.which("git")


class Company:
    """Everything below one temporary folder; `env` is the environment of one machine."""

    def __init__(self, program, prompts):
        self.program = os.path.realpath(program)
        self.top = tempfile.mkdtemp(prefix="promptuary-")
        self.ids = [f"support/task-{n}" for n in range(prompts)] if prompts > 1 else ["support/triage"]
        os.makedirs(self.path("home"))
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", self.path("home/ada")], self.env("ada"))
        with open(self.path("home/.gitconfig"), "w") as file:
            file.write(
                "[user]\n\tname = Ada\n\temail = ada@example.com\n"
                f"\tsigningKey = {self.path('home/ada.pub')}\n[gpg]\n\tformat = ssh\n[init]\n\tdefaultBranch = main\n"
                "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[receive]\n\tautogc = false\n"
            )

    def path(self, below):
        return os.path.join(self.top, below)

    def env(self, machine):
        """What `machine` remembers is its own."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        state = self.path(f"state/{machine}")
        return {**kept, "HOME": self.path("home"), "GIT_CONFIG_NOSYSTEM": "1", "XDG_STATE_HOME": state, "NO_COLOR": "1"}

    def git(self, folder, *args):
        return run([GIT, *args], self.env("ada"), cwd=self.path(folder)).stdout.strip()

    def begin(self):
        """Repository `r` with two releases of every prompt, and the bare repository `hub.git` that holds them."""
        self.git("", "init", "-q", "r")
        self.ok("r", "-q", "init", machine="ada")
        sample = open(self.path("r/prompts/support/triage.md")).read()
        if self.ids != ["support/triage"]:
            os.remove(self.path("r/prompts/support/triage.md"))
            shutil.rmtree(self.path("r/evals"), ignore_errors=True)
        for version in ("1.0.0", "1.0.1"):
            for n, id in enumerate(self.ids):
                text = sample.replace("version: 1.0.0", f"version: {version}")
                text = text.replace("description: ", f"description: ({version[-1]}, {n}) ")
                write(self.path(f"r/prompts/{id}.md"), text)
            self.git("r", "add", "-A")
            self.git("r", "commit", "-qm", version)
            if version == "1.0.0":
                self.git("", "init", "-q", "--bare", "hub.git")
                self.git("r", "remote", "add", "origin", self.path("hub.git"))
                self.git("r", "push", "-q", "-u", "origin", "main")
                self.ok("r", "-q", "policy", "publish", machine="ada")
            self.git("r", "push", "-q", "origin", "main")
            for id in self.ids:
                self.ok("r", "-q", "release", id, machine="ada")

    def start(self, folder, *args, machine, wrap=(), env=None):
        return subprocess.Popen(
            [*wrap, self.program, "-C", self.path(folder), *args],
            env={**self.env(machine), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def promptuary(self, folder, *args, machine, env=None):
        """Exit code, standard output, standard error."""
        process = self.start(folder, *args, machine=machine, env=env)
        out, err = process.communicate()
        return process.returncode, out, err

    def ok(self, folder, *args, machine, env=None):
        code, out, err = self.promptuary(folder, *args, machine=machine, env=env)
        if code != 0:
            raise SystemExit(f"promptuary {' '.join(args)}: exit {code}\n{out}{err}")
        return out

    def tags(self, folder, pattern):
        """Name and object of every tag that fits."""
        listed = self.git(folder, "for-each-ref", "--format=%(refname:strip=2) %(objectname)", f"refs/tags/{pattern}")
        return dict(line.split(" ") for line in listed.splitlines())

    def close(self):
        shutil.rmtree(self.top, ignore_errors=True)


class Sshd:
    """A real sshd on loopback, started by nobody in particular, that lets one key in."""

    def __init__(self, company, port=0):
        self.folder = company.path("sshd")
        os.makedirs(self.folder)
        here = lambda name: os.path.join(self.folder, name)
        for name in ("host", "client"):
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", here(name)], company.env("ada"))
        shutil.copy(here("client.pub"), here("authorized"))
        self.port = port or free_port()
        write(
            here("config"),
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {here('host')}\nPidFile {here('pid')}\n"
            f"AuthorizedKeysFile {here('authorized')}\nStrictModes no\nPasswordAuthentication no\n"
            "KbdInteractiveAuthentication no\nUsePAM no\nMaxStartups 200\nMaxSessions 200\nPermitRootLogin yes\n"
            f"SetEnv HOME={company.path('home')} GIT_CONFIG_NOSYSTEM=1\n",
        )
        sshd = shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
        if sshd is None:
            raise SystemExit("no sshd here: apt-get install openssh-server")
        os.makedirs("/run/sshd", exist_ok=True) if os.getuid() == 0 else None
        self.process = subprocess.Popen([sshd, "-D", "-e", "-f", here("config")], stderr=open(here("log"), "w"))
        host = open(here("host.pub")).read().split()
        write(here("known"), f"[127.0.0.1]:{self.port} {host[0]} {host[1]}\n")
        self.command = (
            f"ssh -F /dev/null -i {here('client')} -o IdentitiesOnly=yes -o UserKnownHostsFile={here('known')} "
            "-o StrictHostKeyChecking=yes -o BatchMode=yes"
        )
        for _ in range(100):
            if subprocess.run([*self.command.split(), "-p", str(self.port), "127.0.0.1", "true"], stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.1)
        raise SystemExit(f"sshd does not answer; it said: {open(here('log')).read()}")

    def url(self, path):
        return f"ssh://127.0.0.1:{self.port}{path}"

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def free_port():
    import socket

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(argv, env, cwd=None):
    ended = subprocess.run(argv, env=env, cwd=cwd, capture_output=True, text=True)
    if ended.returncode != 0:
        raise SystemExit(f"{' '.join(argv)}: exit {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def answer(out):
    return json.loads(out)
