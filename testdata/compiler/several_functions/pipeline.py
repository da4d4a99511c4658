from remotemedia import AudioMixNode, AudioSource, Pipeline


def live():
    return Pipeline("live").add(AudioSource())


def batch():
    return Pipeline("batch").add(AudioMixNode())
