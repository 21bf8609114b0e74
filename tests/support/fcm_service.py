"""FCM's HTTP v1 API and Google's token endpoint on loopback, with a service account of their own."""

import json
import secrets
import time
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typing_extensions import override

from tests.support.served import Served

PROJECT = "madang-tests"
EMAIL = "hub@madang-tests.iam.example.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"


class FcmService(Served):
    """The service. `apps` are the registration tokens it knows, `messages` what it took.

    `answers` are told to the next sends instead: a status, an FCM error code, and Retry-After.
    """

    def __init__(self) -> None:
        super().__init__()
        self.apps: set[str] = set()
        self.messages: list[dict[str, Any]] = []
        self.answers: list[tuple[int, str, str | None]] = []
        self.grants: set[str] = set()
        self.asked = 0
        self.access_seconds = 3600
        self.refuse_grants = False

    def account(self, folder: Path) -> Path:
        """Write the file of a service account that this service knows."""
        pem = _key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        file = folder / "fcm.json"
        file.write_text(
            json.dumps(
                {
                    "type": "service_account",
                    "project_id": PROJECT,
                    "client_email": EMAIL,
                    "private_key": pem,
                    "token_uri": f"{self.url}/token",
                }
            )
        )
        return file

    @override
    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        if request.path == "/token":
            return self._grant(parse_qs(body.decode()))
        if request.path != f"/v1/projects/{PROJECT}/messages:send":
            return _error(404, "NOT_FOUND")
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.grants:
            return _error(401, "UNAUTHENTICATED")
        if self.answers:
            status, code, retry_after = self.answers.pop(0)
            return _error(status, code, retry_after)
        return self._take(json.loads(body)["message"])

    def _take(self, message: dict[str, Any]) -> web.Response:
        if not all(isinstance(value, str) for value in message["data"].values()):
            return _error(400, "INVALID_ARGUMENT")
        if message["token"] not in self.apps:
            return _error(404, "UNREGISTERED")
        self.messages.append(message)
        return web.json_response({"name": f"projects/{PROJECT}/messages/{len(self.messages)}"})

    def _grant(self, form: dict[str, list[str]]) -> web.Response:
        self.asked += 1
        try:
            assert not self.refuse_grants
            assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
            claims = jwt.decode(
                form["assertion"][0],
                _key().public_key(),
                algorithms=["RS256"],
                audience=f"{self.url}/token",
                options={"verify_iat": False},  # the clocks of tests are ahead
            )
            assert (claims["iss"], claims["scope"]) == (EMAIL, SCOPE)
            assert claims["exp"] - claims["iat"] <= 3600
            assert claims["exp"] > time.time()
        except (AssertionError, KeyError, jwt.InvalidTokenError) as error:
            return web.json_response({"error": "invalid_grant", "error_description": str(error)}, status=400)
        token = secrets.token_urlsafe()
        self.grants.add(token)
        return web.json_response(
            {"access_token": token, "expires_in": self.access_seconds, "token_type": "Bearer"}
        )


def _error(status: int, code: str, retry_after: str | None = None) -> web.Response:
    details = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}]
    content = {"error": {"code": status, "message": code, "status": code, "details": details}}
    return web.json_response(
        content, status=status, headers={} if retry_after is None else {"Retry-After": retry_after}
    )


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)
