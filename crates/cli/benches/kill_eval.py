#!/usr/bin/env python3
"""kill -9 at any moment of `eval --record` and `eval --live`, again and again, until a run reaches its end.

    crates/cli/benches/kill_eval.py target/release/promptuary [ROUNDS, 200] [CASES, 60]

Each round kills up to five runs, each after a delay drawn from the whole duration, then lets one end: the same command for
`--record`, with `--resume` for `--live`. Held to, in each round: the last run says what an uninterrupted one says; no
question was asked twice but those that were under way when a run was killed; after `--record`, the recordings are those of
an uninterrupted run, and a replay says the same. Compared is everything but times and what the last of several runs took.
Needs git and python3; the server is on loopback. From 8,192 answers on a run puts aside what came of its cases: 6,000 cases,
of which every other is asked twice, go beyond that.
"""

import hashlib
import http.server
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

CASES = int(sys.argv[3]) if len(sys.argv) > 3 else 60
AT_ONCE = 4
TIMES = {"asked_at", "latency_ms", "latency_p50_ms", "latency_p95_ms", "spent", "time_ratio"}
# A run that was killed after it had written its recordings leaves the next one nothing to ask.
ORIGIN = {"--record": {"origin"}, "--live": set()}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    asked: list = []

    def handle_error(self, *_):
        """A connection that its other end, being killed, reset."""


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers each question alike every time; one in six badly, so that not everything passes."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        question = json.loads(body)["messages"][-1]["content"]
        self.server.asked.append(question)
        time.sleep(0.004)
        digest = hashlib.sha256(question.encode()).hexdigest()
        text = f"kind {digest[:12]}" if int(digest[:2], 16) % 6 else f"rude {digest[:12]}"
        reply = json.dumps({
            "choices": [{"message": {"content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": len(question), "completion_tokens": 3},
        }).encode()
        try:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)
        except OSError:
            pass

    def log_message(self, *_):
        pass


def steady(value, more=frozenset()):
    """Without what differs from run to run."""
    if isinstance(value, dict):
        return {key: steady(inner, more) for key, inner in value.items() if key not in TIMES | more}
    return [steady(inner, more) for inner in value] if isinstance(value, list) else value


def difference(one, other, place=""):
    """The first place where two values differ."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return next((d for key in one if (d := difference(one[key], other[key], f"{place}/{key}"))), None)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return next((d for i in range(len(one)) if (d := difference(one[i], other[i], f"{place}/{i}"))), None)
    return None if one == other else f"{place}: {str(one)[:80]} is {str(other)[:80]}"


class Rounds:
    def __init__(self, program, scratch, port):
        self.program, self.folder = program, scratch / "r"
        self.recordings = self.folder / "evals/recordings/ask.jsonl"
        for path, text in {
            "prompts/routes.yaml": "routes: { fast: local/one }\ndefaults: { low: fast, medium: fast, high: fast }\n",
            "prompts/ask.md": "---\nversion: 1.0.0\ndescription: Answer.\nowner: docs\nrisk: low\ninputs: { question: string }\n---\n{{ question }}\n",
            "evals/ask.yaml": "defaultTest: { assert: [{ type: starts-with, value: kind }, { type: levenshtein, value: kind, threshold: 14 }] }\n"
            "gate: { min_pass_rate: 0.3 }\ntests:\n"
            + "".join(f"  - {{ id: q{i:02}, cluster: c{i % 7}, vars: {{ question: number {i} }}, options: {{ repeat: {1 + i % 2} }} }}\n" for i in range(CASES)),
            "providers.yaml": f"format: 1\nproviders:\n  local: {{ kind: openai, base_url: 'http://127.0.0.1:{port}/v1', concurrency: {AT_ONCE} }}\n",
        }.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)
        subprocess.run(["git", "init", "-q", "-b", "main", self.folder], check=True)
        self.requests = sum(1 + i % 2 for i in range(CASES))

    def start(self, *arguments):
        line = [self.program, "-q", "eval", "--providers", "providers.yaml", "--format", "json", *arguments]
        return subprocess.Popen(line, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def whole(self, *arguments):
        child = self.start(*arguments)
        out, err = child.communicate()
        if child.returncode != 0:
            raise SystemExit(f"eval {' '.join(arguments)} ended with {child.returncode}: {err.decode()}")
        return steady(json.loads(out))

    def fresh(self):
        shutil.rmtree(self.recordings.parent, ignore_errors=True)
        shutil.rmtree(self.folder / ".git/promptuary", ignore_errors=True)

    def has_journal(self):
        return any((self.folder / ".git/promptuary/eval").glob("*.jsonl"))

    def answers(self):
        lines = [json.loads(line) for line in self.recordings.read_text().splitlines()]
        return [steady(line) for line in lines]


def main():
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/release/promptuary")
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    chance, faults, killed, doubled = random.Random(7), [], 0, 0
    server = Server(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as scratch:
        rounds = Rounds(program, pathlib.Path(scratch), server.server_address[1])
        begin = time.monotonic()
        reference = {"--record": rounds.whole("--record")}
        duration = time.monotonic() - begin
        answers, replay = rounds.answers(), rounds.whole()
        rounds.fresh()
        reference["--live"] = rounds.whole("--live")
        for n in range(count):
            mode = ("--record", "--live")[n % 2]
            rounds.fresh()
            server.asked.clear()
            kills = 0
            for _ in range(chance.randint(1, 5)):
                child = rounds.start(mode, *(["--resume"] if mode == "--live" and rounds.has_journal() else []))
                try:
                    child.communicate(timeout=chance.uniform(0, duration))
                except subprocess.TimeoutExpired:
                    kills, killed = kills + 1, killed + 1
                    os.killpg(child.pid, signal.SIGKILL)
                    child.communicate()
                if not rounds.has_journal():
                    # It had not begun, or had reached its end; what comes now is a run of its own.
                    kills = 0
                    server.asked.clear()
                if child.returncode == 0:
                    break
            resumes = mode == "--live" and rounds.has_journal()
            said = rounds.whole(mode, *(["--resume"] if resumes else []))
            differs = difference(steady(said, ORIGIN[mode]), steady(reference[mode], ORIGIN[mode]))
            if differs:
                faults.append(f"round {n}, {mode} after {kills} kills: the results differ: {differs}")
            if mode == "--record":
                if rounds.answers() != answers:
                    faults.append(f"round {n}: the recordings differ")
                if rounds.whole() != replay:
                    faults.append(f"round {n}: the replay differs")
            asked = len(server.asked) - rounds.requests
            doubled += max(asked, 0)
            if asked > kills * AT_ONCE:
                faults.append(f"round {n}, {mode}: {asked} more questions than needed after {kills} kills")
    print(f"{count} rounds, {killed} runs killed within {duration * 1000:.0f} ms, {doubled} questions asked again; {len(faults)} faults")
    for fault in faults[:20]:
        print("  " + fault)
    sys.exit(1 if faults else 0)


main()
