"""What the description of the HTTP API says of its calls, besides what other tests hold it against."""

from typing import Any

import pytest

from hub.api.contract import CALLS, Call, Who
from hub.docs.openapi import document

DOCUMENT = document("1.0")
BY_NAME = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)


def operation(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][call.path][call.method.lower()]
    return found


@BY_NAME
def test_every_parameter_is_described(call: Call) -> None:
    parameters = operation(call).get("parameters", [])
    assert [parameter["name"] for parameter in parameters if not parameter.get("description")] == []


def test_every_call_belongs_to_a_part_and_every_part_has_calls() -> None:
    used = [operation(call)["tags"] for call in CALLS]
    assert all(len(tags) == 1 for tags in used)
    assert {tag for tags in used for tag in tags} == {tag["name"] for tag in DOCUMENT["tags"]}


def test_parts_are_told_by_whole_steps_of_paths() -> None:
    tags = {call.name: operation(call)["tags"][0] for call in CALLS}
    assert (tags["members"], tags["metrics"], tags["me"], tags["contact"]) == (
        "rooms", "operations", "people", "push",
    )  # fmt: skip


@BY_NAME
def test_who_may_call_is_said(call: Call) -> None:
    security = operation(call)["security"]
    assert ({} in security) == (call.who is Who.EITHER)
    assert (not security) == (call.who is Who.ANYBODY)


def test_headers_of_visitors_and_of_streams_are_described() -> None:
    headers = {
        call.name: {one["name"] for one in operation(call).get("parameters", []) if one["in"] == "header"}
        for call in CALLS
    }
    assert headers["resume_chat"] == {"Madang-Visitor", "Last-Event-ID"}
    assert headers["chat"] == {"Madang-Visitor"}
    assert headers["send"] == {"Idempotency-Key"}


def test_every_process_writes_what_a_set_holds_in_one_order() -> None:
    audience = DOCUMENT["components"]["schemas"]["Content"]["properties"]["audience"]
    assert audience["default"] == ["guardian", "staff", "student"]
