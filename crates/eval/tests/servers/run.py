#!/usr/bin/env python3
"""Runs `promptuary eval` against servers that this project did not write, on loopback.

    python3 crates/eval/tests/servers/run.py PROMPTUARY [--venv DIR]

LiteLLM's proxy answers with mock answers; llama-cpp-python's server runs a tiny random model that is made here. Both come
from PyPI into DIR (default: a folder under the temporary one), which takes minutes the first time: llama-cpp-python is
built from source where no wheel fits. Nothing leaves this machine after that. --only litellm or --only llama runs one. Prints a line for each thing that holds; exits 1 where
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


MAKE_MODEL = r"""
import sys, gguf, numpy as np
width, heads, layers, hidden = 64, 4, 2, 128
kinds, words = gguf.TokenType, [("<unk>", gguf.TokenType.UNKNOWN), ("<s>", gguf.TokenType.CONTROL), ("</s>", gguf.TokenType.CONTROL)]
words += [(f"<0x{n:02X}>", kinds.BYTE) for n in range(256)]
words += [(c, kinds.NORMAL) for c in ["\u2581", *"abcdefghijklmnopqrstuvwxyz0123456789{}[]:,.\"' "]]
out = gguf.GGUFWriter(sys.argv[1], "llama")
out.add_name("random"); out.add_context_length(512); out.add_embedding_length(width); out.add_block_count(layers)
out.add_feed_forward_length(hidden); out.add_head_count(heads); out.add_head_count_kv(heads)
out.add_layer_norm_rms_eps(1e-5); out.add_rope_dimension_count(width // heads); out.add_vocab_size(len(words))
out.add_tokenizer_model("llama"); out.add_token_list([w for w, _ in words])
out.add_token_scores([-float(n) for n in range(len(words))]); out.add_token_types([k for _, k in words])
out.add_bos_token_id(1); out.add_eos_token_id(2); out.add_unk_token_id(0)
random = np.random.default_rng(7)
tensor = lambda name, *shape: out.add_tensor(name, (random.standard_normal(shape) * 0.2).astype(np.float32))
ones = lambda name: out.add_tensor(name, np.ones(width, dtype=np.float32))
tensor("token_embd.weight", len(words), width); ones("output_norm.weight"); tensor("output.weight", len(words), width)
for n in range(layers):
    ones(f"blk.{n}.attn_norm.weight"); ones(f"blk.{n}.ffn_norm.weight")
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        tensor(f"blk.{n}.{name}.weight", width, width)
    tensor(f"blk.{n}.ffn_gate.weight", hidden, width); tensor(f"blk.{n}.ffn_up.weight", hidden, width)
    tensor(f"blk.{n}.ffn_down.weight", width, hidden)
out.write_header_to_file(); out.write_kv_data_to_file(); out.write_tensors_to_file(); out.close()
"""


def llama(promptuary, python, scratch):
    model = scratch / "random.gguf"
    subprocess.run([python, "-c", MAKE_MODEL, model], check=True)
    at = port()
    command = [python, "-m", "llama_cpp.server", "--model", model, "--host", "127.0.0.1", "--port", str(at), "--n_ctx", "512"]
    command += ["--n_threads", "1", "--chat_format", "chatml"]
    with Server([str(part) for part in command], f"http://127.0.0.1:{at}", scratch / "llama.log"):
        providers = f"format: 1\nproviders:\n  local: {{ kind: openai, base_url: 'http://127.0.0.1:{at}/v1', concurrency: 2, timeout: 60s }}\n"
        folder = scratch / "llama"
        hot = "{ temperature: 0.9, max_tokens: 12, seed: 7 }"
        repository(folder, "local/random", cases(6, "{ type: char-count, value: { min: 1 } }"), hot)
        (folder / "providers.yaml").write_text(providers)
        digests = lambda value: [o["output_digest"] for o in value["suites"][0]["results"]["outcomes"]]
        code, value, said = evaluate(promptuary, folder, "--record")
        holds("llama: answers of a random model, recorded", code == 0 and value["suites"][0]["verdict"]["models"][0]["passed"] == 6, said)
        first = digests(value)
        code, value, said = evaluate(promptuary, folder)
        holds("llama: the replay has the very same answers", code == 0 and digests(value) == first, said)
        code, value, said = evaluate(promptuary, folder, "--live")
        holds("llama: the same seed gives the same answers", code == 0 and digests(value) == first, said)
        prompt = folder / "prompts/ask.md"
        prompt.write_text(prompt.read_text().replace("seed: 7", "seed: 8"))
        code, value, said = evaluate(promptuary, folder)
        holds("llama: another seed is another question: nothing on file (exit 6)", code == 6, said)
        code, value, said = evaluate(promptuary, folder, "--live")
        holds("llama: another seed gives other answers", code == 0 and digests(value) != first, said)
        plain = prompt.read_text().replace("max_tokens: 12", "max_tokens: 60")
        prompt.write_text(plain.replace("inputs:", "output: { format: json }\ninputs:"))
        (folder / "evals/ask.yaml").write_text(cases(3, "{ type: regex, value: '^\\s*[{]' }"))
        code, value, said = evaluate(promptuary, folder, "--live")
        passed = value and value["suites"][0]["verdict"]["models"][0]["passed"]
        holds("llama: JSON mode binds even a random model", (code, passed) == (0, 3), said[:3000])
        schema = "output: { format: json, schema: { type: object, required: [n], properties: { n: { enum: [1, 2] } } } }\n"
        prompt.write_text(plain.replace("inputs:", schema + "inputs:"))
        code, value, said = evaluate(promptuary, folder, "--live")
        told = code == 4 and "response_format" in said
        holds("llama: a schema, which this server does not take, is an error that names it (exit 4)", told, said[:3000])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("promptuary", type=pathlib.Path)
    parser.add_argument("--venv", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "promptuary-servers")
    parser.add_argument("--only", choices=["litellm", "llama"])
    arguments = parser.parse_args()
    promptuary = arguments.promptuary.resolve()
    arguments.venv.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        if arguments.only != "llama":
            litellm(promptuary, venv(arguments.venv / "litellm", ["litellm[proxy]"]), scratch)
        if arguments.only != "litellm":
            llama(promptuary, venv(arguments.venv / "llama", ["llama-cpp-python[server]", "gguf"]), scratch)
    sys.exit(1 if FAILED else 0)


main()
