from remotemedia import AudioSource, Pipeline


def build(name, nodes):
    made = Pipeline(name)
    made.add(AudioSource())
    for node in nodes:
        made.add(node)
    return made
