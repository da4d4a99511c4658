"""Decorators of the project are called; a registry of functions is filled by them."""
import functools

from remotemedia import AudioMixNode, AudioSource, Pipeline

STAGES = {}


def stage(name):
    def register(function):
        STAGES[name] = function
        return function

    return register


def twice(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        function(*args, **kwargs)
        return function(*args, **kwargs)

    return wrapper


@stage("source")
def source(pipeline):
    pipeline.add(AudioSource())


@stage("mix")
@twice
def mix(pipeline, channels=2):
    pipeline.add(AudioMixNode(channels))


@functools.cache
def channels():
    p.add(AudioMixNode(1, name="once"))
    return 3


p = Pipeline("decorators")
for name in sorted(STAGES):
    STAGES[name](p)
p.add(AudioMixNode(channels() + channels(), name="six"))
