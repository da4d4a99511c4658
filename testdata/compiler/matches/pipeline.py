"""`match` on known values."""
from remotemedia import AudioMixNode, AudioResampleNode, AudioSource, Pipeline

p = Pipeline("matches")
for stage in ["source", ("mix", 2), ("mix", 1, "last"), {"rate": 8000, "more": 1}, 3, None]:
    match stage:
        case "source" | "input":
            p.add(AudioSource())
        case ("mix", channels):
            p.add(AudioMixNode(channels))
        case ("mix", channels, *names) if names:
            p.add(AudioMixNode(channels, name=names[0]))
        case {"rate": rate}:
            p.add(AudioResampleNode(rate))
        case int(number):
            p.add(AudioMixNode(number, name="number"))
        case _:
            p.add(AudioMixNode(4, name="other"))
