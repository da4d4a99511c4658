"""A token server as a process: `python -m tests.full.token_server PORT DIRECTORY MEANS`.

DIRECTORY has `key.pem` and, for the means `x5c`, `certificate.pem`. It answers `GET` with Basic, and `POST` with a
password or a refresh token (distribution's token specification, and its OAuth 2 variant), for one user alone.
"""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.full.tokens import LIFETIME_SECONDS, SERVICE, Access, Means, TokenKey, header_of

USER, PASSWORD = "alice", "correct horse"
IDENTITY_TOKEN = "an-identity-token"  # noqa: S105 - of this server alone
BASIC = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()


class TokenServer(ThreadingHTTPServer):
    """Answers with tokens for whatever scopes the user asks."""

    def __init__(self, port: int, key: TokenKey, header: dict[str, object]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.key = key
        self.header = header


class _Handler(BaseHTTPRequestHandler):
    server: TokenServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer(parse_qs(urlsplit(self.path).query), known=self.headers["Authorization"] == BASIC)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        said = {name: form.get(name, [""])[0] for name in ("grant_type", "username", "password", "refresh_token")}
        by_password = said["grant_type"] == "password" and (said["username"], said["password"]) == (USER, PASSWORD)
        by_token = said["grant_type"] == "refresh_token" and said["refresh_token"] == IDENTITY_TOKEN
        self._answer(form, known=by_password or by_token)

    def _answer(self, asked: dict[str, list[str]], *, known: bool) -> None:
        allowed = known and asked.get("service") == [SERVICE]
        answer: dict[str, object] = {"errors": [{"code": "UNAUTHORIZED"}]}
        if allowed:
            scopes = " ".join(asked.get("scope", [])).split()
            token = self.server.key.sign(_access(scopes), self.server.header)
            answer = {"token": token, "access_token": token, "expires_in": LIFETIME_SECONDS}
        data = json.dumps(answer).encode()
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _access(scopes: list[str]) -> Access:
    found = []
    for scope in scopes:
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        found.append({"type": kind, "name": name, "actions": actions.split(",")})
    return found


def _main(port: str, place: str, means: Means) -> None:
    key = TokenKey.read(Path(place) / "key.pem")
    certificate = (Path(place) / "certificate.pem").read_bytes() if means == "x5c" else b""
    TokenServer(int(port), key, header_of(key, means, certificate)).serve_forever()


if __name__ == "__main__":
    port, place, means = sys.argv[1:]
    assert means in {"kid", "x5c"}
    _main(port, place, "kid" if means == "kid" else "x5c")
