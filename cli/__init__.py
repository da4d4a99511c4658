"""The command `remotemedia`.

    remotemedia build pipeline.py
    remotemedia run speech.rmpkg --input recording.wav

Data goes to stdout, talk to stderr. This room alone prints, exits and draws progress; it holds no logic of its own.
"""

from remotemedia.cli._start import main

__all__ = ["main"]
