#!/usr/bin/env python3
"""`eval` beside promptfoo on the same cases and the same server on loopback: wall clock, processor time, peak memory.

    cargo build --release -p promptuary
    crates/cli/benches/evals.py [target/release/promptuary] [--promptfoo FOLDER] [--cases 5000] [--runs 3] [--only WORD]
    crates/cli/benches/evals.py --only many --many 10000,100000,1000000 [--echo]      # memory: live, recorded, replayed, merged

5,000 cases with three assertions each (contains, regex, not-contains), asked of a server that answers at once or after
20 ms, 4 and 64 at a time; then recorded (promptfoo: its cache on disk, cold) and read back (its cache, warm), and 100,000
cases of ours alone, for memory, also in four parts that are merged; with --echo nobody is asked, which takes a tenth of the time. FOLDER holds node_modules with promptfoo 0.123.1 and node 22:
`npm install promptfoo@0.123.1 node@22` there; without it ours alone is run. Ours runs `--runs` times (medians), promptfoo
`--peer-runs` times (1: it takes a minute each). Everything is written below a scratch folder, nothing leaves this machine.

The floor of a latency is cases / concurrency * latency; the bare client shows what this server makes of it. Processor time is the child's own, the server's is not in it; both
share the cores, so that wall clock at 0 ms is as much the server's as ours.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import pathlib
import resource
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ANSWER = json.dumps(
    {
        "id": "x", "object": "chat.completion", "created": 1, "model": "tiny",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "the answer is 42"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13},
    }
).encode()
REPLY = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER)


class Talk(asyncio.Protocol):
    """Answers every request of one connection alike, after `latency`."""

    latency = 0.0

    def connection_made(self, transport):
        self.transport, self.seen = transport, b""

    def data_received(self, data):
        self.seen += data
        while (end := self.seen.find(b"\r\n\r\n")) >= 0:
            head = self.seen[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.seen) < end + 4 + length:
                return
            self.seen = self.seen[end + 4 + length :]
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self.transport.write, REPLY)
            else:
                self.transport.write(REPLY)


def serve(latency, told):
    async def main():
        Talk.latency = latency
        server = await asyncio.get_running_loop().create_server(Talk, "127.0.0.1", 0, backlog=1024)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


class Server:
    def __init__(self, milliseconds):
        self.milliseconds = milliseconds

    def __enter__(self):
        here, there = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=serve, args=(self.milliseconds / 1000, there), daemon=True)
        self.process.start()
        return here.recv()

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()


class Bare:
    """What the server alone allows: a loop over sockets that sends the same bytes again and looks at nothing."""

    name = "a bare client"

    def __init__(self, cases):
        body = b"x" * 300
        self.cases, self.request = cases, b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)

    def run(self, port, concurrency, _mode):
        begun, start, sent, done = time.process_time(), time.perf_counter(), 0, 0
        poll, talks = select.epoll(), {}
        for _ in range(concurrency):
            talk = socket.create_connection(("127.0.0.1", port))
            talk.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            poll.register(talk, select.EPOLLIN)
            talks[talk.fileno()] = talk
            talk.send(self.request)
            sent += 1
        while done < self.cases:
            for number, _ in poll.poll():
                talks[number].recv(65536)
                done += 1
                if sent < self.cases:
                    talks[number].send(self.request)
                    sent += 1
        wall = time.perf_counter() - start
        for talk in talks.values():
            talk.close()
        return wall, time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def once(line, cwd, environment=None, codes=(0,)):
    """Wall seconds, processor seconds, peak MiB."""
    start = time.perf_counter()
    with open(cwd / "said.txt", "wb") as said:
        child = subprocess.Popen(line, cwd=cwd, stdout=said, stderr=said, env={**os.environ, **(environment or {})})
        _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    if code not in codes:
        sys.exit(f"{line} ended with {code}: {(cwd / 'said.txt').read_text()[-2000:]}")
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def show(name, seen, floor=None):
    wall, cpu, memory = (statistics.median(run[k] for run in seen) for k in range(3))
    beside = f"  {wall / floor:6.2f} times the floor" if floor else ""
    print(f"{name:<46} {wall:9.3f} s wall {cpu:9.3f} s cpu {memory:8.1f} MiB{beside}", flush=True)
    return wall, cpu, memory


ASSERTIONS = [
    {"type": "contains", "value": "answer"}, {"type": "regex", "value": "\\d+"}, {"type": "not-contains", "value": "sorry"},
]


class Ours:
    name = "promptuary"

    def __init__(self, program, scratch, cases, model="local/tiny"):
        self.program, self.folder = program, scratch / f"ours-{cases}"
        write = lambda path, text: ((self.folder / path).parent.mkdir(parents=True, exist_ok=True), (self.folder / path).write_text(text))
        write("prompts/routes.yaml", f"routes: {{ fast: {model} }}\ndefaults: {{ low: fast, medium: fast, high: fast }}\n")
        write("prompts/p.md", "---\nversion: 1.0.0\ndescription: Answer.\nowner: docs\nrisk: low\ninputs: { q: string }\n---\n{{ q }}\n")
        asserts = "".join(f"    - {json.dumps(a)}\n" for a in ASSERTIONS)
        write("evals/p.yaml", f"defaultTest:\n  assert:\n{asserts}tests: file://data/rows.jsonl\n")
        write("evals/data/rows.jsonl", "")
        with open(self.folder / "evals/data/rows.jsonl", "w") as rows:
            rows.writelines(json.dumps({"vars": {"q": f"question number {i}: what is the answer?"}}) + "\n" for i in range(cases))
        subprocess.run(["git", "init", "-q", self.folder], check=True)

    def line(self, port, concurrency, mode):
        (self.folder / "providers.yaml").write_text(
            f"format: 1\nproviders:\n  local: {{ kind: openai, base_url: 'http://127.0.0.1:{port}/v1', concurrency: {concurrency} }}\n"
        )
        return [self.program, "eval", "p", mode, "--providers", "providers.yaml", "-j", str(concurrency), "--report", "out.jsonl"]

    def run(self, port, concurrency, mode):
        if mode == "--record":
            (self.folder / "evals/recordings/p.jsonl").unlink(missing_ok=True)
        return once(self.line(port, concurrency, mode), self.folder)

    def merged(self, parts=4):
        """Replays in parts, then puts them together: what the merging takes."""
        names = [f"part{n}.json" for n in range(1, parts + 1)]
        for n, name in enumerate(names, 1):
            once([*self.line(1, 1, "--replay"), "--shard", f"{n}/{parts}", "--report", name], self.folder)
        return once([self.program, "eval", "merge", *names, "--report", "out.jsonl"], self.folder)


class Promptfoo:
    name = "promptfoo 0.123.1"

    def __init__(self, folder, scratch, cases):
        self.modules, self.folder, self.cases = folder / "node_modules", scratch / f"theirs-{cases}", cases
        self.folder.mkdir()
        self.state = 0

    def run(self, port, concurrency, mode):
        provider = {"id": "openai:chat:tiny", "config": {"apiBaseUrl": f"http://127.0.0.1:{port}/v1", "apiKey": "x"}}
        tests = [{"vars": {"q": f"question number {i}"}} for i in range(self.cases)]
        config = {"prompts": ["{{q}}"], "providers": [provider], "defaultTest": {"assert": ASSERTIONS}, "tests": tests}
        (self.folder / "promptfooconfig.json").write_text(json.dumps(config))
        self.state += mode != "warm"
        here = self.folder / f"state-{self.state}"
        environment = {
            "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1", "PROMPTFOO_CONFIG_DIR": str(here),
            "PROMPTFOO_CACHE_PATH": str(here / "cache"), "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1", "HOME": str(here),
        }
        here.mkdir(exist_ok=True)
        node = self.modules / "node/bin/node"
        main = json.loads((self.modules / "promptfoo/package.json").read_text())["bin"]["promptfoo"]
        line = [node, self.modules / "promptfoo" / main, "eval", "-c", "promptfooconfig.json", "-j", str(concurrency)]
        line += ["--no-table", "--no-progress-bar", "-o", "out.json"] + (["--no-cache"] if mode == "--live" else [])
        return once(line, self.folder, environment)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("promptuary", type=pathlib.Path, nargs="?", default=pathlib.Path("target/release/promptuary"))
    parser.add_argument("--promptfoo", type=pathlib.Path)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--many", default="100000", help="how many cases, separated by commas")
    parser.add_argument("--echo", action="store_true", help="for many cases: nobody is asked")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer-runs", type=int, default=1)
    parser.add_argument("--only", default="", help="only rows whose name holds this: live, record, replay, many")
    arguments = parser.parse_args()
    program = arguments.promptuary.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        tools = [(Bare(arguments.cases), arguments.runs), (Ours(program, scratch, arguments.cases), arguments.runs)]
        if arguments.promptfoo:
            tools.append((Promptfoo(arguments.promptfoo.resolve(), scratch, arguments.cases), arguments.peer_runs))
        load = os.getloadavg()[0]
        print(f"{arguments.cases} cases, 3 assertions each; {os.cpu_count()} cores, load {load:.1f}", flush=True)
        if arguments.only in "live":
            for milliseconds in (0, 20):
                for concurrency in (4, 64):
                    floor = arguments.cases / concurrency * milliseconds / 1000
                    with Server(milliseconds) as port:
                        for tool, runs in tools:
                            seen = [tool.run(port, concurrency, "--live") for _ in range(runs)]
                            show(f"{tool.name}, live, {milliseconds} ms, {concurrency} at a time", seen, floor)
        if arguments.only in "record replay":
            for tool, runs in tools[1:]:
                with Server(0) as port:
                    show(f"{tool.name}, record (cache cold)", [tool.run(port, 64, "--record") for _ in range(runs)])
                # Nobody serves from here on.
                warm = "--replay" if isinstance(tool, Ours) else "warm"
                show(f"{tool.name}, replay (cache warm)", [tool.run(port, 64, warm) for _ in range(runs)])
        if arguments.only in "many":
            for many in map(int, arguments.many.split(",")):
                ours = Ours(program, scratch, many, "echo/tiny" if arguments.echo else "local/tiny")
                with Server(0) as port:
                    for mode in ("--live", "--record", "--replay"):
                        show(f"promptuary, {many} cases, {mode[2:]}", [ours.run(port, 64, mode)])
                show(f"promptuary, {many} cases, merge of four parts", [ours.merged()])


main()
