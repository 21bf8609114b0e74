"""What is asked of the hub itself: how it is set, is it alive, should it get requests, what does it count."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from msgspec import Struct
from starlette.responses import Response

from config.settings import Settings as HubSettings
from hub.api.ask import Ask, Handlers, Reply
from hub.api.call import PREFIX, Call, Who
from hub.api.headers import HEADERS
from hub.api.shapes import Nothing
from hub.metrics import CONTENT_TYPE, Metrics

Checks = Callable[[], Awaitable[Mapping[str, object]]]
"""Checks what the hub stands on: by name, False or None where requests should not come here."""


class SettingsLimits(Struct):
    """Bounds of a message: characters of its text, how many files, bytes of each."""

    text_chars: int
    files: int
    file_bytes: int


class Settings(Struct):
    """The language of people who have not chosen one, the time zone (IANA) of dates, and limits."""

    locale: str
    timezone: str
    limits: SettingsLimits


class Alive(Struct):
    """The process answers."""

    status: str


class Readiness(Struct):
    """Whether requests should come here, and what was checked."""

    ready: bool
    checks: dict[str, str]


OPERATION_CALLS: Final[tuple[Call, ...]] = (
    Call(
        name="settings",
        method="GET",
        path=f"{PREFIX}/settings",
        summary="What this hub is set to, as far as clients need it",
        who=Who.ANYBODY,
        answer=Settings,
    ),
    Call(
        name="healthz",
        method="GET",
        path="/healthz",
        summary="Whether the process answers",
        who=Who.ANYBODY,
        answer=Alive,
    ),
    Call(
        name="readyz",
        method="GET",
        path="/readyz",
        summary="Whether requests should come here",
        who=Who.ANYBODY,
        answer=Readiness,
        also={503: "They should not"},
    ),
    Call(
        name="metrics",
        method="GET",
        path="/metrics",
        summary="Numbers for Prometheus",
        who=Who.ANYBODY,
        media="text/plain",
    ),
)
"""The calls of this module; a part of `hub/api/contract.py`."""


class Operations:
    """Handlers for clients and for those who run the hub."""

    def __init__(self, settings: HubSettings, ready: Checks, metrics: Metrics) -> None:
        self._settings = settings
        self._ready = ready
        self._metrics = metrics

    @property
    def handlers(self) -> Handlers:
        """The handler of each call."""
        return {
            "settings": self.settings,
            "healthz": self.healthz,
            "readyz": self.readyz,
            "metrics": self.metrics,
        }

    async def settings(self, _ask: Ask[Nothing, Nothing, None]) -> Settings:
        """Tell clients what they need to know of the settings."""
        limits = self._settings.limits
        return Settings(
            self._settings.locale,
            self._settings.timezone,
            SettingsLimits(limits.text_chars, limits.files, limits.file_bytes),
        )

    async def healthz(self, _ask: Ask[Nothing, Nothing, None]) -> Alive:
        """Answer: the event loop turns."""
        return Alive("ok")

    async def readyz(self, _ask: Ask[Nothing, Nothing, None]) -> Reply:
        """Tell whether requests should come here."""
        checks = await self._ready()
        ready = all(checks.values())
        told = {
            name: said if isinstance(said, str) else "ok" if said else "failed"
            for name, said in checks.items()
        }
        return Reply(Readiness(ready, told), 200 if ready else 503)

    async def metrics(self, _ask: Ask[Nothing, Nothing, None]) -> Response:
        """Write the numbers for Prometheus."""
        return Response(self._metrics.render(), headers=HEADERS | {"Content-Type": CONTENT_TYPE})
