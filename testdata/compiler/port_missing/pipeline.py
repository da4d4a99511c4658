from remotemedia import AudioMixNode, AudioSource, Pipeline
from remotemedia.nodes import MediaWriterNode

p = Pipeline("rm118")
source, mix, writer, last = AudioSource(), AudioMixNode(), MediaWriterNode("out.wav"), AudioMixNode(2)
p.add(source).add(mix, after=[]).add(writer, after=[]).add(last, after=[])
p.connect(source, mix, from_port="left", to_port="right")
p.connect(source, mix, from_port="out", to_port="in")
p.connect(writer, last)
