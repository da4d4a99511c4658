import asyncio
import sys

from remotemedia import AudioMixNode, AudioSource, Pipeline


def arguments():
    return sys.argv[1:]


async def play(data):
    return data


if __name__ == "__main__":
    pipeline = Pipeline()
    pipeline.add(AudioSource())
    pipeline.add(AudioMixNode())
    if len(sys.argv) > 1:
        print(pipeline.run(arguments()[0]))
        asyncio.run(play(pipeline.run_sync(sys.argv[1])))
    print(f"{pipeline.name}: {len(pipeline.nodes)} nodes", pipeline, file=sys.stderr)
elif False:
    never = Pipeline("never")
else:
    other = Pipeline("other")
