"""A small OpenID Connect provider on loopback, with real keys, that can be told to misbehave.

Everybody who comes to its authorization endpoint is signed in at once as `person`.
"""

import base64
import hashlib
import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey
from typing_extensions import override

Answer = tuple[int, dict[str, str], bytes]


class LocalProvider:
    """The provider: `with LocalProvider(now) as provider`.

    `claims` overrides what ID tokens say (None leaves a claim out), `sign` how they are signed,
    `answers` whole answers by path; `asked` counts the requests.
    """

    client_id = "madang-tests"
    client_secret = "a secret: of/tests?"

    def __init__(self, now: datetime, *, port: int = 0) -> None:
        self.now = now
        self.person: dict[str, Any] = {"sub": "subject-1", "preferred_username": "Teacher1", "name": "김하늘"}
        self.only_in_userinfo: set[str] = set()
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.answers: dict[str, Callable[[], Answer]] = {}
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.asked: Counter[str] = Counter()
        self.key = _first_key()
        self.published = [self.key]
        self._codes: dict[str, dict[str, str]] = {}
        self._access: dict[str, dict[str, Any]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def issuer(self) -> str:
        """Its issuer address."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def rotate(self, kid: str = "second") -> None:
        """Sign with a new key, and publish only that."""
        self.key = RSAKey.generate_key(2048, {"kid": kid})
        self.published = [self.key]

    def signed(self, claims: dict[str, Any]) -> str:
        """Sign as it should be."""
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """Answer a request."""
        self.asked[path] += 1
        usual: dict[str, Callable[[], Answer]] = {
            "GET /.well-known/openid-configuration": lambda: _json(self._discovery()),
            "GET /keys": lambda: _json({"keys": [key.as_dict(private=False) for key in self.published]}),
            "GET /authorize": lambda: self._authorize(dict(parse_qsl(query))),
            "POST /token": lambda: self._token(dict(parse_qsl(body.decode())), headers),
            "GET /userinfo": lambda: self._userinfo(headers),
        }
        return self.answers.get(path, usual.get(f"{method} {path}", lambda: (404, {}, b"")))()

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            **self.metadata,
        }

    def _authorize(self, asked: dict[str, str]) -> Answer:
        wanted = {"response_type": "code", "client_id": self.client_id, "code_challenge_method": "S256"}
        if any(asked.get(name) != value for name, value in wanted.items()) or "openid" not in asked["scope"]:
            return 400, {}, b""
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return 302, {"Location": f"{asked['redirect_uri']}?{back}"}, b""

    def _userinfo(self, headers: dict[str, str]) -> Answer:
        person = self._access.get(headers.get("authorization", "").removeprefix("Bearer "))
        return _json(person) if person else (401, {}, b"")

    def _token(self, asked: dict[str, str], headers: dict[str, str]) -> Answer:
        basic = headers.get("authorization", "").removeprefix("Basic ")
        shown = base64.b64decode(basic).decode() if basic else (
            f"{asked.get('client_id')}:{asked.get('client_secret')}"
        )  # fmt: skip
        if shown != f"{self.client_id}:{self.client_secret}":
            return _json({"error": "invalid_client"}, 401)
        begun = self._codes.pop(asked.get("code", ""), None)
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            begun is None
            or asked.get("grant_type") != "authorization_code"
            or begun["code_challenge"] != challenge
            or begun["redirect_uri"] != asked.get("redirect_uri")
        ):
            return _json(
                {"error": "invalid_grant", "error_description": "internal words of the provider"}, 400
            )
        access = secrets.token_urlsafe(16)
        self._access[access] = self.person
        said = {key: value for key, value in self.person.items() if key not in self.only_in_userinfo}
        times = {"iat": int(self.now.timestamp()), "exp": int(self.now.timestamp()) + 300}
        whole = {
            "iss": self.issuer,
            "aud": self.client_id,
            "nonce": begun["nonce"],
            **times,
            **said,
            **self.claims,
        }
        token = self.sign({key: value for key, value in whole.items() if value is not None})
        return _json({"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": token})


@cache
def _first_key() -> RSAKey:
    # Made once: it takes longer than a test.
    return RSAKey.generate_key(2048, {"kid": "first"})


def back_at(url: str) -> dict[str, str]:
    """Read the query of the address a browser was sent back to."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def _json(value: object, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


def _handler(provider: LocalProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        @override
        def log_message(self, *_: object) -> None:
            pass

        def _respond(self) -> None:
            split = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, extra, content = provider.answer(self.command, split.path, split.query, headers, body)
            self.send_response(status)
            for name, value in {**extra, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _respond  # noqa: N815

    return Handler
