"""What is said in requests for a person that meet each other: all of it arrives, each once."""

import asyncio
from typing import Any

import httpx
import pytest

from storage.bots.handoffs import MongoHandoffs
from tests.support.handoffs import around, card_in, conversation, take_over, texts_in
from tests.support.web import Web


async def both_once(web: Web, room: str, first: str, second: str) -> None:
    """See that one of the two stands in the card, the other beside it, and both in the talk."""
    teacher = await web.as_("teacher_a")
    card = await card_in(teacher, room)
    told = "\n".join(await texts_in(teacher, room))
    talk = (await teacher.post(f"/handoffs/{card['handoff']}/take")).json()["talk"]
    said = "\n".join(await texts_in(teacher, talk))
    for text in (first, second):
        assert told.count(text) == 1, "in the unit's room"
        assert said.count(text) == 1, "in the talk"
    assert (first in card["text"]) != (second in card["text"])
    kept = await web.services.mongo["handoffs"].find_one({"_id": card["handoff"]}) or {}
    assert "opening" not in kept, "words are kept in the rooms alone"


@pytest.mark.parametrize("keyed", [True, False])
async def test_two_requests_in_the_same_instant_keep_the_words_of_both(
    web: Web, monkeypatch: pytest.MonkeyPatch, *, keyed: bool
) -> None:
    guardian = await web.as_("guardian_a")
    path, room = await conversation(web, web.office.people["guardian_a"]), await take_over(web)
    # None knows of the other when it makes the hand-off.
    both = asyncio.Barrier(2)

    async def together(add: Any, *args: Any) -> bool:
        async with asyncio.timeout(60):
            await both.wait()
        made: bool = await add(*args)
        return made

    around(monkeypatch, MongoHandoffs, "add", together)

    async def ask(text: str) -> httpx.Response:
        headers = {"Idempotency-Key": text.encode().hex()} if keyed else {}
        return await guardian.post(path, json={"text": text}, headers=headers)

    answers = await asyncio.gather(ask("첫째 말"), ask("둘째 말"))
    assert [(answer.status_code, answer.json()["state"]) for answer in answers] == [(200, "waiting")] * 2
    monkeypatch.undo()
    for text in ("첫째 말", "둘째 말"):
        assert (await ask(text)).status_code == 200, "whose answer was lost asks again"
    await both_once(web, room, "첫째 말", "둘째 말")


async def test_a_request_that_comes_while_another_is_announced_keeps_the_words_of_both(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    guardian = await web.as_("guardian_a")
    path, room = await conversation(web, web.office.people["guardian_a"]), await take_over(web)
    made, go = asyncio.Event(), asyncio.Event()

    async def held(add: Any, *args: Any) -> bool:
        done: bool = await add(*args)
        made.set()
        await go.wait()
        return done

    around(monkeypatch, MongoHandoffs, "add", held)
    first = asyncio.create_task(guardian.post(path, json={"text": "첫째 말"}))
    await made.wait()
    second = await guardian.post(path, json={"text": "둘째 말"})
    assert second.json()["state"] == "waiting"
    assert "첫째 말" in (await card_in(await web.as_("teacher_a"), room))["text"]
    go.set()
    assert (await first).json() == second.json() | {"top": (await first).json()["top"]}
    await both_once(web, room, "첫째 말", "둘째 말")


async def test_words_of_a_request_that_died_half_way_are_told_by_the_next(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    guardian = await web.as_("guardian_a")
    path, room = await conversation(web, web.office.people["guardian_a"]), await take_over(web)

    async def dies(card: Any, *args: Any) -> None:
        raise asyncio.CancelledError

    around(monkeypatch, MongoHandoffs, "card", dies)
    with pytest.raises(asyncio.CancelledError):
        await guardian.post(path, json={"text": "첫째 말"})
    monkeypatch.undo()
    for text in ("둘째 말", "첫째 말", "둘째 말"):
        assert (await guardian.post(path, json={"text": text})).status_code == 200
    await both_once(web, room, "첫째 말", "둘째 말")
    assert "첫째 말" in (await card_in(await web.as_("teacher_a"), room))["text"]
