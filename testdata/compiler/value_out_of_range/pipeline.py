from remotemedia import AudioMixNode, AudioResampleNode, OnnxNode, Pipeline
from remotemedia.nodes import RemoteObjectExecutionNode

p = Pipeline("rm117")
p.add(AudioResampleNode(999, "best"))
p.add(AudioResampleNode(16000.0))
p.add(AudioMixNode(True))
p.add(AudioMixNode(channels=None))
p.add(AudioMixNode(p.param("channels", 65)))
p.add(OnnxNode("model.onnx", state={"h": 1}, context=-1))
p.add(RemoteObjectExecutionNode(obj_to_execute=AudioMixNode(0)))
