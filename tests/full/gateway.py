"""A gateway that asks for a login, before a registry that knows none, as a process.

    python -m tests.full.gateway PORT TARGET_PORT              ask for Basic
    python -m tests.full.gateway PORT TARGET_PORT KEY REALM    ask for a token signed by the key of the file KEY

One request a connection: what follows an admitted head is handed over as it comes, in both directions.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.full.token_server import BASIC
from tests.full.tokens import SERVICE, TokenKey

_BLOCK = 1 << 16
_REPOSITORY = re.compile(r"/v2/(.+)/(?:blobs|manifests|tags|referrers)/")

# For the request's method, path and `Authorization`: the challenge, or None where it is admitted.
Guard = Callable[[str, str, str], str | None]


def basic(_method: str, _path: str, authorization: str) -> str | None:
    return None if authorization == BASIC else 'Basic realm="test"'


def bearer(key: TokenKey, realm: str) -> Guard:
    def guard(method: str, path: str, authorization: str) -> str | None:
        challenge = f'Bearer realm="{realm}",service="{SERVICE}"'
        found = _REPOSITORY.match(path)
        wanted = {"pull"} if method in {"GET", "HEAD"} else {"pull", "push"}
        scheme, _, token = authorization.partition(" ")
        access = key.access(token) if scheme == "Bearer" else None
        if found is None:
            return challenge if access is None else None
        allowed = {action for one in access or () if one["name"] == found[1] for action in one["actions"]}
        return None if wanted <= allowed else f'{challenge},scope="repository:{found[1]}:{",".join(sorted(wanted))}"'

    return guard


async def serve(port: int, target_port: int, guard: Guard) -> None:
    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await _request(reader, writer, target_port, guard)
        writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", port)
    await server.serve_forever()


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target_port: int, guard: Guard) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    request, *lines = head.rstrip("\r\n").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, path, _ = request.split(" ")
    challenge = guard(method, path, fields.get("authorization", ""))
    if challenge is not None:
        head = f"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode())
        writer.write_eof()
        while await reader.read(_BLOCK):  # closing with a body unread would take the answer back
            pass
        return
    kept = [line for line in lines if not line.lower().startswith(("connection:", "authorization:"))]
    there_reader, there_writer = await asyncio.open_connection("127.0.0.1", target_port)
    there_writer.write("\r\n".join([request, *kept, "Connection: close", "", ""]).encode())
    sending = asyncio.create_task(_pour(reader, there_writer))
    await _pour(there_reader, writer)  # ends too when the sender went away, which the registry is told by the end
    sending.cancel()
    there_writer.close()


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(_BLOCK):
            target.write(data)
            await target.drain()
    with suppress(OSError):
        target.write_eof()


if __name__ == "__main__":
    given, target, *token = sys.argv[1:]
    chosen = bearer(TokenKey.read(Path(token[0])), token[1]) if token else basic
    asyncio.run(serve(int(given), int(target), chosen))
