"""Structured logs, one line an event: JSON for collectors, or a console for people. Never what people wrote.

`configure` routes the standard library's loggers (and through them Twisted's, Daphne's and
PyMongo's) the same way. Use `structlog.get_logger(__name__)` and say what happened as the
event, in words that do not change, with values beside it.
"""

import logging
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, TextIO

import structlog
from msgspec import Struct
from structlog.typing import EventDict, Processor, WrappedLogger
from twisted.logger import STDLibLogObserver, globalLogPublisher

from config.settings import Settings

REDACTED: Final = "[redacted]"
PRIVATE: Final = frozenset(
    {"text", "password", "token", "cookie", "body", "secret", "authorization", "set-cookie", "set_cookie"}
)
"""Keys whose values are never written, wherever they stand and in any case."""

QUIET: Final[Mapping[str, int]] = {
    # At lower levels these write what nobody may read later: documents, frames, headers,
    # addresses with codes in them. Twisted would also log every request.
    "daphne": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpcore2": logging.WARNING,
    "httpx": logging.WARNING,
    "httpx2": logging.WARNING,
    "multipart": logging.WARNING,
    "pymongo": logging.WARNING,
    "python_multipart": logging.WARNING,
    "twisted": logging.WARNING,
    "websockets": logging.INFO,
}
_DEEPEST: Final = 8
_NESTING: Final = (dict, list, tuple, set, frozenset)


class _Handler(logging.StreamHandler[TextIO]):
    """The one handler that `configure` owns."""


def redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace the values of private keys; a structlog processor."""
    del logger, method
    return {key: _clean(key, value, _DEEPEST) for key, value in event.items()}


def _clean(key: str, value: Any, depth: int) -> Any:
    if key.lower() in PRIVATE or (depth == 0 and isinstance(value, _NESTING)):
        return REDACTED
    match value:
        case dict():
            return {inner: _clean(str(inner), held, depth - 1) for inner, held in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean("", held, depth - 1) for held in value]
        case bytes() | bytearray() | memoryview():
            return f"<{len(value)} bytes>"
        case Struct():  # commands and events are such, and their repr shows all they hold
            return f"<{type(value).__name__}>"
        case _:
            return value


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Log as the settings say, to `stream` or standard error. May be called again."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,  # so that a second call reaches loggers already in use
    )
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(settings.log_format),
            ],
        )
    )
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(least, level))
    globalLogPublisher.addObserver(_twisted_observer())


def _renderers(log_format: str) -> list[Processor]:
    # Tracebacks are written without local variables: those hold what people wrote.
    if log_format == "json":
        traces = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [
            structlog.processors.ExceptionRenderer(traces),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,
            repr_native_str=True,  # a line break in a value must not begin a line
        )
    ]


@cache
def _twisted_observer() -> Any:
    """Make the one observer: the publisher knows it again by its identity."""
    return STDLibLogObserver("twisted")
