"""Who may use the simulated registry: everybody, one user by password, or by a token of its own token server."""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from tests.simulators.registry._handler import Handler

Auth = Literal["none", "basic", "token"]

USERNAME = "ann"
PASSWORD = "correct horse"  # noqa: S105 - the simulator's own
IDENTITY_TOKEN = "identity-of-ann"  # noqa: S105 - the same


def is_authorized(handler: Handler) -> bool:
    """Say whether a request to a repository is allowed; one that is not is answered."""
    simulator = handler.simulator
    action = "pull" if handler.command in {"GET", "HEAD"} else "push"
    given = handler.headers.get("Authorization", "")
    if simulator.auth == "none":
        return True
    if simulator.auth == "basic":
        if given == _basic(USERNAME, PASSWORD) or (simulator.anonymous_pull and action == "pull"):
            return True
        handler.error(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="simulator"')
        return False
    if f"repository:{handler.name}:{action}" in simulator.tokens.get(given.removeprefix("Bearer "), set()):
        return True
    scope = f"repository:{handler.name}:{'pull' if action == 'pull' else 'pull,push'}"
    challenge = f'Bearer realm="{simulator.origin}/token",service="simulator",scope="{scope}"'
    handler.error(401, "UNAUTHORIZED", WWW_Authenticate=challenge)
    return False


def say_who_is_known(handler: Handler) -> None:
    """Answer whether the caller is known at all (distribution-spec, "Determining Support")."""
    simulator = handler.simulator
    given = handler.headers.get("Authorization", "")
    if simulator.auth == "basic" and given != _basic(USERNAME, PASSWORD):
        handler.error(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="simulator"')
    elif simulator.auth == "token" and given.removeprefix("Bearer ") not in simulator.tokens:
        challenge = f'Bearer realm="{simulator.origin}/token",service="simulator"'
        handler.error(401, "UNAUTHORIZED", WWW_Authenticate=challenge)
    else:
        handler.answer(200, b"{}", Content_Type="application/json")


def give_token(handler: Handler) -> None:
    """Give a token for what is asked for, as far as the caller may have it."""
    simulator = handler.simulator
    scopes = handler.query.get("scope", "").split()
    if handler.command == "POST":
        form = parse_qs(handler.read_body().decode())
        scopes = form.get("scope", [""])[0].split()
        known = form.get("refresh_token") == [IDENTITY_TOKEN]
    else:
        given = handler.headers.get("Authorization")
        known = given == _basic(USERNAME, PASSWORD)
        if given is not None and not known:
            handler.error(401, "UNAUTHORIZED")
            return
    actions = ("pull", "push") if known else (("pull",) if simulator.anonymous_pull else ())
    granted = {
        f"{scope.rpartition(':')[0]}:{action}"
        for scope in scopes
        for action in scope.rpartition(":")[2].split(",")
        if action in actions
    }
    token = secrets.token_hex(16)
    if not simulator.faults.endless_token:
        simulator.tokens[token] = granted
    body = json.dumps({"token": token, "expires_in": simulator.token_seconds}).encode()
    handler.answer(200, body, Content_Type="application/json")


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
