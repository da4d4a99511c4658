"""Makes a unit vector of each sentence; sentences about the same have similar ones.

python pipeline.py "who signed this package?" "trust a public key" "windows of sound"

The model here is small, and knows the words of this project's documentation: `make_model.py` made it and `vocab.txt`.
It takes and gives what exported models of the BERT family do (`input_ids`, `attention_mask`, `token_type_ids` to
`last_hidden_state`), so that one of these, such as all-MiniLM-L6-v2, and its vocabulary may take its place.
"""

import math
import sys
from pathlib import Path

from wordpiece import pieces_of, words_of

from remotemedia import Node, OnnxNode, Pipeline

HERE = Path(__file__).parent


class Tokenize(Node):
    """Turns a sentence into the numbers of its tokens, between `[CLS]` and `[SEP]`."""

    def __init__(self, vocabulary, longest=256, **kwargs):
        """The vocabulary has one token a line; of longer sentences the first `longest` tokens count."""
        super().__init__(**kwargs)
        self.numbers = {token: number for number, token in enumerate(vocabulary.splitlines())}
        self.longest = longest

    def process(self, sentence):
        """Take a text; give the model's inputs, each of the shape (1, tokens)."""
        pieces = [piece for word in words_of(sentence) for piece in pieces_of(word, self.numbers)]
        tokens = ["[CLS]", *pieces[: self.longest - 2], "[SEP]"]
        numbers = [self.numbers[token] for token in tokens]
        return {"input_ids": [numbers], "attention_mask": [[1] * len(numbers)], "token_type_ids": [[0] * len(numbers)]}


class Pool(Node):
    """Makes one vector of those of the tokens: their mean, of length 1."""

    def process(self, hidden):
        """Take (1, tokens, dimensions); give (dimensions) as a list, all zeros if no token is known."""
        mean = [math.fsum(column) / len(column) for column in zip(*hidden[0].tolist(), strict=True)]
        length = math.hypot(*mean) or 1.0
        return [number / length for number in mean]


def build():
    """Return the pipeline; the vocabulary is read here, and not where nodes run, for these read no files."""
    p = Pipeline("sentence_embeddings")
    p.add(Tokenize((HERE / "vocab.txt").read_text(encoding="utf-8")))
    inputs = dict.fromkeys(("input_ids", "attention_mask", "token_type_ids"), "in")
    p.add(OnnxNode(HERE / "words.onnx", inputs=inputs, output="last_hidden_state"))
    p.add(Pool())
    return p


if __name__ == "__main__":
    first, *others = build().run(sys.argv[1:])
    for sentence, other in zip(sys.argv[2:], others, strict=True):
        print(f"{sum(a * b for a, b in zip(first, other, strict=True)):.3f}  {sentence}")
