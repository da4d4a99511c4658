"""Keys that never come here: a program that signs, on a hardware token, in a key management service, elsewhere.

One process per request. It reads one JSON object from its standard input and writes one to its standard output:

    {"version": 1, "operation": "public-key"}                    -> {"publicKey": "-----BEGIN PUBLIC KEY-----…"}
    {"version": 1, "operation": "sign", "data": "<base64>"}      -> {"signature": "<base64>"}
    anything that fails                                          -> {"error": "<text>"}, or an exit status that is not 0

`data` is what is signed, not its hash; the signature is ASN.1 DER over its SHA-256 (P-256) or 64 bytes over the data
itself (Ed25519). Standard error is the user's terminal, so that a program can ask for a touch or a PIN.
"""

from __future__ import annotations

import base64
import binascii
import os
import selectors
import shlex
import subprocess
import tempfile
import time
from functools import cached_property
from typing import IO, Any

from remotemedia.errors import TrustError
from remotemedia.trust import strict_json
from remotemedia.trust._keys import PublicKey

_VERSION = 1
_TIMEOUT = 120.0  # seconds: somebody may have to find the token
_MAX_ANSWER = 64 << 10
_SHOWN = 200


class PluginSigner:
    """A signer behind a command line. Every failure is a `TrustError` RM506."""

    def __init__(self, command: str, timeout: float = _TIMEOUT) -> None:
        """Take a command as a shell's user writes it; no shell runs it."""
        try:
            self._arguments = shlex.split(command)
        except ValueError as exc:
            raise self._failed(f"`{command}` is no command: {exc}") from exc
        if not self._arguments:
            raise self._failed("the command is empty")
        self._timeout = timeout

    @cached_property
    def public(self) -> PublicKey:
        """The key's public half, as the program gives it; asked for once."""
        pem = self._ask({"operation": "public-key"}, "publicKey")
        try:
            return PublicKey.from_pem(pem.encode())
        except TrustError as exc:
            raise self._failed(str(exc)) from exc

    def sign(self, data: bytes, /) -> bytes:
        """Have `data` signed; the signature is checked before it is believed."""
        text = self._ask({"operation": "sign", "data": base64.b64encode(data).decode()}, "signature")
        try:
            signature = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as exc:
            raise self._failed("expected base64 in `signature`") from exc
        if not self.public.verify(signature, data):
            raise self._failed(f"its signature does not verify with its own key {self.public.fingerprint}")
        return signature

    def material(self) -> dict[str, Any]:
        """Name the key as a bundle does."""
        return {"publicKey": {"hint": self.public.hint}}

    def describe(self) -> str:
        """Name the key and where it is."""
        return f"the key {self.public.fingerprint} of `{self._arguments[0]}`"

    def _ask(self, request: dict[str, Any], field: str) -> str:
        status, answer = self._run(strict_json.dumps({"version": _VERSION, **request}))
        if status != 0 and not answer:
            raise self._failed(f"it ended with status {status}")
        try:
            document = strict_json.loads_object(answer, max_bytes=_MAX_ANSWER)
        except ValueError as exc:
            raise self._failed(f"its answer to `{request['operation']}` is not a JSON object: {exc}") from exc
        if "error" in document:
            raise self._failed(strict_json.shown(document["error"], _SHOWN))
        if status != 0:
            raise self._failed(f"it ended with status {status}")
        value = document.get(field)
        if not isinstance(value, str):
            raise self._failed(f"expected the text `{field}` in its answer to `{request['operation']}`")
        return value

    def _run(self, request: bytes) -> tuple[int, bytes]:
        # The request lies in a file: a program that reads nothing cannot block us on a full pipe.
        with tempfile.TemporaryFile() as stdin:
            stdin.write(request)
            stdin.seek(0)
            try:
                process = subprocess.Popen(self._arguments, stdin=stdin, stdout=subprocess.PIPE)
            except OSError as exc:
                raise self._failed(f"it cannot be started: {exc.strerror}") from exc
            with process:
                try:
                    return self._answer(process)
                finally:
                    process.kill()

    def _answer(self, process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
        assert process.stdout is not None  # noqa: S101 - it was opened as a pipe
        deadline = time.monotonic() + self._timeout
        answer = self._read(process.stdout, deadline)
        try:
            return process.wait(max(deadline - time.monotonic(), 0)), answer
        except subprocess.TimeoutExpired as exc:
            raise self._too_slow() from exc

    def _read(self, stdout: IO[bytes], deadline: float) -> bytes:
        answer = b""
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while True:
                if not selector.select(max(deadline - time.monotonic(), 0)):
                    raise self._too_slow()
                piece = os.read(stdout.fileno(), _MAX_ANSWER)
                if not piece:
                    return answer
                answer += piece
                if len(answer) > _MAX_ANSWER:
                    raise self._failed(f"it answered with more than {_MAX_ANSWER} bytes")

    def _too_slow(self) -> TrustError:
        return self._failed(f"it did not answer within {self._timeout:g} s")

    def _failed(self, why: str) -> TrustError:
        return TrustError(
            f"the signing program cannot be used: {why}",
            code="RM506",
            hint="`docs/reference/keys-and-certificates.md` says what such a program reads and writes",
        )
