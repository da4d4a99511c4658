"""Makes `words.onnx` and `vocab.txt` of texts: words that stand near the same others get similar vectors.

python make_model.py ../../README.md ../../docs ../../schemas

The vectors are the singular vectors of the positive pointwise mutual information of the words (Levy, Goldberg and
Dagan, "Improving Distributional Similarity with Lessons Learned from Word Embeddings", 2015), rare words longer than
frequent ones (Arora, Liang and Ma, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", 2017).
"""

import re
import string
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save
from wordpiece import CONTINUES, pieces_of, words_of

HERE = Path(__file__).parent
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
SEEN = 3  # times that a word has to be seen
NEAR = 10  # words before and after that count
DIMENSIONS = 64
FREQUENT = 1e-3  # part of all words from which on a word counts half or less


def main(places):
    """Read all Markdown files of the places; write the vocabulary and the model."""
    files = [
        file for place in map(Path, places) for file in (sorted(place.rglob("*.md")) if place.is_dir() else [place])
    ]
    blocks = [block for file in files for block in re.split(r"\n\s*\n|\n(?=[|-])", file.read_text(encoding="utf-8"))]
    texts = [[word for word in words_of(block) if word.isalpha()] for block in blocks]
    seen = Counter(word for text in texts for word in text)
    letters = list(string.ascii_lowercase + string.digits)
    words = [word for word, count in seen.most_common() if count >= SEEN and word not in letters]
    tokens = [*SPECIAL, *words, *letters, *(CONTINUES + letter for letter in letters), *string.punctuation]
    numbers = {token: number for number, token in enumerate(tokens)}
    (HERE / "vocab.txt").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")
    cut = [[numbers[piece] for word in text for piece in pieces_of(word, numbers)] for text in texts]
    known = range(len(SPECIAL), len(SPECIAL) + len(words))
    save(model_of(vectors_of(cut, len(tokens), known)), HERE / "words.onnx")


def vectors_of(texts, size, known):
    """Return a vector for every token, (size, at most DIMENSIONS); zeros for those that are not `known`."""
    near = np.zeros((size, size))
    for text in texts:
        for distance in range(1, min(NEAR + 1, len(text))):
            np.add.at(near, (text[:-distance], text[distance:]), distance**-0.5)
    near = (near + near.T)[known.start : known.stop, known.start : known.stop]
    sums = near.sum(axis=1)
    contexts = sums**0.75 / (sums**0.75).sum()  # smoothed, so that rare ones do not count too much
    with np.errstate(divide="ignore"):
        information = np.maximum(0, np.log(near / np.outer(np.maximum(sums, 1), contexts)))
    left, strengths, _ = np.linalg.svd(information)
    rows = left[:, :DIMENSIONS] * strengths[:DIMENSIONS] ** 0.5
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)  # some have no neighbours
    counts = np.bincount([number for text in texts for number in text], minlength=size)
    rarity = FREQUENT / (FREQUENT + counts / counts.sum())
    vectors = np.zeros((size, rows.shape[1]))
    vectors[known.start : known.stop] = rows * rarity[known.start : known.stop, None]
    return vectors


def model_of(vectors):
    """Return a model with the inputs and the output of BERT's that looks the vectors up."""
    shape = ["batch", "sequence"]
    names = ("input_ids", "attention_mask", "token_type_ids")
    tables = {"words": vectors.astype(np.float16), "types": np.zeros((2, vectors.shape[1]), np.float16)}
    nodes = [
        helper.make_node("Gather", ["words", "input_ids"], ["word"]),
        helper.make_node("Gather", ["types", "token_type_ids"], ["type"]),
        helper.make_node("Add", ["word", "type"], ["sum"]),
        helper.make_node("Cast", ["sum"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["masks"]),
        helper.make_node("Mul", ["wide", "masks"], ["last_hidden_state"]),
    ]
    graph = helper.make_graph(
        nodes,
        "words",
        [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in names],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, vectors.shape[1]])],
        [numpy_helper.from_array(values, name) for name, values in (tables | {"last": np.array([-1])}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


if __name__ == "__main__":
    main(sys.argv[1:])
