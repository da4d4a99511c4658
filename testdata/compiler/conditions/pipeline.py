import sys
from typing import TYPE_CHECKING

from remotemedia import AudioMixNode, Pipeline

if TYPE_CHECKING:
    from nowhere import Nothing

DEBUG = False
STEREO = 2
p = Pipeline("conditions")
if DEBUG:
    p.add(AudioMixNode(9))
elif STEREO == 2:
    p.add(AudioMixNode(STEREO))
else:
    p.add(AudioMixNode(8))
if not DEBUG and p:
    p.add(AudioMixNode(1))
if len(sys.argv) > 5:
    STEREO = 3
    raise SystemExit("too many")
