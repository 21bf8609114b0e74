from typing import Any

import pytest

from hub import protocol as wire
from hub.docs.asyncapi import document
from rooms.errors import CloseCode
from rooms.notices.ports import Change

DOCUMENT: dict[str, Any] = document("1")
CHANNEL: dict[str, Any] = DOCUMENT["channels"]["live"]


@pytest.mark.parametrize("verb", [*wire.ANSWERS, *wire.UNANSWERED])
def test_every_command_may_be_refused(verb: str) -> None:
    reply = DOCUMENT["operations"][f"command.{verb}"]["reply"]
    names = [message["$ref"].rpartition("/")[2] for message in reply["messages"]]
    assert names == ([] if verb in wire.UNANSWERED else [f"answer.{verb}"]) + ["answer.error"]


def test_the_handshake_is_described_with_what_refuses_it() -> None:
    for word in ("HTTP 403", "`Origin`", "path", f"`{wire.SUBPROTOCOL}`"):
        assert word in CHANNEL["description"]
    headers = CHANNEL["bindings"]["ws"]["headers"]
    assert set(headers["properties"]) == {"Authorization", "Sec-WebSocket-Protocol", "Origin"}
    assert "required" not in headers
    assert headers["properties"]["Sec-WebSocket-Protocol"]["description"].startswith("Optional")


def test_every_close_code_says_what_a_client_does() -> None:
    for code, meaning in CHANNEL["x-close-codes"].items():
        assert f"- {code}: {meaning}" in CHANNEL["description"]
    assert "after 5 s where it names none" in CHANNEL["x-close-codes"]["4429"]
    assert {1002, 1007, *CloseCode} == {int(code) for code in CHANNEL["x-close-codes"]}


def test_what_may_have_happened_to_a_notice_is_listed() -> None:
    news = DOCUMENT["components"]["schemas"]["NoticeNews"]
    assert set(news["properties"]["changed"]["enum"]) == set(Change)
