from remotemedia import AudioResampleNode, Pipeline


def build(rate, quality):
    p = Pipeline("rm102")
    return p.add(AudioResampleNode(rate, quality=quality))
