"""Cuts text into the tokens of a vocabulary, as BERT does: words, and pieces of the words that it does not have."""

import unicodedata

LONGEST_WORD = 100
CONTINUES = "##"  # before a piece that does not begin a word


def words_of(text):
    """Return words in lower case without accents, and each mark of punctuation."""
    plain = unicodedata.normalize("NFD", text.lower())
    parts = (_part(character) for character in plain if unicodedata.category(character) != "Mn")
    return "".join(parts).split()


def _part(character):
    category = unicodedata.category(character)
    if category.startswith(("P", "S")):
        return f" {character} "
    return " " if category.startswith(("Z", "C")) else character


def pieces_of(word, vocabulary):
    """Return the longest pieces of the vocabulary that make up a word, from its beginning; `[UNK]` if none do."""
    pieces = []
    start = 0
    while start < len(word) <= LONGEST_WORD:
        prefix = CONTINUES if start else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if prefix + word[start:end] in vocabulary), None)
        if end is None:
            return ["[UNK]"]
        pieces.append(prefix + word[start:end])
        start = end
    return pieces or ["[UNK]"]
