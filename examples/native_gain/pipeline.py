"""Sound through a node that is a native program, written in C: it runs confined, where it is granted.

examples/native_gain/build.sh
remotemedia build pipeline.py
remotemedia run native_gain-*.rmpkg --input recording.wav --output quieter.wav --allow program
"""

from remotemedia import Pipeline
from remotemedia.nodes import ProgramNode

p = Pipeline("native_gain")
p.add(ProgramNode({"linux/amd64": "gain-amd64"}, factor=0.5, name="gain"))
