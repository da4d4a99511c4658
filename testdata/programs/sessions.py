"""State per session, and metadata that is parted from the data and put together again."""

import asyncio

from remotemedia.core.node import Node
from remotemedia.core.pipeline import Pipeline


class Counter(Node):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.is_streaming = True

    async def process(self, data_stream):
        async for data in data_stream:
            content, metadata = self.split_data_metadata(data)
            session_id = self.extract_session_id(data)
            if not session_id:
                yield data
                continue
            state = await self.get_session_state(session_id)
            state.set("count", state.get("count", 0) + 1)
            yield self.merge_data_metadata(content, {**metadata, "count": state.get("count")})


async def main():
    counter = Counter(name="counter", max_sessions=10)
    pipeline = Pipeline([counter])
    data = [("hi", {"session_id": "alice"}), ("hello", {"session_id": "bob"}), "anonymous"]
    data += [("more", 16000, {"session_id": "alice", "user_name": "Alice"})]
    async with pipeline.managed_execution():
        for result in await pipeline.run(data):
            print(result)
        sessions = await counter.state.get_all_sessions()
        print({name: state.data for name, state in sessions.items()})


asyncio.run(main())
