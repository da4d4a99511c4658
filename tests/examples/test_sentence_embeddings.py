"""The sentence embeddings: the package gives what onnxruntime and numpy give, with any model of the interface."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from tests.conftest import REPOSITORY, Command

EXAMPLE = REPOSITORY / "examples" / "sentence_embeddings"
SENTENCES = {
    "Who signed this package?": "who signed this package ?",
    "Crème brûlée, zz": "c ##r ##e ##m ##e b ##r ##u ##l ##e ##e , z ##z",
    "": "",
    "the 名 node": "the [UNK] node",
    "package " * 300: "package " * 254,
}
"""Sentences, and their tokens as one finds them by hand."""


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example, to change."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns("__pycache__")))


def packaged(remotemedia: Command, example: Path, sentences: list[str]) -> npt.NDArray[np.float64]:
    """One row a sentence, from the package of the example."""
    built = remotemedia("build", example / "pipeline.py", "-o", example / "out", "--json")
    assert built.returncode == 0, built.stderr
    lines = "".join(f"{json.dumps(sentence)}\n" for sentence in sentences)
    done = remotemedia("run", json.loads(built.stdout)["path"], "--input", "-", stdin=lines)
    assert done.returncode == 0, done.stderr
    return np.array([json.loads(line) for line in done.stdout.splitlines()])


def directly(example: Path, tokens: list[str]) -> npt.NDArray[np.float64]:
    """The vector of some tokens, by onnxruntime and numpy."""
    vocabulary = (example / "vocab.txt").read_text(encoding="utf-8").splitlines()
    ids = np.array([[vocabulary.index(token) for token in ("[CLS]", *tokens, "[SEP]")]])
    session = onnxruntime.InferenceSession(example / "words.onnx", providers=["CPUExecutionProvider"])
    given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    mean = session.run(None, given)[0][0].astype(np.float64).mean(axis=0)
    return np.asarray(mean / (np.linalg.norm(mean) or 1))


def test_the_package_gives_what_onnxruntime_and_numpy_give(remotemedia: Command, example: Path) -> None:
    vectors = packaged(remotemedia, example, list(SENTENCES))
    expected = [directly(example, tokens.split()) for tokens in SENTENCES.values()]
    assert np.allclose(vectors, expected, rtol=0, atol=1e-6)
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 0, 0, 1, 1])


@pytest.mark.parametrize(
    ("question", "answer", "other"),
    [
        ("who signed this package?", "a key that is trusted verifies a signature", "windows of sound at a sample rate"),
        ("how do I resume after a crash?", "a checkpoint notes how far the run is", "the graph as text or svg"),
        ("which directory may it read?", "files are granted to a node", "several models run as one batch"),
    ],
)
def test_a_question_is_nearer_to_its_answer(example: Path, question: str, answer: str, other: str) -> None:
    command = [sys.executable, str(example / "pipeline.py"), question, other, answer]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    (low, _), (high, said) = (line.split("  ") for line in done.stdout.splitlines())
    assert (said, float(low) + 0.1 < float(high)) == (answer, True), done.stdout


def test_a_transformer_of_the_interface_takes_its_place(remotemedia: Command, example: Path) -> None:
    words = [f"word{number}" for number in range(30_000)]
    (example / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words]), encoding="utf-8")
    onnx.save(transformer(len(words) + 4, 8), example / "words.onnx")
    sentences = ["word7 word29999", "WORD5 word4 word3 word5"]
    expected = [directly(example, sentence.lower().split()) for sentence in sentences]
    assert np.allclose(packaged(remotemedia, example, sentences), expected, rtol=0, atol=1e-6)


def test_words_that_stand_near_the_same_others_are_similar(example: Path) -> None:
    texts = example / "texts"
    texts.mkdir()
    said = "{0} drink warm milk and {0} sleep by day.\n\n{1} chew old bones, {1} bark at night.\n\n"
    (texts / "pets.md").write_text(3 * (said.format("cats", "dogs") + said.format("kittens", "puppies")))
    subprocess.run([sys.executable, str(example / "make_model.py"), str(texts)], check=True)
    cats, kittens, dogs = (directly(example, [word]) for word in ("cats", "kittens", "dogs"))
    assert cats @ kittens > 0.5 > cats @ dogs


def transformer(tokens: int, width: int) -> onnx.ModelProto:
    """One layer of self-attention over embedded tokens, with random weights."""
    random = np.random.default_rng(5)
    tables = {
        "words": (tokens, width),
        "types": (2, width),
        "q": (width, width),
        "k": (width, width),
        "v": (width, width),
    }
    weights = {name: random.normal(size=shape).astype(np.float32) for name, shape in tables.items()}
    weights["scale"] = np.array(1 / math.sqrt(width), np.float32)
    steps: list[tuple[str, str, str, dict[str, Any]]] = [
        ("Gather", "words input_ids", "word", {}),
        ("Gather", "types token_type_ids", "type", {}),
        ("Add", "word type", "x", {}),
        *(("MatMul", f"x {name}", name.upper(), {}) for name in "qkv"),
        ("Transpose", "K", "KT", {"perm": [0, 2, 1]}),
        ("MatMul", "Q KT", "products", {}),
        ("Mul", "products scale", "scores", {}),
        ("Cast", "attention_mask", "mask", {"to": TensorProto.FLOAT}),
        ("Mul", "scores mask", "masked", {}),
        ("Softmax", "masked", "attention", {"axis": -1}),
        ("MatMul", "attention V", "mixed", {}),
        ("Add", "x mixed", "last_hidden_state", {}),
    ]
    graph = helper.make_graph(
        [helper.make_node(kind, taken.split(), [given], **options) for kind, taken, given, options in steps],
        "transformer",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
            for name in ("input_ids", "attention_mask", "token_type_ids")
        ],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "sequence", width])],
        [onnx.numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
