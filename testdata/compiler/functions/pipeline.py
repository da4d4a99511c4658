"""Functions are followed: defaults, keywords, `*args`, early returns, and functions inside functions."""
from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Pipeline

RATES = {"speech": 16000, "music": 48000}


def rate_of(kind="speech", /, *, factor=1):
    if kind not in RATES:
        return 8000
    return RATES[kind] * factor


def chain(pipeline, *nodes, **names):
    for node in nodes:
        pipeline.add(node)
    for name, channels in names.items():
        pipeline.add(AudioMixNode(channels, name=name))
    return pipeline


def scaled(factor):
    def scale(value):
        return value * factor

    return scale


double = scaled(2)
p = Pipeline("functions")
chain(p, AudioSource(), AudioResampleNode(rate_of("music")), left=1, right=double(1))
p.add(AudioResampleNode(rate_of(factor=2), name="fast"))
p.add(AudioResampleNode(target_sample_rate=rate_of("noise"), name="slow"))
