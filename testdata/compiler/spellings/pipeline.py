import remotemedia
import remotemedia as rm
import remotemedia.nodes.audio
import remotemedia.nodes.io as io
from remotemedia import Pipeline as P, nodes
from remotemedia.nodes import AudioMixNode
from remotemedia.nodes.audio import AudioResampleNode as Resample
from remotemedia.nodes.ml import *
from remotemedia.pipeline import Pipeline

p = P("spellings")
p.add(io.AudioSource()).add(remotemedia.AudioMixNode()).add(rm.nodes.audio.AudioWindowNode()).add(AudioMixNode())
p.add(Resample()).add(nodes.AudioResampleNode()).add(remotemedia.nodes.audio.AudioMixNode()).add(OnnxNode("m.onnx"))
Mixer = rm.AudioMixNode
p.add(Mixer(name="aliased"), after=[])
assert Pipeline is P
