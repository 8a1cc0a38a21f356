#!/usr/bin/env python3
"""Recomputes the vectors in this folder from docs/format.md alone: Python's standard library, none of our code.

For each vector: the front matter is read, the body split, the blocks gathered, the canonical JSON written, its SHA-256
taken; all three must equal what is published. Messages are rendered where they hold nothing but texts, `{{ name }}`
and include lines; the script says how many it rendered.
"""

import hashlib
import json
import math
import re
import sys
from pathlib import Path


# --- canonical JSON (RFC 8785) ---------------------------------------------------------------------------------------

def canonical(value):
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    members = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
    return "{" + ",".join(text(k) + ":" + canonical(v) for k, v in members) + "}"


def text(value):
    short = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
    return '"' + "".join(short.get(c) or ("\\u%04x" % ord(c) if c < " " else c) for c in value) + '"'


def number(value):
    """ECMAScript's Number::toString, from the shortest digits that read back (Python's repr)."""
    if isinstance(value, int):
        assert abs(value) <= 2**53 - 1, value
        return str(value)
    assert math.isfinite(value), value
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len((whole + fraction).lstrip("0")))
    digits = digits.rstrip("0")
    k = len(digits)
    if k <= point <= 21:
        return sign + digits + "0" * (point - k)
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    e = point - 1
    return sign + digits[0] + ("." + digits[1:] if k > 1 else "") + "e" + ("+" if e > 0 else "-") + str(abs(e))


# --- as much YAML as these files use -----------------------------------------------------------------------------------

TOKEN = re.compile(r"""\s*(?:("(?:[^"\\]|\\.)*")|('(?:[^']|'')*')|([\[\]{},]|:(?=\s|$)))""")


def scalar(word):
    word = word.strip()
    if word in ("", "~", "null"):
        return None
    if word in ("true", "false"):
        return word == "true"
    if re.fullmatch(r"[-+]?(0|[1-9][0-9]*)", word):
        return int(word)
    if re.fullmatch(r"0x[0-9a-fA-F]+", word):
        return int(word, 16)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", word) and re.search(r"[.eE]", word):
        return float(word)
    return word


def flow(source):
    """A value in flow style, or a scalar."""
    tokens, at = [], 0
    while at < len(source):
        found = TOKEN.match(source, at)
        if found:
            double, single, mark = found.groups()
            if double is not None:
                tokens.append(("value", json.loads(re.sub(r"\\U([0-9A-Fa-f]{8})", lambda m: json.dumps(chr(int(m[1], 16)))[1:-1], double))))
            elif single is not None:
                tokens.append(("value", single[1:-1].replace("''", "'")))
            else:
                tokens.append(("mark", mark))
            at = found.end()
        else:
            nested = any(t == ("mark", m) for t in tokens for m in "[{")
            stop = re.compile(r":(?=\s|$)|[\[\]{},]" if nested else r"\Z").search(source, at + 1)
            end = stop.start() if stop else len(source)
            tokens.append(("value", scalar(source[at:end])))
            at = end
        while at < len(source) and source[at].isspace():
            at += 1

    def value(i):
        kind, token = tokens[i]
        if kind == "value":
            return token, i + 1
        i += 1
        if token == "[":
            items = []
            while tokens[i] != ("mark", "]"):
                item, i = value(i)
                items.append(item)
                i += tokens[i] == ("mark", ",")
            return items, i + 1
        members = {}
        while tokens[i] != ("mark", "}"):
            key, i = value(i)
            assert tokens[i] == ("mark", ":"), tokens[i:]
            members[key], i = value(i + 1)
            i += tokens[i] == ("mark", ",")
        return members, i + 1

    return value(0)[0] if tokens else None


def block(lines):
    """A mapping or sequence in block style; every nested value is flow style or block style again."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    groups = []
    for line in lines:
        if len(line) - len(line.lstrip()) == indent:
            groups.append([line])
        else:
            groups[-1].append(line)
    if groups[0][0].lstrip().startswith("- "):
        return [block([" " * (indent + 2) + g[0].lstrip()[2:]] + g[1:]) for g in groups]
    members = {}
    for group in groups:
        key, _, rest = group[0].strip().partition(":")
        if not rest.strip() and len(group) > 1:
            members[key] = block(group[1:])
        else:
            members[key] = flow("\n".join([rest.strip()] + group[1:]))
    return members


def yaml(source):
    lines = [line for line in source.split("\n") if line.strip()]
    return block(lines) if lines else {}


# --- prompt files ----------------------------------------------------------------------------------------------------

TAG = re.compile(
    r"""\{\#.*?\#\}|\{%[-+]?\s*raw\s*[-+]?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}|(\{[{%](?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?![%}]\}).)*[%}]\})""",
    re.S | re.X,
)
MARKER = re.compile(r'\{\{ (role|turns)\("([^"]*)"\) \}\}')
BLANK = " \t\n\r"


def fenced(source):
    """The front matter and the body; CRLF is made LF."""
    source = source.replace("\r\n", "\n")
    if not source.startswith("---"):
        return {}, source
    head, body = re.match(r"---[ \t]*\n(.*?)^---[ \t]*\n(.*)\Z", source, re.S | re.M).groups()
    return yaml(head), body


def trimmed(source):
    """Without leading blank lines and trailing white space."""
    source = source.rstrip(BLANK)
    return re.sub(r"\A([ \t\r]*\n)+", "", source)


def split(body):
    """The prelude and the messages."""
    marks, imports, depth = [], [], 0
    for tag in TAG.finditer(body):
        if not tag[1]:
            continue
        marker = MARKER.fullmatch(tag[1])
        start = body.rfind("\n", 0, tag.start()) + 1
        end = body.find("\n", tag.end()) + 1 or len(body)
        if marker and depth == 0 and body[start:end].strip(BLANK) == tag[1]:
            marks.append((marker[1], marker[2], start, end))
        elif tag[1].startswith("{%"):
            inner = re.fullmatch(r"\{%[-+]?\s*(.*?)\s*[-+]?%\}", tag[1], re.S)[1]
            word = inner.split()[0]
            if not marks and word in ("import", "from"):
                imports.append("{% " + inner + " %}\n")
            if word in ("if", "for", "with", "filter", "macro", "call") or (word == "set" and "=" not in inner):
                depth += 1
            elif word.startswith("end"):
                depth -= 1
    if not marks:
        return "", [{"role": "user", "source": trimmed(body)}]
    messages = []
    for i, (what, name, _, end) in enumerate(marks):
        source = trimmed(body[end : marks[i + 1][2] if i + 1 < len(marks) else len(body)])
        messages.append({"turns": name} if what == "turns" else {"role": name, "source": source})
    return "".join(imports), messages


def block_source(path):
    _, body = fenced(path.read_bytes().decode())
    return trimmed(body) + "\n"


def names(source):
    """The blocks that a source includes or imports."""
    for tag in TAG.finditer(source):
        if tag[1] and re.match(r"\{%[-+]?\s*(include|import|from)\s", tag[1]):
            yield re.search(r"""["'](blocks/[^"']+)["']""", tag[1])[1]


def compiled(folder, ident):
    prompts = folder / "source" / "prompts"
    front, body = fenced((prompts / f"{ident}.md").read_bytes().decode())
    routes = yaml((prompts / "routes.yaml").read_text()) if (prompts / "routes.yaml").exists() else {}
    model = front.get("model") or routes["defaults"][front["risk"]]
    prelude, messages = split(body)
    blocks, todo = {}, [n for m in messages for n in names(prelude + m.get("source", ""))]
    while todo:
        name = todo.pop()
        if name not in blocks:
            blocks[name] = block_source(prompts / name)
            todo += names(blocks[name])
    inputs = {name: {"type": s} if isinstance(s, str) else s for name, s in front.get("inputs", {}).items()}
    parameters = dict(front.get("parameters", {}))
    given = {
        "parameters": parameters,
        "inputs": inputs,
        "output": front.get("output"),
        "tools": front.get("tools"),
        "prelude": prelude,
        "blocks": blocks,
    }
    always = {
        "format": 1,
        "engine": 1,
        "id": ident,
        "model": model if "/" in model else routes["routes"][model],
        "messages": messages,
    }
    return {**always, **{key: value for key, value in given.items() if value}}


# --- rendering of what needs no template engine ------------------------------------------------------------------------

def rendered(source, blocks, values):
    """A source of texts, `{{ name }}` and include lines; None where it holds anything else."""
    done, at = "", 0
    for tag in TAG.finditer(source):
        done, at = done + source[at : tag.start()], tag.end()
        name = re.fullmatch(r"\{\{ (\w+) \}\}", tag[0])
        include = re.fullmatch(r"""\{% include ["'](.*)["'] %\}""", tag[0])
        if name and isinstance(values.get(name[1]), (str, int)):
            done += str(values[name[1]])
        elif include:
            inner = rendered(blocks[include[1]], blocks, values)
            if inner is None:
                return None
            done += inner
            at += source[at : at + 1] == "\n"
        else:
            return None
    return done + source[at:]


def verify(folder):
    ident = (folder / "id").read_text().strip()
    published = (folder / "canonical.json").read_bytes()
    value = compiled(folder, ident)
    ours = canonical(value).encode()
    assert ours == published, f"{folder.name}: canonical bytes differ\n{ours.decode()}\n{published.decode()}"
    digest = hashlib.sha256(ours).hexdigest()
    assert digest == (folder / "digest").read_text().strip(), f"{folder.name}: digest differs"
    values = {name: s["default"] for name, s in value.get("inputs", {}).items() if "default" in s}
    values.update(json.loads((folder / "inputs.json").read_text()))
    expected = json.loads((folder / "rendered.json").read_text())
    count, at = 0, 0
    for message in value["messages"]:
        if "turns" in message:
            for turn in values[message["turns"]]:
                assert expected[at] == turn, f"{folder.name}: message {at + 1} differs"
                at, count = at + 1, count + 1
            continue
        done = rendered(message["source"], value.get("blocks", {}), values)
        if done is not None:
            assert expected[at] == {"role": message["role"], "content": done}, f"{folder.name}: message {at + 1} differs"
            count += 1
        at += 1
    assert at == len(expected), f"{folder.name}: {len(expected)} messages, expected {at}"
    print(f"{folder.name}: {digest}, {count} of {at} messages rendered")


def main():
    folders = sorted(path.parent for path in Path(__file__).parent.glob("*/id"))
    assert folders, "no vectors"
    for folder in folders:
        verify(folder)


if __name__ == "__main__":
    sys.exit(main())
