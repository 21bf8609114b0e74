import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.push.payload import LONGEST_TOKEN, MOST_TITLE, Receipt, Receipts, payload_of, shorten
from hub.push.webpush import MOST_PAYLOAD
from rooms.delivery.channels import Channel, Kind
from rooms.delivery.outbox import Delivery
from rooms.delivery.ports import Content
from rooms.ids import PersonId

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
ROW = Delivery("n1:v1:p1:push", "n1", PersonId("p1"), Channel.PUSH, "v1", NOW, NOW)
RECEIPTS = Receipts("a secret key of tests, long enough")


def test_what_a_service_worker_reads() -> None:
    content = Content("준비물", "색연필", "/web/family/#n1", urgent=True)
    assert json.loads(payload_of(ROW, content, "t", NOW)) == {
        "v": 1,
        "id": ROW.id,
        "kind": "show",
        "tag": "n1",
        "topic": "n1",
        "title": "준비물",
        "body": "색연필",
        "url": "/web/family/#n1",
        "at": "2026-11-26T03:00:00.000Z",
        "token": "t",
        "urgent": True,
        "notice": "n1",
    }
    told = json.loads(payload_of(replace(ROW, kind=Kind.CLOSE), content, "t", NOW))
    assert (told["kind"], told["title"], told["body"]) == ("close", "", "")
    told = json.loads(payload_of(replace(ROW, about="r1"), content, "t", NOW))
    assert (told["room"], "notice" in told) == ("r1", False)
    told = json.loads(payload_of(replace(ROW, about="digest-1"), content, "t", NOW, about="n5", items=3))
    assert (told["tag"], told["notice"], told["topic"], told["items"]) == ("n5", "n5", "digest-1", 3)


@given(st.text(max_size=3000), st.text(max_size=300))
def test_every_payload_fits_and_keeps_as_much_as_it_can(text: str, title: str) -> None:
    encoded = payload_of(ROW, Content(title, text, "/web/family/"), "t" * 100, NOW)
    assert len(encoded) <= MOST_PAYLOAD
    told = json.loads(encoded)
    assert len(told["title"]) <= MOST_TITLE
    if len(text) < 300:
        assert told["body"] == text


def test_a_long_text_is_cut_near_the_limit() -> None:
    encoded = payload_of(ROW, Content("가", "가나다 " * 2000, "/"), "t", NOW)
    assert MOST_PAYLOAD - 400 < len(encoded) <= MOST_PAYLOAD
    assert json.loads(encoded)["body"].endswith("…")


def test_titles_have_one_line() -> None:
    assert shorten(" 가\n\t나 ", 10) == "가 나"
    assert shorten("x" * 11, 10) == "x" * 9 + "…"


@given(st.text("abc:-0123", min_size=1, max_size=60), st.text("w0123", max_size=13))
def test_a_token_names_its_delivery_and_device(delivery: str, subscription: str) -> None:
    token = RECEIPTS.issue(delivery, subscription)
    assert len(token) <= LONGEST_TOKEN
    assert RECEIPTS.read(token) == Receipt(delivery, subscription)
    assert Receipts("another secret key of other tests").read(token) is None


@given(st.text(max_size=100) | st.binary(max_size=80).map(lambda data: data.hex() + "." + data.hex()))
def test_what_is_no_token_names_nothing(token: str) -> None:
    assert RECEIPTS.read(token) is None


def test_a_token_that_was_changed_names_nothing() -> None:
    token = RECEIPTS.issue("n1:v1:p1:push", "w1")
    other = RECEIPTS.issue("n1:v1:p2:push", "w1")
    assert RECEIPTS.read(other.partition(".")[0] + "." + token.partition(".")[2]) is None
    assert RECEIPTS.read(token + "x" * LONGEST_TOKEN) is None
