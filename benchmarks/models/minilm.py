"""all-MiniLM-L6-v2: sentences to unit vectors, by any model of its inputs and outputs, and by numpy alone."""

from __future__ import annotations

import math
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.models.bert import EPSILON, HEADS, LAYERS, WIDTH, Tensors

REPOSITORY: Final = Path(__file__).resolve().parents[2]

Array = np.ndarray[Any, np.dtype[Any]]
Feed = Mapping[str, Array]

PAIRS: Final = (
    ("A man is playing a guitar on the stage.", "Someone plays the guitar at a concert."),
    ("The cat sleeps on the sofa.", "A kitten is napping on the couch."),
    ("How do I reset my password?", "I forgot my login and need a new password."),
    ("The stock market fell sharply today.", "Shares dropped a lot on Tuesday."),
    ("It will rain tomorrow in the north.", "The forecast says wet weather up north."),
    ("She bought a new car last week.", "Last week she purchased a vehicle."),
    ("The doctor told him to rest.", "His physician advised him to take it easy."),
    ("Bake the bread for forty minutes.", "The loaf needs to stay in the oven for 40 minutes."),
    ("The train to Berlin is delayed.", "Rail service towards Berlin runs late."),
    ("Scientists discovered a new planet.", "Astronomers have found an unknown world."),
    ("The children are playing football.", "Kids kick a ball around."),
    ("Turn off the lights before leaving.", "Switch the lamps off when you go."),
    ("The film won three awards.", "That movie received several prizes."),
    ("He signed the contract yesterday.", "The agreement was signed by him the day before."),
    ("Water boils at one hundred degrees.", "At 100 °C water turns into steam."),
    ("The company hired fifty engineers.", "Fifty new developers joined the firm."),
)
"""Sentences that mean about the same; those of different pairs mean different things."""

OTHERS: Final = (
    "The bridge was closed for repairs after the storm.",
    "Could you send me the invoice for last month?",
    "Photosynthesis turns light into chemical energy.",
    "Our neighbours have adopted a dog from the shelter.",
    "The recipe calls for two cups of flour and a pinch of salt.",
    "Parliament passed the budget by a narrow majority.",
    "My phone's battery dies within a few hours.",
    "The orchestra rehearsed the symphony until midnight.",
    "Sea levels have risen by twenty centimetres since 1900.",
    "He forgot his umbrella on the bus.",
    "The museum is free on the first Sunday of the month.",
    "A function that calls itself is called recursive.",
    "They walked along the river and talked about the future.",
    "The vaccine protects against severe illness.",
    "Tickets for the final sold out in minutes.",
    "Please keep your seat belt fastened during the flight.",
)
"""What is calibrated with: none of it is in the pairs."""


def tokenizer(vocabulary: Path) -> Callable[[str], Feed]:
    """Return what turns a sentence into the model's inputs, (1, tokens) each."""
    pieces = runpy.run_path(str(REPOSITORY / "examples/sentence_embeddings/wordpiece.py"))
    lines = vocabulary.read_text(encoding="utf-8").splitlines()
    numbers = {token: number for number, token in enumerate(lines)}

    def tokens(sentence: str) -> Feed:
        found = [piece for word in pieces["words_of"](sentence) for piece in pieces["pieces_of"](word, numbers)]
        ids = np.array([[numbers[it] for it in ("[CLS]", *found, "[SEP]")]], np.int64)
        return {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}

    return tokens


def unit(hidden: Array) -> Array:
    """Return the vector of a sentence, (384): the mean of (1, tokens, 384), of length 1."""
    mean = hidden[0].astype(np.float64).mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


def reference(tensors: Tensors, ids: Array) -> Array:
    """Return `last_hidden_state` of one sentence, (1, tokens, 384), in double precision and without ONNX.

    Devlin, Chang, Lee and Toutanova, "BERT: Pre-training of Deep Bidirectional Transformers", 2019.
    """

    def dense(value: Array, name: str) -> Array:
        return value @ wide[f"{name}.weight"].T + wide[f"{name}.bias"]

    def norm(value: Array, name: str) -> Array:
        centred = value - value.mean(-1, keepdims=True)
        scaled = centred / np.sqrt(centred.var(-1, keepdims=True) + EPSILON)
        return np.asarray(scaled * wide[f"{name}.weight"] + wide[f"{name}.bias"])

    def heads(value: Array) -> Array:
        return value.reshape(-1, HEADS, WIDTH // HEADS).transpose(1, 0, 2)

    wide = {name: values.astype(np.float64) for name, values in tensors.items() if values.dtype.kind == "f"}
    erf = np.vectorize(math.erf)
    words, places, kinds = (wide[f"embeddings.{it}_embeddings.weight"] for it in ("word", "position", "token_type"))
    value = norm(words[ids[0]] + places[: ids.shape[1]] + kinds[0], "embeddings.LayerNorm")
    for at in (f"encoder.layer.{layer}" for layer in range(LAYERS)):
        query, key, values = (heads(dense(value, f"{at}.attention.self.{it}")) for it in ("query", "key", "value"))
        scores = np.exp(query @ key.transpose(0, 2, 1) * (WIDTH / HEADS) ** -0.5)
        mixed = (scores / scores.sum(-1, keepdims=True) @ values).transpose(1, 0, 2).reshape(-1, WIDTH)
        value = norm(value + dense(mixed, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
        inner = dense(value, f"{at}.intermediate.dense")
        inner = inner * (1 + erf(inner * 0.5**0.5)) / 2
        value = norm(value + dense(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
    return value[None]
