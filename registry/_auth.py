"""Answering a registry's challenge: Basic (RFC 7617), or a Bearer token from its token server.

Source: distribution's token authentication specification; `POST` with a refresh token as in OAuth 2 (RFC 6749).
"""

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from remotemedia.errors import RegistryError
from remotemedia.registry._credentials import Credentials
from remotemedia.registry._retry import TransientError, parse_retry_after
from remotemedia.registry._transport import Origin, Response, Transport, read_bounded
from remotemedia.trust import strict_json

_MAX_ANSWER_BYTES = 1 << 20
_MAX_CHALLENGE_CHARACTERS = 8192
_MAX_TOKEN_CHARACTERS = 64 << 10
_LIFETIME_SECONDS = 60.0  # what the specification says where `expires_in` is absent
_MAX_LIFETIME_SECONDS = 24 * 3600
_MARGIN_SECONDS = 5.0  # a token that is about to expire is not worth an upload
_CLIENT_ID = "remotemedia"

_SCHEME = re.compile(r"(?:^|,)\s*(bearer|basic)\s", re.IGNORECASE | re.ASCII)
_PARAMETER = re.compile(r'\b(\w++)="((?:[^"\\]++|\\.)*+)"', re.ASCII)


@dataclass(frozen=True)
class Challenge:
    """What a `WWW-Authenticate` header asks for; of several the first that is known, Bearer before Basic."""

    scheme: str
    parameters: dict[str, str]

    @classmethod
    def parse(cls, headers: Sequence[str]) -> "Challenge | None":
        """Read the headers of a 401 (RFC 9110, section 11.6.1)."""
        found: dict[str, Challenge] = {}
        for header in (one[:_MAX_CHALLENGE_CHARACTERS] for one in headers):
            starts = list(_SCHEME.finditer(header))
            ends = [*(match.start() for match in starts[1:]), len(header)]
            for start, end in zip(starts, ends, strict=False):  # without a challenge there is an end and no start
                scheme = start[1].lower()
                parameters = {name.lower(): value for name, value in _PARAMETER.findall(header[start.end() : end])}
                found.setdefault(scheme, cls(scheme, parameters))
        return found.get("bearer") or found.get("basic")


# What is to be done, in the terms of the token specification: `("repository:voice/tts:pull",)`.
Scopes = tuple[str, ...]


@dataclass(frozen=True)
class _Token:
    header: str
    expires: float


class Authorizer:
    """Gives `Authorization` headers for one repository, or for none (`""`), and learns from challenges.

    Threads share it: of several that are refused one asks for a token, and the others take what it got.
    Tokens are kept per scopes (`repository:NAME:ACTIONS`), so that a token that may only pull is never used to push.

    Attributes:
        hint: what a user can do about a refusal.
    """

    def __init__(
        self,
        transport: Transport,
        registry: Origin,
        repository: str,
        credentials: Callable[[], Credentials | None],
        *,
        hint: str,
    ) -> None:
        self._transport = transport
        self._registry = registry
        self._repository = repository
        self._credentials = credentials
        self._tried: Credentials | None = None
        self.hint = hint
        self._basic: str | None = None
        self._tokens: dict[Scopes, _Token] = {}
        self._answering = threading.Lock()

    def tried(self, preposition: str) -> str:
        """Say whose credentials were shown, behind a preposition; empty if there were none."""
        return f"{preposition} {self._tried}" if self._tried is not None else ""

    def header(self, scopes: Scopes) -> str | None:
        """Give what is known to be accepted for these scopes; None before a challenge."""
        token = self._tokens.get(scopes)
        if token is not None and token.expires > time.monotonic():
            return token.header
        return self._basic

    def answer(self, response: Response, scopes: Scopes, sent: str | None) -> tuple[str, bool]:
        """Give the header that a 401 asks for, `sent` having been refused, and whether it was made for this answer.

        One that another thread got may have ended meanwhile. Raises `RegistryError` RM403 without one.
        """
        with self._answering:
            known = self.header(scopes)
            if known is not None and known != sent:  # another thread has answered meanwhile
                return known, False
            return self._answer(response, scopes), True

    def _answer(self, response: Response, scopes: Scopes) -> str:
        challenge = Challenge.parse(response.headers.getlist("WWW-Authenticate"))
        if challenge is None:
            raise self._refused("it asks for a kind of login that is not known")
        credentials = self._tried = self._credentials()
        if challenge.scheme == "bearer":
            self._tokens[scopes] = self._fetch(challenge, credentials, scopes)
            return self._tokens[scopes].header
        if credentials is None or credentials.identity_token is not None:
            raise self._refused("it asks for a user name and password, and there are none")
        if self._basic is not None:
            raise self._refused(f"user name or password are wrong{self.tried(', those of')}")
        self._basic = credentials.basic
        return self._basic

    def _fetch(self, challenge: Challenge, credentials: Credentials | None, wanted: Scopes) -> _Token:
        realm = challenge.parameters.get("realm", "")
        origin = Origin.of(realm)
        fields = [("service", challenge.parameters["service"])] if "service" in challenge.parameters else []
        scopes = list(wanted)
        if (asked := challenge.parameters.get("scope")) and not asked.startswith(f"repository:{self._repository}:"):
            scopes.append(asked)
        response = self._ask(realm, fields, scopes, credentials)
        data = read_bounded(response, origin.authority, _MAX_ANSWER_BYTES)
        if response.status != 200:  # noqa: PLR2004 - HTTP
            if response.status == 429 or response.status >= 500:  # noqa: PLR2004 - HTTP
                error = RegistryError(f"token server `{origin.authority}` answered {response.status}", code="RM404")
                raise TransientError(error, parse_retry_after(response.headers.get("Retry-After")))
            who = self.tried(" to") or " without a login"
            raise self._refused(f"its token server answered {response.status}{who}")
        return _parse_token(data, origin.authority)

    def _ask(
        self, realm: str, fields: list[tuple[str, str]], scopes: list[str], credentials: Credentials | None
    ) -> Response:
        if credentials is not None and credentials.identity_token is not None:
            form = [
                *fields,
                ("scope", " ".join(scopes)),
                ("grant_type", "refresh_token"),
                ("refresh_token", credentials.identity_token),
                ("client_id", _CLIENT_ID),
            ]
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return self._transport.send("POST", realm, headers=headers, body=urlencode(form).encode())
        query = urlencode([*fields, *(("scope", scope) for scope in scopes), ("client_id", _CLIENT_ID)])
        url = f"{realm}{'&' if '?' in realm else '?'}{query}"
        return self._transport.send(
            "GET", url, headers={}, authorization=credentials.basic if credentials is not None else None
        )

    def _refused(self, why: str) -> RegistryError:
        host, what = self._registry.authority, f" to `{self._repository}`" if self._repository else ""
        return RegistryError(
            f"registry `{host}` refused access{what}: {why}",
            code="RM403",
            hint=self.hint,
            host=host,
        )


def _parse_token(data: bytes, host: str) -> _Token:
    try:
        answer: dict[str, Any] = strict_json.loads_object(data)
    except ValueError as exc:
        raise RegistryError(f"expected JSON from the token server `{host}`: {exc}", code="RM406") from exc
    token = answer.get("token") or answer.get("access_token")
    # A line break in a token would end the header it stands in, and headers are ASCII (RFC 9110 §5.5).
    if not isinstance(token, str) or not _is_word(token) or not 0 < len(token) <= _MAX_TOKEN_CHARACTERS:
        raise RegistryError(f"expected a `token` from the token server `{host}`", code="RM406")
    lifetime = answer.get("expires_in")
    seconds = _LIFETIME_SECONDS
    if isinstance(lifetime, int) and lifetime > 0:
        seconds = float(min(lifetime, _MAX_LIFETIME_SECONDS))
    return _Token(f"Bearer {token}", time.monotonic() + max(seconds - _MARGIN_SECONDS, 1.0))


def _is_word(token: str) -> bool:
    return token.isascii() and token.isprintable()
