import mylib
from remotemedia import AudioMixerNode, Nothing
from remotemedia.nodes.audio import OnnxNode
import remotemedia.nodes.video
import remotemedia as rm
from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Node, OnnxNode, Pipeline


class Other:
    pass


p = Pipeline("rm104")
p.add(mylib.Denoise(strength=3))
p.add(rm.AudioSurce())
p.add(Other())
p.add(Undefined())

