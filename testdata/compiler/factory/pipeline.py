"""A pipeline that no code of the module makes: its function is called."""
from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Pipeline


def create_pipeline(name: str = "factory", stages: int = 2) -> Pipeline:
    made = Pipeline(name)
    made.add(AudioSource())
    for stage in range(stages):
        made.add(AudioMixNode(channels=stage + 1))
    return made.add(AudioResampleNode(8000))
