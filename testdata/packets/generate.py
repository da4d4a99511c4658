"""Write the golden vectors of `schemas/packet.md`, or compare them: `python testdata/packets/generate.py [--check]`.

Every `*.json` here is a list of vectors:

- `name`
- `value`: what a Python node gives, in the notation of `notation.py`
- `arrives`: what the next Python node is given, where that differs
- `packet`: the ten values of `schemas/node.wit`, `data` in base64
- `proto`: the message of `schemas/packet.proto` in base64, written by Google's protobuf, fields ascending
- `jsonl`: the line that `remotemedia run` writes, and `envelope`: the line with `--packets`
"""

from __future__ import annotations

import base64
import importlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from cases import FILES, Case
from grpc_tools import protoc
from notation import base64_of, written

from remotemedia.values import encode

HERE = Path(__file__).resolve().parent
SCHEMAS = HERE.parent.parent / "schemas"
NO_TIME = -(2**63)
FORMS = {"$float", "$int", "$tuple", "$map", "$buf", "$bytes"}


def messages() -> Any:
    """Compile the schema with Google's compiler."""
    with tempfile.TemporaryDirectory() as out:
        if protoc.main(["protoc", f"-I{SCHEMAS}", f"--python_out={out}", "packet.proto"]):
            raise SystemExit("schemas/packet.proto does not compile")
        sys.path.insert(0, out)
        return importlib.import_module("packet_pb2")


def vector(name: str, case: Case, pb: Any) -> dict[str, Any]:
    body = encode(case.value)
    if body is None:
        raise ValueError(f"{name} is no packet")
    data = bytes(body.data)
    packet = {"port": 0, "stream": 0, "seq": 0, "pts": NO_TIME, "duration": NO_TIME} | {
        "kind": body.kind, "head": body.head, "meta": body.meta, "session": "", "data": base64_of(data),
    } | case.packet  # fmt: skip
    arrives = {} if case.arrives is ... else {"arrives": written(case.arrives)}
    return {
        "name": name,
        "value": written(case.value),
        **arrives,
        "packet": packet,
        "proto": base64_of(message(packet, pb).SerializeToString(deterministic=True)),
        "jsonl": line(packet),
        "envelope": envelope(packet),
    }


def message(packet: dict[str, Any], pb: Any) -> Any:
    """The packet as a protobuf message."""
    made = pb.Packet(stream=packet["stream"], seq=packet["seq"], port=packet["port"])
    made.meta, made.session = packet["meta"], packet["session"]
    for name in ("pts", "duration"):
        if packet[name] != NO_TIME:
            setattr(made, f"{name}_ns", packet[name])
    data = base64.b64decode(packet["data"])
    match packet["kind"]:
        case 1:
            head = json.loads(packet["head"])
            made.audio.format = getattr(pb.Audio, head["format"].upper())
            made.audio.layout = getattr(pb.Audio, head["layout"].upper())
            made.audio.rate, made.audio.channels, made.audio.data = head["rate"], head["channels"], data
        case 3:
            head = json.loads(packet["head"])
            made.tensor.dtype = getattr(pb.Tensor, head["dtype"].upper())
            made.tensor.shape.extend(head["shape"])
            made.tensor.data = data
        case 4:
            made.text = packet["head"]
        case 5:
            made.json.text, made.json.data = packet["head"], data
        case 6:
            made.bytes = data
    return made


def line(packet: dict[str, Any]) -> str:
    """The packet's body as one line of JSON."""
    head, data = packet["head"], packet["data"]
    match packet["kind"]:
        case 1:
            return f'{{"$audio":{head},"data":"{data}"}}'
        case 3:
            return f'{{"$tensor":{head},"data":"{data}"}}'
        case 4:
            return text_of(head)
        case 5:
            return f'{{"$json":{text_of(head)},"data":"{data}"}}' if has_form(json.loads(head)) else head
        case _:
            return f'{{"$bytes":"{data}"}}'


def envelope(packet: dict[str, Any]) -> str:
    """The packet as one line, with everything that stands around its body."""
    times = "".join(f'"{name}_ns":{packet[name]},' for name in ("pts", "duration") if packet[name] != NO_TIME)
    meta = f'"meta":{packet["meta"]},' if packet["meta"] else ""
    return f'{{"stream":{packet["stream"]},"seq":{packet["seq"]},{times}{meta}"value":{line(packet)}}}'


def text_of(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def has_form(value: Any) -> bool:
    """Whether a `$`-object stands anywhere in a value."""
    if isinstance(value, dict):
        return not FORMS.isdisjoint(value) or any(map(has_form, value.values()))
    return isinstance(value, list) and any(map(has_form, value))


def main() -> None:
    pb = messages()
    stale = []
    for file, cases in FILES.items():
        vectors = [vector(name, case, pb) for name, case in cases.items()]
        text = json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"
        path = HERE / f"{file}.json"
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
    if stale:
        raise SystemExit(f"not as `generate.py` writes them: {', '.join(stale)}")


if __name__ == "__main__":
    main()
