"""A pipeline that hands its work to other pipelines: some by host, one by reference.

remotemedia inspect --graph mermaid shows it; running it needs the packages and hosts that it names.
"""

from remotemedia import AudioSink, AudioSource, HFPipelineNode, Pipeline, RemoteExecutorConfig
from remotemedia.nodes.remote import RemoteObjectExecutionNode

gpu = RemoteExecutorConfig(host="gpu.example", port=50052)

p = Pipeline("voice_assistant")
p.add(AudioSource())
p.add(HFPipelineNode("speech_to_text", remote_ref="oci://registry.example/speech_to_text:1.0"))
p.add(RemoteObjectExecutionNode(obj_to_execute=HFPipelineNode("language_model"), remote_config=gpu))
p.add(HFPipelineNode("text_to_speech", host="speech.example"))
p.add(AudioSink())

if __name__ == "__main__":
    p.run()
