"""A conversation: what comes out decides what goes in next, so nothing may wait in between."""

import asyncio

from remotemedia import Node, Pipeline


class Listen(Node):
    is_streaming = True

    async def process(self, stream):
        async for question in stream:
            yield question.lower()


class Answer(Node):
    def process(self, question):
        return f"{len(question)} letters"


class Speak(Node):
    async def process(self, answer):
        await asyncio.sleep(0)
        yield answer.upper()


async def main():
    questions = asyncio.Queue()
    await questions.put("HELLO")

    async def asked():
        while (question := await questions.get()) is not None:
            print("asked", question)
            yield question

    pipeline = Pipeline([Listen(), Answer(), Speak()], name="conversation")
    answers = 0
    async for answer in pipeline.process(asked()):
        print("answered", answer)
        answers += 1
        await questions.put(answer * 2 if answers < 3 else None)


asyncio.run(asyncio.wait_for(main(), 10))
