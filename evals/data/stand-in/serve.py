#!/usr/bin/env python3
"""Answers the sample's evals on a loopback port, in place of the models, so that recordings can be made without a key.

Speaks OpenAI's chat completions and Anthropic's messages. The answer is the first one in answers.jsonl whose `system` stands
in the request's system message and whose `find` stands in one of the others. A request without one gets status 404, so that
a new case is noticed. Usage:

    python3 evals/data/stand-in/serve.py 8099 &
    promptuary eval --record --providers evals/data/stand-in/providers.yaml
"""

import json
import pathlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWERS = [json.loads(line) for line in (pathlib.Path(__file__).parent / "answers.jsonl").read_text().splitlines() if line]


def text_of(content):
    if isinstance(content, str):
        return content
    parts = [part.get("text") or text_of(part.get("content", "")) for part in content or []]
    return "\n".join(parts)


def find(request):
    messages = request["messages"]
    system = text_of(request.get("system", "")) + "\n".join(text_of(m["content"]) for m in messages if m["role"] == "system")
    asked = "\n".join(text_of(m["content"]) for m in messages if m["role"] != "system")
    for entry in ANSWERS:
        if entry["find"] in asked and entry["system"] in system:
            return entry
    return None


def tokens(text):
    return max(1, len(text) // 4)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        entry = find(request)
        if entry is None:
            return self.reply(404, {"error": {"type": "not_found_error", "message": "no answer is written for this case"}})
        answer = entry.get("answer", "")
        text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
        read, written = tokens(json.dumps(request)), tokens(text)
        if self.path.endswith("/messages"):
            body = {"id": "msg_1", "type": "message", "role": "assistant", "model": request["model"],
                    "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": None,
                    "usage": {"input_tokens": read, "output_tokens": written}}
        else:
            message = {"role": "assistant", "content": text or None}
            if "call" in entry:
                call = {"name": entry["call"]["name"], "arguments": json.dumps(entry["call"]["arguments"])}
                message["tool_calls"] = [{"id": "call_1", "type": "function", "function": call}]
            reason = "tool_calls" if "call" in entry else "stop"
            body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1764000000, "model": request["model"],
                    "choices": [{"index": 0, "message": message, "finish_reason": reason}],
                    "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}}
        self.reply(200, body)

    def reply(self, status, body):
        data = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8099), Handler).serve_forever()
