"""FCM over HTTP v1, for apps on phones: an access token for the service account, then a message a request."""

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import jwt
import msgspec
from msgspec import Struct
from typing_extensions import override

from hub.push.outgoing import TOO_MANY, HttpAnswer, Outgoing, Unreached
from hub.push.sending import TAKEN, Answer, Parcel, Sender, Verdict
from rooms.delivery.channels import Kind, Reason, Urgency
from rooms.ports import Clock

SCHEME: Final = "fcm:"
"""How the endpoint of an app's subscription begins; its registration token follows."""
SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTED_SECONDS: Final = 3_600
SPARE_SECONDS: Final = 120
"""An access token is renewed as long before its end."""


class BadAccount(Exception):
    """A file that is no service account's, for people."""


class ServiceAccount(Struct, frozen=True):
    """What is used of a service account's file."""

    project_id: str
    client_email: str
    private_key: str
    token_uri: str


class _Access(Struct):
    access_token: str
    expires_in: int


class _Detail(Struct):
    errorCode: str = ""  # noqa: N815 - as FCM writes it


class _Fault(Struct, frozen=True):
    status: str = ""
    details: list[_Detail] = []


class _Refusal(Struct):
    error: _Fault = _Fault()


def read_account(path: Path) -> ServiceAccount:
    """Read the file that Firebase gives for a service account. Raises BadAccount."""
    try:
        account = msgspec.json.decode(path.read_bytes(), type=ServiceAccount)
        jwt.PyJWS().encode(b"{}", account.private_key, "RS256")
    except OSError as error:
        raise BadAccount(f"{path} cannot be read: {error.strerror or error}") from error
    except (msgspec.DecodeError, jwt.PyJWTError, ValueError, TypeError) as error:
        raise BadAccount(f"{path} is no service account: {error}") from error
    return account


class FcmSender(Sender):
    """Sends to apps. `url` is where FCM is; `outgoing` is given over to it."""

    def __init__(self, outgoing: Outgoing, account: ServiceAccount, url: str, clock: Clock) -> None:
        self._outgoing = outgoing
        self._account = account
        self._url = f"{url.rstrip('/')}/v1/projects/{account.project_id}/messages:send"
        self._clock = clock
        self._access: tuple[str, float] | None = None
        self._asking = asyncio.Lock()

    @override
    async def send(self, parcel: Parcel) -> Answer:
        """Send one message."""
        body = msgspec.json.encode({"message": self._message(parcel)})
        try:
            token = await self._token()
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            answer = await self._outgoing.post(self._url, headers, body)
        except _NoAccess as error:
            return Answer(Verdict.LATER, Reason.REFUSED, everybody=True, detail=str(error))
        except Unreached as error:
            return Answer(Verdict.LATER, Reason.AWAY, detail=str(error))
        if answer.status == HTTPStatus.UNAUTHORIZED:
            self._access = None
        return judge(answer)

    @override
    def origin(self, parcel: Parcel) -> str:
        """Name FCM."""
        return self._url

    @override
    async def close(self) -> None:
        """Close all connections."""
        await self._outgoing.close()

    async def reach(self) -> None:
        """Get an access token, if none is there. Raises Unreached with the reason for people."""
        try:
            await self._token()
        except _NoAccess as error:
            raise Unreached(str(error)) from error

    def _message(self, parcel: Parcel) -> dict[str, Any]:
        left = max(0, int((parcel.expires_at - self._clock.now()).total_seconds()))
        high = parcel.urgency is Urgency.HIGH
        android: dict[str, Any] = {
            "collapse_key": parcel.topic,
            "priority": "HIGH" if high else "NORMAL",
            "ttl": f"{left}s",
        }
        apns = {
            "apns-collapse-id": parcel.topic,
            "apns-priority": "10" if high else "5",
            "apns-expiration": str(int(parcel.expires_at.timestamp())),
        }
        message: dict[str, Any] = {
            "token": parcel.to.removeprefix(SCHEME),
            # All values of data must be strings; the app reads what a service worker would.
            "data": {"madang": parcel.payload.decode()},
            "android": android,
            "apns": {"headers": apns},
        }
        if parcel.kind is Kind.SHOW:
            message["notification"] = {"title": parcel.title, "body": parcel.text}
            android["notification"] = {"tag": parcel.topic}
        return message

    async def _token(self) -> str:
        """Give an access token, a new one where none holds (RFC 7523, section 2.1). Raises Unreached."""
        async with self._asking:
            now = self._clock.now().timestamp()
            if self._access is not None and self._access[1] > now:
                return self._access[0]
            claims = {
                "iss": self._account.client_email,
                "scope": SCOPE,
                "aud": self._account.token_uri,
                "iat": int(now),
                "exp": int(now) + ASSERTED_SECONDS,
            }
            assertion = jwt.encode(claims, self._account.private_key, "RS256")
            form = urlencode({"grant_type": GRANT, "assertion": assertion}).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = await self._outgoing.post(self._account.token_uri, headers, form)
            access = _read_access(answer)
            self._access = access.access_token, now + access.expires_in - SPARE_SECONDS
            return access.access_token


class _NoAccess(Exception):
    """The service account was not given an access token."""


def _read_access(answer: HttpAnswer) -> _Access:
    if answer.status != HTTPStatus.OK:
        raise _NoAccess(f"no access token: {answer.detail}")
    try:
        return msgspec.json.decode(answer.body, type=_Access)
    except msgspec.DecodeError as error:
        raise _NoAccess(f"no access token: {error}") from error


def judge(answer: HttpAnswer) -> Answer:
    """Say what an answer of FCM means (its error codes: UNREGISTERED, QUOTA_EXCEEDED and so on)."""
    if answer.status == HTTPStatus.OK:
        return TAKEN
    code = _code(answer.body)
    if code in {"UNREGISTERED", "SENDER_ID_MISMATCH"} or answer.status == HTTPStatus.NOT_FOUND:
        return Answer(Verdict.GONE, Reason.GONE, detail=answer.detail)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return Answer(Verdict.LATER, Reason.REFUSED, detail=answer.detail)
    if answer.status == TOO_MANY or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        reason = Reason.BUSY if answer.status == TOO_MANY else Reason.AWAY
        # The quota of FCM is the project's, so 429 too is about everybody.
        everybody = answer.retry_after is not None
        return Answer(Verdict.LATER, reason, answer.retry_after, everybody, answer.detail)
    return Answer(Verdict.NEVER, Reason.REFUSED, detail=answer.detail)


def _code(body: bytes) -> str:
    try:
        fault = msgspec.json.decode(body, type=_Refusal).error
    except msgspec.DecodeError:
        return ""
    return next((detail.errorCode for detail in fault.details if detail.errorCode), fault.status)
