import broken
import absent.part
import parts.absent
from parts import absent as other
from . import sibling
import queue
from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline

p = Pipeline("rm110")
p.add(broken.Thing())

