"""Inputs of the models of PP-OCRv4: pictures of drawn text, the same each time, and what the recogniser reads."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

import numpy as np
from onnx import ModelProto

Array = np.ndarray[Any, np.dtype[Any]]

LINE: Final = (48, 320)
"""Height and width of a line as the recogniser takes it."""

_PAGE: Final = (320, 480)
_ROWS, _COLUMNS = 7, 5  # of a letter, in dots

# Seven rows a letter, each of five dots as a number in hexadecimal.
_LETTERS: Final = {
    letter: bytes.fromhex(rows)
    for letter, rows in {
        "A": "0E11111F111111",
        "B": "1E11111E11111E",
        "C": "0F10101010100F",
        "D": "1E11111111111E",
        "E": "1F10101E10101F",
        "F": "1F10101E101010",
        "G": "0F10101311110F",
        "H": "1111111F111111",
        "K": "11121418141211",
        "L": "1010101010101F",
        "M": "111B1515111111",
        "N": "11191513111111",
        "P": "1E11111E101010",
        "R": "1E11111E141211",
        "S": "0F10100E01011E",
        "T": "1F040404040404",
        "U": "1111111111110E",
        "V": "11111111110A04",
        "X": "11110A040A1111",
        "Y": "11110A04040404",
        "Z": "1F01020408101F",
        "2": "0E11010608101F",
        "3": "1E01010E01011E",
        "4": "02060A121F0202",
        "5": "1F101E0101110E",
        "6": "0608101E11110E",
        "7": "1F010204080808",
        "8": "0E11110E11110E",
        "9": "0E11110F01020C",
    }.items()
}


def lines(count: int, seed: int) -> list[tuple[str, Array]]:
    """Return words and their pictures, (1, 3, 48, 320) each, from -1 to 1."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        word = _word(random)
        picture = _paper(random, LINE)
        _write(picture, word, 5, (6, 4 + int(random.integers(0, 12))), _ink(random))
        made.append((word, _planes(picture, random) * 2 - 1))
    return made


def pages(count: int, seed: int) -> list[Array]:
    """Return pictures of several lines, (1, 3, 320, 480) each, scaled as the detector was trained."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        picture = _paper(random, _PAGE)
        for top in range(16, _PAGE[0] - 50, 60):
            dot = int(random.integers(2, 5))
            _write(picture, _word(random), dot, (top, int(random.integers(8, 120))), _ink(random))
        mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
        scaled = (_planes(picture, random) - mean[:, None, None]) / deviation[:, None, None]
        made.append(scaled.astype(np.float32))
    return made


def read(shares: Array, alphabet: Sequence[str]) -> str:
    """Return what the recogniser's output, (1, steps, classes), says: class 0 stands between equal letters."""
    classes = (int(it) for it, _ in groupby(shares[0].argmax(-1)))
    return "".join(alphabet[it - 1] for it in classes if 0 < it <= len(alphabet))


def alphabet_of(model: ModelProto) -> list[str]:
    """Return the letters of a recogniser, which it has in its metadata; a space is the last one."""
    return [*next(it.value for it in model.metadata_props if it.key == "character").splitlines(), " "]


def _word(random: np.random.Generator) -> str:
    return "".join(random.choice(list(_LETTERS), int(random.integers(5, 9))))


def _ink(random: np.random.Generator) -> float:
    return float(random.uniform(0, 0.3))


def _paper(random: np.random.Generator, size: tuple[int, int]) -> Array:
    return np.full(size, random.uniform(0.8, 1.0))


def _write(picture: Array, word: str, dot: int, corner: tuple[int, int], ink: float) -> None:
    """Write a word into (height, width), so many pixels a dot, with its upper left corner at (row, column)."""
    top, left = corner
    for letter in word:
        bits = np.unpackbits(np.frombuffer(_LETTERS[letter], np.uint8)[:, None], axis=1)[:, -_COLUMNS:]
        shape = np.kron(bits, np.ones((dot, dot)))
        place = picture[top : top + _ROWS * dot, left : left + _COLUMNS * dot]
        cut = shape[: place.shape[0], : place.shape[1]]
        place[:] = np.where(cut > 0, ink, place)
        left += (_COLUMNS + 1) * dot


def _planes(picture: Array, random: np.random.Generator) -> Array:
    """Return (1, 3, height, width) of (height, width), a little blurred and noisy."""
    padded = np.pad(picture, 1, mode="edge")
    height, width = picture.shape
    blurred = sum(padded[y : y + height, x : x + width] for y in range(3) for x in range(3)) / 9
    noisy = np.clip(blurred + random.normal(0, 0.02, picture.shape), 0, 1)
    return np.repeat(noisy[None, None], 3, axis=1).astype(np.float32)
