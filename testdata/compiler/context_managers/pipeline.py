"""`with`: of the project, of the library and of others, and `try` around what does not fail."""
import contextlib
import threading

from remotemedia import AudioMixNode, AudioSource, Pipeline

p = Pipeline("context_managers")


@contextlib.contextmanager
def between(first, last):
    p.add(AudioMixNode(first))
    try:
        yield first + 1
    finally:
        p.add(AudioMixNode(last, name="last"))


class Section:
    def __init__(self, channels):
        self.channels = channels

    def __enter__(self):
        p.add(AudioMixNode(self.channels, name="entered"))
        return self

    def __exit__(self, *exception):
        p.add(AudioMixNode(self.channels, name="left"))


with between(1, 9) as following, Section(following) as section:
    p.add(AudioMixNode(section.channels + 1, name="inside"))
with threading.Lock():
    p.add(AudioMixNode(4, name="locked"))
try:
    p.add(AudioSource(), after=[])
except ValueError:
    p.add(AudioMixNode(5, name="failed"))
else:
    p.add(AudioMixNode(6, name="succeeded"))
finally:
    p.add(AudioMixNode(7, name="finally"))
