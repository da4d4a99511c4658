"""Write `invalid/*.json`, each a valid manifest with one defect, and `index.json`, the verdict on each.

    python testdata/manifests/generate.py            # write
    python testdata/manifests/generate.py --check    # compare with what is there

`index.json` has two lists:

- `valid`: `{"name", "file", "warnings"}`; `warnings` is a list of JSON pointers.
- `invalid`: `{"name", "code", "message"}` and either `file` or `generate`. The refusal's message contains `message`;
  `generate` stands for a document too large to be stored: `prefix`, then `repeat` `count` times, then `suffix`.
"""

import copy
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

VALID: dict[str, list[str]] = {
    "diamond": [],
    "full": [],
    "minimal": [],
    "null-parameter": [],
    "own-class-with-the-name-of-a-built-in": [],
    "programs": [],
    "repeated-connection": ["/connections/1"],
    "speech": [],
    "unknown-field": [
        "/theme",
        "/metadata/owner",
        "/nodes/0/retries",
        "/nodes/0/capabilities/npu",
        "/nodes/0/params/chanels",
    ],
    "values": [],
    "version-1": [],
    "version-1.0": [],
    "version-1.7": [],
    "version-1.x": [],
}

BASE: dict[str, Any] = {
    "version": "v1",
    "metadata": {"name": "base"},
    "nodes": [
        {"id": "source", "node_type": "AudioSource", "params": {}},
        {"id": "mix", "node_type": "AudioMixNode", "params": {"channels": 1}},
        {"id": "onnx", "node_type": "OnnxNode", "params": {"model": {"$file": "models/vad.onnx"}}},
        {"id": "own", "node_type": "Own", "entry": "pipeline:Own", "params": {}},
    ],
    "connections": [
        {"from": "source", "to": "mix"},
        {"from": "mix", "to": "onnx"},
        {"from": "onnx", "to": "own"},
    ],
    "parameters": {"rate": {"default": 16000}},
    "secrets": ["TOKEN"],
}

REMOVED = object()


@dataclass(frozen=True)
class Defect:
    """One change to `BASE`: the value at a path of keys and indices."""

    code: str
    message: str
    path: tuple[str | int, ...]
    value: object

    def document(self) -> bytes:
        """The manifest with the defect in it."""
        manifest = copy.deepcopy(BASE)
        target: Any = manifest
        *steps, last = self.path
        for step in steps:
            target = target[step]
        if self.value is REMOVED:
            del target[last]
        elif isinstance(target, list) and last == len(target):
            target.append(self.value)
        else:
            target[last] = self.value
        return (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()


def _params(value: object) -> tuple[tuple[str | int, ...], object]:
    return ("nodes", 3, "params"), value


_PROGRAM: dict[str, Any] = {"id": "mix", "node_type": "ProgramNode"}

DEFECTS: dict[str, Defect] = {
    "missing-version": Defect("RM204", "missing `version`", ("version",), REMOVED),
    "missing-metadata": Defect("RM204", "missing `metadata`", ("metadata",), REMOVED),
    "missing-nodes": Defect(
        "RM204",
        "missing `nodes`; required are `version`, `metadata`, `nodes`, `connections`",
        ("nodes",),
        REMOVED,
    ),
    "missing-connections": Defect("RM204", "missing `connections`", ("connections",), REMOVED),
    "missing-name": Defect("RM204", "missing `name`", ("metadata", "name"), REMOVED),
    "missing-id": Defect("RM204", "missing `id` in `/nodes/1`", ("nodes", 1, "id"), REMOVED),
    "missing-node-type": Defect("RM204", "missing `node_type`", ("nodes", 1, "node_type"), REMOVED),
    "missing-from": Defect("RM204", "missing `from`", ("connections", 0, "from"), REMOVED),
    "missing-to": Defect("RM204", "missing `to`", ("connections", 0, "to"), REMOVED),
    "missing-default": Defect("RM204", "missing `default`", ("parameters", "rate"), {}),
    "version-2": Defect("RM206", "`2.0`", ("version",), "2.0"),
    "version-10": Defect("RM206", "`1.x`", ("version",), "10"),
    "version-empty": Defect("RM206", "version", ("version",), ""),
    "version-number": Defect("RM205", "`/version`", ("version",), 1),
    "metadata-list": Defect("RM205", "an object", ("metadata",), []),
    "name-number": Defect("RM205", "`/metadata/name`", ("metadata", "name"), 7),
    "description-null": Defect("RM205", "`null`", ("metadata", "description"), None),
    "nodes-object": Defect("RM205", "an array", ("nodes",), {}),
    "node-string": Defect("RM205", "`/nodes/1`", ("nodes", 1), "mix"),
    "connections-null": Defect("RM205", "`/connections`", ("connections",), None),
    "connection-list": Defect("RM205", "an object", ("connections", 0), ["source", "mix"]),
    "params-list": Defect("RM205", "`/nodes/1/params`", ("nodes", 1, "params"), []),
    "id-empty": Defect("RM205", "`/nodes/3/id`", ("nodes", 3, "id"), ""),
    "id-with-nul": Defect("RM205", "`/nodes/3/id`", ("nodes", 3, "id"), "a\0b"),
    "id-too-long": Defect("RM205", "200 characters", ("nodes", 3, "id"), "x" * 201),
    "entry-main": Defect("RM205", "`__main__:Own`", ("nodes", 3, "entry"), "__main__:Own"),
    "entry-path": Defect("RM205", "`module:Class`", ("nodes", 3, "entry"), "pipeline.py"),
    "entry-null": Defect("RM205", "`/nodes/3/entry`", ("nodes", 3, "entry"), None),
    "runtime-unknown": Defect("RM205", "`python-wasm`", ("nodes", 1, "runtime"), "gpu"),
    "host-with-path": Defect("RM205", "`HOST:PORT`", ("nodes", 1, "host"), "example/path"),
    "remote-ref-number": Defect("RM205", "`/nodes/1/remote_ref`", ("nodes", 1, "remote_ref"), 1),
    "capabilities-list": Defect("RM205", "an object", ("nodes", 1, "capabilities"), ["gpu"]),
    "gpu-string": Defect("RM205", "`/nodes/1/capabilities/gpu`", ("nodes", 1, "capabilities"), {"gpu": "cuda"}),
    "memory-string": Defect("RM205", "a positive number", ("nodes", 1, "capabilities"), {"memory_gb": "8"}),
    "cores-fraction": Defect("RM205", "a positive integer", ("nodes", 1, "capabilities"), {"cpu": {"cores": 1.5}}),
    "limit-float": Defect("RM205", "a positive integer", ("nodes", 1, "limits"), {"memory_mb": 1.0}),
    "limit-zero": Defect("RM205", "a positive number", ("nodes", 1, "limits"), {"timeout_s": 0}),
    "grant-unknown": Defect("RM205", "`net=HOST:PORT`", ("nodes", 1, "grants"), ["everything"]),
    "grants-string": Defect("RM205", "an array", ("nodes", 1, "grants"), "python"),
    "sync-unknown": Defect("RM205", "`arrival` or `pts`", ("nodes", 1, "sync"), "never"),
    "parameter-name": Defect("RM205", "`a.b`", ("parameters", "a.b"), {"default": 1}),
    "secret-number": Defect("RM205", "`/secrets/1`", ("secrets", 1), 1),
    "budget-number": Defect("RM205", "`/budget`", ("budget",), 1),
    "unknown-requires": Defect("RM212", "`teleport`", ("requires",), ["teleport"]),
    "duplicate-id": Defect("RM208", "`mix`", ("nodes", 3, "id"), "mix"),
    "unknown-node-type": Defect("RM207", "`AudioResampleNode`", ("nodes", 1, "node_type"), "AudioMixer"),
    "parameter-string-for-int": Defect("RM211", "an integer from 1 to 64", ("nodes", 1, "params", "channels"), "1"),
    "parameter-float-for-int": Defect("RM211", "`1.0`", ("nodes", 1, "params", "channels"), 1.0),
    "parameter-bool-for-int": Defect("RM211", "`true`", ("nodes", 1, "params", "channels"), value=True),
    "parameter-null": Defect("RM211", "`null`", ("nodes", 1, "params", "channels"), None),
    "parameter-too-small": Defect("RM211", "from 1 to 64", ("nodes", 1, "params", "channels"), 0),
    "parameter-too-large": Defect("RM211", "from 1 to 64", ("nodes", 1, "params", "channels"), 65),
    "parameter-missing": Defect("RM211", "`model`", ("nodes", 2, "params"), {}),
    "parameter-model-as-string": Defect("RM211", "$file", ("nodes", 2, "params", "model"), "models/vad.onnx"),
    "parameter-file-relative-string": Defect("RM211", "$file", ("nodes", 0, "params", "path"), "a.wav"),
    "parameter-map-of-numbers": Defect("RM211", "an object of strings", ("nodes", 2, "params", "state"), {"a": 1}),
    "parameter-map-as-reference": Defect(
        "RM211", "an object", ("nodes", 2, "params", "constants"), {"$file": "a.json"}
    ),
    "parameter-choice": Defect(
        "RM211",
        "`low`, `medium`, `high`",
        ("nodes", 1),
        {"id": "mix", "node_type": "AudioResampleNode", "params": {"quality": "best"}},
    ),
    "parameter-default-of-wrong-type": Defect(
        "RM211", "from `rate`", ("nodes", 1, "params", "channels"), {"$param": "rate"}
    ),
    "programs-missing": Defect("RM211", "parameter `programs`", ("nodes", 1), {**_PROGRAM, "params": {}}),
    "programs-without-platform": Defect(
        "RM211", "by platform", ("nodes", 1), {**_PROGRAM, "params": {"programs": {"amd64": {"$file": "bin/a"}}}}
    ),
    "programs-as-text": Defect(
        "RM211", "by platform", ("nodes", 1), {**_PROGRAM, "params": {"programs": {"linux/amd64": "bin/a"}}}
    ),
    "programs-none": Defect("RM211", "by platform", ("nodes", 1), {**_PROGRAM, "params": {"programs": {}}}),
    "parameter-undeclared": Defect("RM214", "`speed`", *_params({"x": {"$param": "speed"}})),
    "parameter-undeclared-in-depth": Defect("RM214", "`speed`", *_params({"x": [{"y": {"$param": "speed"}}]})),
    "parameter-in-default": Defect("RM214", "`rate`", ("parameters", "other"), {"default": {"$param": "rate"}}),
    "secret-undeclared": Defect("RM214", "`PASSWORD`", *_params({"x": {"$secret": "PASSWORD"}})),
    "dollar-unknown": Defect("RM215", "`$env`", *_params({"x": {"$env": "HOME"}})),
    "dollar-beside-others": Defect("RM215", "beside other keys", *_params({"x": {"$file": "a", "mode": "r"}})),
    "dollar-live": Defect("RM215", "`$live`", *_params({"x": {"$live": 1}})),
    "dollar-param-list": Defect("RM215", "`$param`", *_params({"x": {"$param": ["rate"]}})),
    "file-absolute": Defect("RM215", "`/etc/passwd`", *_params({"x": {"$file": "/etc/passwd"}})),
    "file-escaping": Defect("RM215", "`a/../../b`", *_params({"x": {"$file": "a/../../b"}})),
    "file-backslash": Defect("RM215", "$file", *_params({"x": {"$file": "a\\b"}})),
    "file-empty": Defect("RM215", "$file", *_params({"x": {"$file": ""}})),
    "file-number": Defect("RM215", "$file", *_params({"x": {"$file": 1}})),
    "file-with-nul": Defect("RM215", "$file", *_params({"x": {"$file": "a\0b"}})),
    "ref-pickle": Defect("RM215", "npy", *_params({"x": {"$ref": f"data/{'0' * 64}.pickle"}})),
    "ref-short-digest": Defect("RM215", "data/<sha256>.npy", *_params({"x": {"$ref": "data/00.npy"}})),
    "float-finite": Defect("RM215", "`nan`, `inf` or `-inf`", *_params({"x": {"$float": "1.0"}})),
    "float-number": Defect("RM215", "$float", *_params({"x": {"$float": 1.0}})),
    "int-small": Defect("RM215", "beyond", *_params({"x": {"$int": "9007199254740991"}})),
    "int-leading-zero": Defect("RM215", "digits", *_params({"x": {"$int": "09007199254740993"}})),
    "int-too-long": Defect("RM215", "$int", *_params({"x": {"$int": "9" * 1300}})),
    "bytes-not-base64": Defect("RM215", "base64", *_params({"x": {"$bytes": "a-_="}})),
    "bytes-without-padding": Defect("RM215", "base64", *_params({"x": {"$bytes": "QQ"}})),
    "bytes-too-many": Defect("RM215", "64 KiB", *_params({"x": {"$bytes": "AAAA" * 21_847}})),
    "map-of-triples": Defect("RM215", "pairs", *_params({"x": {"$map": [[1, 2, 3]]}})),
    "map-object": Defect("RM215", "pairs", *_params({"x": {"$map": {"a": 1}}})),
    "map-key-twice": Defect("RM215", "`1` twice", *_params({"x": {"$map": [[1, "a"], [1, "b"]]}})),
    "set-element-twice": Defect("RM215", '"a"', *_params({"x": {"$set": ["a", "b", "a"]}})),
    "set-of-malformed": Defect("RM215", "$file", *_params({"x": {"$set": [{"$file": "../a"}]}})),
    "new-without-params": Defect("RM215", "entry", *_params({"x": {"$new": {"entry": "m:C"}}})),
    "new-of-main": Defect("RM215", "$new", *_params({"x": {"$new": {"entry": "__main__:C", "params": {}}}})),
    "new-with-more": Defect("RM215", "$new", *_params({"x": {"$new": {"entry": "m:C", "params": {}, "args": []}}})),
    "new-with-malformed-field": Defect(
        "RM215",
        "`$x`",
        *_params({"x": {"$new": {"entry": "m:C", "params": {"a": {"$x": 1}}}}}),
    ),
    "node-without-params": Defect("RM204", "`params`", *_params({"x": {"$node": {"node_type": "AudioMixNode"}}})),
    "node-unknown-type": Defect("RM207", "`Mixer`", *_params({"x": {"$node": {"node_type": "Mixer", "params": {}}}})),
    "node-wrong-parameter": Defect(
        "RM211",
        "parameter `channels` of node `AudioMixNode`",
        *_params({"x": {"$node": {"node_type": "AudioMixNode", "params": {"channels": 0}}}}),
    ),
    "node-host-with-user": Defect(
        "RM205", "`HOST:PORT`", *_params({"x": {"$node": {"node_type": "AudioMixNode", "params": {}, "host": "u@a"}}})
    ),
    "node-undeclared-parameter": Defect(
        "RM214",
        "`speed`",
        *_params({"x": {"$node": {"node_type": "Own", "entry": "m:Own", "params": {"a": {"$param": "speed"}}}}}),
    ),
    "pipeline-without-nodes": Defect(
        "RM204", "`nodes`", *_params({"x": {"$pipeline": {"name": "inner", "connections": []}}})
    ),
    "pipeline-of-a-cycle": Defect(
        "RM210",
        "`a -> a`",
        *_params(
            {
                "x": {
                    "$pipeline": {
                        "name": "inner",
                        "nodes": [{"id": "a", "node_type": "AudioMixNode"}],
                        "connections": [{"from": "a", "to": "a"}],
                    }
                }
            }
        ),
    ),
    "secret-for-a-choice": Defect(
        "RM211",
        "`low`, `medium`, `high`",
        ("nodes", 1),
        {"id": "mix", "node_type": "AudioResampleNode", "params": {"quality": {"$secret": "TOKEN"}}},
    ),
    "py-main": Defect("RM215", "module:qualname", *_params({"x": {"$py": "__main__:f"}})),
    "py-lambda": Defect("RM215", "module:qualname", *_params({"x": {"$py": "m:f.<lambda>"}})),
    "dangling-to": Defect("RM209", "`nowhere`", ("connections", 2, "to"), "nowhere"),
    "dangling-from": Defect("RM209", "`nowhere`", ("connections", 2, "from"), "nowhere"),
    "unknown-output": Defect("RM213", "`left`", ("connections", 1, "from_port"), "left"),
    "unknown-input": Defect("RM213", "`in`", ("connections", 1, "to_port"), "right"),
    "cycle": Defect("RM210", "`mix -> onnx -> own -> mix`", ("connections", 3), {"from": "own", "to": "mix"}),
    "cycle-behind-a-tail": Defect("RM210", "`mix -> onnx -> mix`", ("connections", 2), {"from": "onnx", "to": "mix"}),
    "self-loop": Defect("RM210", "`own -> own`", ("connections", 3), {"from": "own", "to": "own"}),
}

SKELETON = '{{"version": "v1", "metadata": {{"name": "raw"}}, "nodes": [], "connections": []{}}}\n'

# Name: (code, message, raw document): what no JSON library writes.
RAW: dict[str, tuple[str, str, bytes]] = {
    "empty": ("RM201", "JSON", b""),
    "not-json": ("RM201", "JSON", b"version: v1\n"),
    "truncated": ("RM201", "JSON", SKELETON.format("").encode()[:-3]),
    "trailing-comma": ("RM201", "JSON", SKELETON.format(",").encode()),
    "two-documents": ("RM201", "JSON", SKELETON.format("").encode() * 2),
    "byte-order-mark": ("RM201", "JSON", b"\xef\xbb\xbf" + SKELETON.format("").encode()),
    "utf-16": ("RM201", "UTF-8", SKELETON.format("").encode("utf-16")),
    "invalid-utf-8": ("RM201", "offset 41", SKELETON.format("").replace("raw", "r\xff").encode("latin-1")),
    "overlong-utf-8": ("RM201", "UTF-8", SKELETON.format("").encode().replace(b"raw", b"\xc0\xaf")),
    "nul-byte": ("RM201", "JSON", SKELETON.format("").encode().replace(b"raw", b"r\0w")),
    "lone-surrogate": ("RM201", "JSON", SKELETON.format("").encode().replace(b"raw", rb"\ud800")),
    "not-a-number": ("RM201", "JSON", SKELETON.format(', "budget": {"x": NaN}').encode()),
    "number-too-large": ("RM201", "JSON", SKELETON.format(', "budget": {"x": 1e400}').encode()),
    "integer-too-large": (
        "RM201",
        "`9007199254740992`",
        SKELETON.format(', "budget": {"x": 9007199254740992}').encode(),
    ),
    "integer-of-many-digits": ("RM201", "RFC 7493", SKELETON.format(f', "budget": {{"x": -{"9" * 400}}}').encode()),
    "duplicate-key": ("RM203", "`version`", SKELETON.format(', "version": "v1"').encode()),
    "duplicate-key-escaped": ("RM203", "`version`", SKELETON.format(', "\\u0076ersion": "v1"').encode()),
    "duplicate-key-nested": ("RM203", "`x`", SKELETON.format(', "budget": {"x": 1, "x": 1}').encode()),
    "root-list": ("RM205", "the manifest", b"[]\n"),
    "root-null": ("RM205", "the manifest", b"null\n"),
}

# Name: (code, message, prefix, repeated, count, suffix): what is too large to be stored.
LARGE: dict[str, tuple[str, str, str, str, int, str]] = {
    "deep-nesting": ("RM202", "bytes", "", "[", 10 << 20, ""),
    "deep-nesting-within-size": ("RM202", "64 levels", "", "[", 4 << 20, ""),
    "deep-nesting-of-objects": ("RM202", "64 levels", "", '{"a":', 500_000, ""),
    "nested-65-levels": ("RM202", "64 levels", '{"nodes":', "[", 64, "]" * 64 + "}"),
    "too-large": ("RM202", "bytes", SKELETON.format("").strip(), " ", 4 << 20, ""),
    "too-long-string": ("RM202", "bytes", '{"version": "', "x", 4 << 20, '"}'),
    "truncated-deep-string": ("RM201", "JSON", '"', "\\", 1_000_001, ""),
}


def files() -> dict[Path, bytes]:
    """Every generated file, by path, with its content."""
    index: dict[str, Any] = {
        "valid": [
            {"name": name, "file": f"valid/{name}.json", "warnings": warnings} for name, warnings in VALID.items()
        ],
        "invalid": [],
    }
    documents = {name: (defect.code, defect.message, defect.document()) for name, defect in DEFECTS.items()} | RAW
    content = {}
    for name, (code, message, document) in sorted(documents.items()):
        path = f"invalid/{name}.json"
        content[HERE / path] = document
        index["invalid"].append({"name": name, "code": code, "message": message, "file": path})
    for name, (code, message, prefix, repeat, count, suffix) in LARGE.items():
        generate = {"prefix": prefix, "repeat": repeat, "count": count, "suffix": suffix}
        index["invalid"].append({"name": name, "code": code, "message": message, "generate": generate})
    content[HERE / "index.json"] = (json.dumps(index, indent=2, ensure_ascii=False) + "\n").encode()
    return content


def main() -> int:
    """Write the files, or compare them; returns the exit code."""
    content = files()
    stale = sorted(path for path in (HERE / "invalid").glob("*.json") if path not in content)
    if "--check" in sys.argv[1:]:
        differing = [path for path, data in content.items() if not path.is_file() or path.read_bytes() != data]
        for path in differing + stale:
            print(f"differs: {path.relative_to(HERE)}")
        return 1 if differing or stale else 0
    for path in stale:
        path.unlink()
    for path, data in content.items():
        path.write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
