import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from twisted.logger import Logger, LogLevel

from config.logging import PRIVATE, QUIET, REDACTED, configure, redact
from config.settings import Settings

HIDDEN = "비밀 이야기"


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


def logged(log_format: str = "json", log_level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    configure(Settings(log_format=log_format, log_level=log_level), stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_a_line_of_json() -> None:
    stream = logged()
    structlog.get_logger("hub.test").info("room opened", room="r1", members=3, title="교무실")
    (line,) = lines(stream)
    assert datetime.fromisoformat(line.pop("timestamp")).utcoffset() is not None
    assert line == {
        "event": "room opened", "level": "info", "logger": "hub.test", "room": "r1", "members": 3,
        "title": "교무실",
    }  # fmt: skip
    assert "교무실" in stream.getvalue()


def test_the_console_writes_for_people() -> None:
    stream = logged("console")
    structlog.get_logger("hub.test").warning("slow", room="r1\ninfo all is well")
    (line,) = stream.getvalue().splitlines()
    assert "slow" in line
    assert "\\n" in line


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("key", sorted(PRIVATE | {"Text", "PASSWORD"}))
def test_private_values_are_never_written(log_format: str, key: str) -> None:
    stream = logged(log_format)
    log = structlog.get_logger("hub.test").bind(**{key: HIDDEN})
    log.error("failed", command={"room": "r1", "send": [{key: HIDDEN}]})
    structlog.contextvars.bind_contextvars(**{key: HIDDEN})
    structlog.get_logger("hub.test").error("failed again")
    structlog.contextvars.clear_contextvars()
    assert HIDDEN not in stream.getvalue()
    assert stream.getvalue().count(REDACTED) == 3


class Send(Struct):
    text: str


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_commands_and_bytes_are_named_not_shown(log_format: str) -> None:
    stream = logged(log_format)
    structlog.get_logger("hub.test").error("failed", command=Send(HIDDEN), frames=[HIDDEN.encode()])
    assert HIDDEN not in stream.getvalue()
    assert repr(HIDDEN.encode()) not in stream.getvalue()
    assert "<Send>" in stream.getvalue()
    assert "<16 bytes>" in stream.getvalue()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_no_variables(log_format: str) -> None:
    stream = logged(log_format)
    hidden = HIDDEN
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        structlog.get_logger("hub.test").exception("failed")
        logging.getLogger("asyncio").exception("failed too")
    assert hidden not in stream.getvalue()
    assert stream.getvalue().count("ZeroDivisionError") >= 2


NESTED = st.recursive(
    st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(NESTED, st.sampled_from(sorted(PRIVATE)), st.lists(st.booleans(), max_size=12))
def test_however_deep_it_stands(value: Any, key: str, path: list[bool]) -> None:
    held: Any = {key: [HIDDEN, value]}
    for in_list in path:
        held = [held] if in_list else {"inner": held}
    assert HIDDEN not in repr(redact(None, "info", {"event": "x", "held": held}))


@given(st.dictionaries(st.text(min_size=1).filter(lambda key: key.lower() not in PRIVATE), st.integers()))
def test_other_values_stay(event: dict[str, Any]) -> None:
    assert redact(None, "info", dict(event)) == event


def test_the_level_holds_for_all() -> None:
    stream = logged(log_level="warning")
    structlog.get_logger("hub.test").info("no")
    structlog.get_logger("hub.test").warning("yes")
    logging.getLogger("somebody").info("no")
    logging.getLogger("somebody").warning("%s", "yes")
    assert [line["event"] for line in lines(stream)] == ["yes", "yes"]


def test_libraries_that_would_say_too_much_stay_quiet_at_debug() -> None:
    stream = logged(log_level="debug")
    for name, least in QUIET.items():
        logging.getLogger(name + ".inner").log(least - 1, HIDDEN)
        logging.getLogger(name + ".inner").log(least, "heard")
    logging.getLogger("asyncio").debug("heard")
    structlog.get_logger("hub.test").debug("heard")
    assert [line["event"] for line in lines(stream)] == ["heard"] * (len(QUIET) + 2)


def test_twisted_is_heard_once() -> None:
    logged()
    stream = logged()
    twisted = Logger("twisted.internet")
    twisted.emit(LogLevel.info, "every request")
    twisted.emit(LogLevel.error, "could not {what}", what="listen")
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["logger"]) == ("could not listen", "error", "twisted")


def test_it_may_be_configured_again() -> None:
    log = structlog.get_logger("hub.test")
    first = logged(log_level="error")
    log.info("no")
    second = logged(log_level="info")
    log.info("yes")
    logging.getLogger("somebody").info("yes")
    assert first.getvalue() == ""
    assert len(lines(second)) == 2


def test_other_handlers_stay() -> None:
    mine = logging.NullHandler()
    logging.getLogger().addHandler(mine)
    before = len(logging.getLogger().handlers)
    logged()
    logged()
    assert mine in logging.getLogger().handlers
    assert len(logging.getLogger().handlers) <= before + 1


def test_what_cannot_be_written_as_json_is_still_logged() -> None:
    stream = logged()
    structlog.get_logger("hub.test").info("odd", value=object, pair=(1, {2}))
    (line,) = lines(stream)
    assert line["pair"] == [1, [2]]


def test_it_leaves_twisteds_reactor_to_the_process_that_serves() -> None:
    program = "import sys, config.logging; assert 'twisted.internet.reactor' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
