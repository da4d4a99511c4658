"""Reads the text in pictures: image files in, by name or as bytes, their lines of text out.

pip install --require-hashes -r requirements.txt
python pipeline.py page.png

The library is native code. In a package its node runs on the host's Python, which has to be granted, and the pictures:

remotemedia build pipeline.py
remotemedia approve ocr-*.rmpkg --allow ReadText:python --allow ReadText:read=/home/me/scans
echo '"/home/me/scans/page.png"' | remotemedia run ocr-*.rmpkg --memory 2048 --input -

A picture as bytes, `{"$bytes": BASE64}` in the place of its name, needs no grant of files.
"""

# /// script
# requires-python = ">=3.11,<3.13"
# dependencies = ["rapidocr-onnxruntime==1.4.4"]
# ///

import sys

from remotemedia import Node, Pipeline


class ReadText(Node):
    """Finds the pieces of text in a picture and reads them, with the models that the library brings."""

    def __init__(self, **kwargs):
        """Nothing is loaded yet."""
        super().__init__(**kwargs)
        self.engine = None

    def initialize(self):
        """Load the models; only where the node runs, their library has to be installed."""
        from rapidocr_onnxruntime import RapidOCR  # noqa: PLC0415 - the pipeline is built without it

        self.engine = RapidOCR()

    def process(self, picture):
        """Take a PNG, JPEG or other image file; give its pieces of text: box in pixels and text."""
        found, _seconds = self.engine(picture)
        return [{"box": box_of(corners), "text": text} for corners, text, _score in found or ()]


class Lines(Node):
    """Joins pieces that stand side by side, and gives the lines from top to bottom."""

    def process(self, pieces):
        """Take the pieces of one picture; give its lines, one value each."""
        lines = []
        for piece in sorted(pieces, key=lambda piece: middle(piece["box"])):
            if lines and middle(piece["box"]) < lines[-1][0]["box"][3]:
                lines[-1].append(piece)
            else:
                lines.append([piece])
        for line in lines:
            line.sort(key=lambda piece: piece["box"][0])
            yield " ".join(piece["text"] for piece in line)


def box_of(corners):
    """Return the upright rectangle around four corners: left, top, right, bottom."""
    across, down = zip(*corners, strict=True)
    return [round(edge) for edge in (min(across), min(down), max(across), max(down))]


def middle(box):
    """Return how far down the middle of a rectangle is."""
    return (box[1] + box[3]) / 2


p = Pipeline("ocr").add(ReadText()).add(Lines())

if __name__ == "__main__":
    print(p.run(sys.argv[1]))
