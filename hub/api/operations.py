"""What is asked of the hub itself: how it is set, is it alive, should it get requests, what does it count."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.responses import Response

from config.settings import Settings
from hub.api import shapes
from hub.api.ask import Ask, Handlers, Reply
from hub.api.headers import HEADERS
from hub.api.shapes import Nothing
from hub.metrics import CONTENT_TYPE, Metrics

Checks = Callable[[], Awaitable[Mapping[str, object]]]
"""Checks what the hub stands on: by name, False or None where requests should not come here."""


class Operations:
    """Handlers for clients and for those who run the hub."""

    def __init__(self, settings: Settings, ready: Checks, metrics: Metrics) -> None:
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

    async def settings(self, _ask: Ask[Nothing, Nothing, None]) -> shapes.Settings:
        """Tell clients what they need to know of the settings."""
        limits = self._settings.limits
        return shapes.Settings(
            self._settings.locale,
            self._settings.timezone,
            shapes.SettingsLimits(limits.text_chars, limits.files, limits.file_bytes),
        )

    async def healthz(self, _ask: Ask[Nothing, Nothing, None]) -> shapes.Alive:
        """Answer: the event loop turns."""
        return shapes.Alive("ok")

    async def readyz(self, _ask: Ask[Nothing, Nothing, None]) -> Reply:
        """Tell whether requests should come here."""
        checks = await self._ready()
        ready = all(checks.values())
        told = {
            name: said if isinstance(said, str) else "ok" if said else "failed"
            for name, said in checks.items()
        }
        return Reply(shapes.Readiness(ready, told), 200 if ready else 503)

    async def metrics(self, _ask: Ask[Nothing, Nothing, None]) -> Response:
        """Write the numbers for Prometheus."""
        return Response(self._metrics.render(), headers=HEADERS | {"Content-Type": CONTENT_TYPE})
