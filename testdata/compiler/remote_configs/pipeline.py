"""Nodes that run elsewhere."""

from remotemedia import HFPipelineNode, Node, Pipeline, RemoteExecutorConfig
from remotemedia.nodes.remote import RemoteExecutionNode


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


p = Pipeline("remote")
gpu = RemoteExecutorConfig("gpu.example", 50052, auth_token=p.secret("TOKEN"), timeout=2 * 30.0)
p.add(gpu(Keep(1), name="kept"))
p.add(gpu("Upscale", node_config={"factor": 2}, name="larger"))
p.add(gpu(target="Upscale", factor=3))
p.add(RemoteExecutionNode("Upscale", remote_config=RemoteExecutorConfig(host="::1", port=gpu.port + 1)))
p.add(HFPipelineNode("speech", remote_ref="oci://registry.example/speech:1.0"))
p.add(Keep(gpu, remote_config=RemoteExecutorConfig("cpu.example", 1, ssl_enabled=False)))
