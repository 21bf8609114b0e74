"""The table of calls and the handlers fit each other."""

import inspect
import re
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from starlette.routing import Route

from hub.api.app import handlers
from hub.api.ask import Ask
from hub.api.bodies import Upload
from hub.api.contract import CALLS, COMMON, PREFIX, STATUS, Call, Who
from hub.api.operations import Checks
from hub.metrics import Metrics
from hub.wording import Wording
from rooms.errors import ErrorCode
from tests.support.web import Web

BY_NAME = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)


async def _ready() -> dict[str, object]:
    return {}


READY: Checks = _ready


def test_names_and_addresses_are_there_once() -> None:
    assert len({call.name for call in CALLS}) == len(CALLS)
    assert len({(call.method, call.path) for call in CALLS}) == len(CALLS)


@BY_NAME
def test_a_path_has_the_names_of_its_type(call: Call) -> None:
    fields = {field.encode_name for field in msgspec.structs.fields(call.path_type)}
    assert set(re.findall(r"{(\w+)}", call.path)) == fields


@BY_NAME
def test_what_changes_something_is_for_people_who_signed_in(call: Call) -> None:
    if call.who is Who.ANYBODY and not call.safe:
        assert call.name in {"sign_in", "push_receipt"}
    if call.path.startswith(PREFIX) and call.who is Who.ANYBODY:
        assert call.name in {"sign_in", "sign_in_options", "settings", "push_key", "push_receipt"}


@BY_NAME
def test_bodies_belong_to_calls_that_change_something(call: Call) -> None:
    if call.safe:
        assert call.body is None
        assert not call.upload
        assert not call.creates
    assert call.status in {200, 201, 204}
    assert (call.status == 204) == (call.answer is None and call.media is None)
    assert not set(call.codes) & set(COMMON)


def test_every_code_has_a_status() -> None:
    assert set(STATUS) == set(ErrorCode)


async def test_every_call_has_a_handler_that_takes_what_it_is_given(web: Web) -> None:
    bound = handlers(web.services, READY, Metrics(), Wording())
    assert set(bound) == {call.name for call in CALLS}
    for call in CALLS:
        hints: dict[str, Any] = get_type_hints(bound[call.name])
        returned = hints.pop("return")
        (ask,) = hints.values()
        assert get_origin(ask) is Ask, call.name
        body = Upload if call.upload else call.body or type(None)
        assert get_args(ask) == (call.path_type, call.query, body), call.name
        if inspect.isclass(returned) and issubclass(returned, msgspec.Struct):
            assert returned is call.answer, call.name


async def test_every_address_is_served(web: Web) -> None:
    served = {
        (method, route.path)
        for route in web.app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert served == {(call.method, call.path) for call in CALLS} | {
        ("GET", "/"),
        ("GET", "/api/asyncapi.json"),
        ("GET", "/api/openapi.json"),
        ("GET", "/author"),
        ("GET", "/chat"),
        ("GET", "/chat/demo"),
        ("GET", "/desk"),
        ("GET", "/family"),
        ("GET", "/family/worker.js"),
        ("GET", "/widget.js"),
    }
