#!/usr/bin/env python3
"""Runs `promptuary eval` against servers that this project did not write, on loopback.

    python3 crates/eval/tests/servers/run.py PROMPTUARY [--venv DIR]

LiteLLM's proxy answers with mock answers. It comes from PyPI into DIR (default: a folder under the temporary one), which
takes minutes the first time. Nothing leaves this machine after that. Prints a line for each thing that holds; exits 1 where
one does not.
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

FAILED = []


def holds(what, fact, said=""):
    print(("ok      " if fact else "FAILED  ") + what)
    if not fact:
        FAILED.append(what)
        print(said)


def venv(folder, packages):
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return python


def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A program that serves HTTP until the block ends."""

    def __init__(self, command, address, log, **environment):
        self.command, self.address, self.log = command, address, log
        self.environment = {**os.environ, **environment}

    def __enter__(self):
        out = open(self.log, "wb")
        self.process = subprocess.Popen(self.command, stdout=out, stderr=out, env=self.environment, start_new_session=True)
        for _ in range(1200):
            if self.process.poll() is not None:
                sys.exit(f"{self.command[0]} ended: see {self.log}")
            try:
                urllib.request.urlopen(self.address + "/v1/models", timeout=1).read()
                return self
            except urllib.error.HTTPError:
                return self
            except OSError:
                time.sleep(0.1)
        sys.exit(f"{self.command[0]} does not answer: see {self.log}")

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()


def repository(folder, model, suite, parameters="{ temperature: 0, max_tokens: 12, seed: 7 }"):
    for path, text in {
        "prompts/routes.yaml": f"routes: {{ fast: {model} }}\ndefaults: {{ low: fast, medium: fast, high: fast }}\n",
        "prompts/ask.md": "---\nversion: 1.0.0\ndescription: Answer.\nowner: docs\nrisk: low\n"
        f"parameters: {parameters}\ninputs: {{ question: string }}\n---\n"
        '{{ role("system") }}\nAnswer briefly.\n\n{{ role("user") }}\n{{ question }}\n',
        "evals/ask.yaml": suite,
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)


def evaluate(promptuary, folder, *arguments, **environment):
    """The exit code, the JSON where there is any, and everything that was said."""
    command = [promptuary, "-C", folder, "eval", "--providers", folder / "providers.yaml", "--format", "json", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    value = json.loads(run.stdout) if run.stdout.startswith("{") else None
    return run.returncode, value, run.stdout + run.stderr


def cases(n, assertion):
    tests = "".join(f"  - {{ id: q{i:02}, vars: {{ question: 'What is {i}?' }} }}\n" for i in range(n))
    return f"defaultTest:\n  assert: [{assertion}]\ntests:\n{tests}"


def litellm(promptuary, python, scratch):
    at, key = port(), "sk-loopback-0123456789"
    config = scratch / "litellm.yaml"
    limited = "os.environ/NOBODY"
    config.write_text(
        json.dumps(
            {
                "model_list": [
                    {"model_name": "mock", "litellm_params": {"model": "openai/mock", "api_key": "x", "mock_response": "the answer is 42"}},
                    {"model_name": "limit", "litellm_params": {"model": "openai/limit", "api_key": limited, "mock_response": "litellm.RateLimitError"}},
                ],
                "general_settings": {"master_key": key},
                "litellm_settings": {"num_retries": 0},
            }
        )
    )
    address = f"http://127.0.0.1:{at}"
    command = [python.parent / "litellm", "--config", config, "--port", str(at), "--host", "127.0.0.1"]
    quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False", "DO_NOT_TRACK": "1"}
    with Server(command, address, scratch / "litellm.log", **quiet):
        providers = f"format: 1\nproviders:\n  proxy: {{ kind: openai, base_url: '{address}/v1', key_variable: PROXY_KEY, concurrency: 8, timeout: 20s }}\n"
        folder = scratch / "litellm"
        repository(folder, "proxy/mock", cases(40, "{ type: contains, value: '42' }"))
        (folder / "providers.yaml").write_text(providers)
        code, value, said = evaluate(promptuary, folder, "--record", PROXY_KEY=key)
        passed = value and value["suites"][0]["verdict"]["models"][0]["passed"]
        holds("litellm: 40 answers through the proxy, recorded", (code, passed) == (0, 40), said)
        usage = value and value["suites"][0]["results"]["spent"]["usage"]
        holds("litellm: tokens are counted as the proxy counts them", bool(usage and usage["output"] > 0), said)
        code, value, said = evaluate(promptuary, folder)
        holds("litellm: the replay says the same without a key", code == 0 and value["suites"][0]["results"]["spent"]["replayed"] == 40, said)
        code, value, said = evaluate(promptuary, folder, "--live", PROXY_KEY="sk-wrong-9876543210")
        outcomes = value and value["suites"][0]["results"]["outcomes"]
        refused = code == 4 and all(o["status"] == "error" for o in outcomes) and "sk-wrong-9876543210" not in said
        holds("litellm: a wrong key is an error of the provider (exit 4), and is not shown", refused, said[:2000])
        code, value, said = evaluate(promptuary, folder, "--live", "--models", "proxy/limit", PROXY_KEY=key)
        outcomes = value and value["suites"][0]["results"]["outcomes"]
        limited = code == 4 and outcomes and all(o["status"] == "error" and "429" in o["reason"] for o in outcomes[:1])
        holds("litellm: a rate limit is tried again and then an error (exit 4)", bool(limited), said[:2000])
        code, value, said = evaluate(promptuary, folder, "--live", "--models", "proxy/nosuch", PROXY_KEY=key)
        holds("litellm: a model that is not there is an error (exit 4)", code == 4, said[:2000])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("promptuary", type=pathlib.Path)
    parser.add_argument("--venv", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "promptuary-servers")
    arguments = parser.parse_args()
    promptuary = arguments.promptuary.resolve()
    arguments.venv.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        litellm(promptuary, venv(arguments.venv / "litellm", ["litellm[proxy]"]), scratch)
    sys.exit(1 if FAILED else 0)


main()
