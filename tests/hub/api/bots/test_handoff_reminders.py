"""Who waits long for a person: the unit's room hears of it within its hours, once, whoever tells."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from hub.bots.reminding import make_reminders
from rooms.handoff_reminders import HandoffReminders
from rooms.ids import PersonId
from tests.support.handoffs import cards_in, conversation, take_over
from tests.support.web import Web

TEN_MINUTES = 600
WORDS = "오래 기다리고 있습니다"


def reminders(web: Web, *there: str) -> HandoffReminders:
    """Make a process's reminders; these people are online by what it knows."""
    online = {web.office.people[key] for key in there}

    async def present(people: Sequence[PersonId]) -> dict[str, str]:
        return {person: "online" if person in online else "offline" for person in people}

    return make_reminders(web.services, present)


async def told(web: Web, room: str) -> list[dict[str, Any]]:
    cards = await cards_in(await web.as_("teacher_a"), room)
    return [body for body in cards if WORDS in body["text"]]


@pytest.fixture
async def room(web: Web) -> str:
    """Let a guardian wait for a person of their school; gives its room."""
    room = await take_over(web)
    path = await conversation(web, web.office.people["guardian_a"])
    waiting = await (await web.as_("guardian_a")).post(path, json={"text": "급해요"})
    assert waiting.json()["state"] == "waiting"
    return room


async def test_the_room_is_reminded_once_of_who_waits_for_ten_minutes(web: Web, room: str) -> None:
    people = web.office.people
    web.clock.advance(TEN_MINUTES)
    assert await reminders(web, "teacher_a").remind() == 0, "not before they have waited for longer"
    web.clock.advance(1)
    # Two processes at once, which know of different people.
    await asyncio.gather(reminders(web, "teacher_a").remind(), reminders(web, "teacher_a2").remind())
    [body] = await told(web, room)
    assert body["mentions"] in ([people["teacher_a"]], [people["teacher_a2"]])
    [card, again] = await cards_in(await web.as_("teacher_a"), room)
    assert again["handoff"] == card["handoff"], "it can be taken right there"
    web.clock.advance(TEN_MINUTES * 10)
    assert await reminders(web, "teacher_a").remind() == 0
    assert len(await told(web, room)) == 1


async def test_a_process_that_died_before_it_noted_the_reminder_reminds_of_it_no_second_time(
    web: Web, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.clock.advance(TEN_MINUTES + 1)
    dying = reminders(web, "teacher_a")

    async def dies(*_: Any) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(dying._store, "reminded", dies)
    with pytest.raises(asyncio.CancelledError):
        await dying.remind()
    await reminders(web, "teacher_a2").remind()
    assert len(await told(web, room)) == 1
    assert await reminders(web).remind() == 0


async def test_where_nobody_is_there_all_are_mentioned_but_whoever_asked(web: Web) -> None:
    room = await take_over(web)
    path = await conversation(web, web.office.people["teacher_a"])
    await (await web.as_("teacher_a")).post(path, json={"text": "급해요"})
    web.clock.advance(TEN_MINUTES + 1)
    assert await reminders(web, "teacher_a").remind() == 1
    [body] = await told(web, room)
    people = web.office.people
    assert people["teacher_a"] not in body["mentions"]
    assert {people["teacher_a2"], people["head_a"]} <= set(body["mentions"])


async def test_nobody_is_reminded_of_what_is_taken_and_again_once_it_waits_anew(web: Web, room: str) -> None:
    owner = await web.as_("teacher_a")
    [card] = await cards_in(owner, room)
    at = f"/handoffs/{card['handoff']}"
    version = (await owner.post(f"{at}/take")).json()["version"]
    web.clock.advance(TEN_MINUTES + 1)
    assert await reminders(web, "teacher_a").remind() == 0
    owner = await web.as_("teacher_a")
    assert (await owner.post(f"{at}/give-back", json={"version": version})).json()["state"] == "waiting"
    assert await reminders(web, "teacher_a").remind() == 0, "it waits since just now"
    web.clock.advance(TEN_MINUTES + 1)
    assert [await reminders(web, "teacher_a").remind() for _ in range(2)] == [1, 0]
    await (await web.as_("guardian_a")).post(
        f"/bots/school/conversations/c-{web.office.people['guardian_a']}/handoff/done"
    )
    assert await reminders(web, "teacher_a").remind() == 0
    assert len(await told(web, room)) == 1


async def test_outside_of_the_hours_nobody_is_reminded_and_at_their_begin_they_are(
    web: Web, room: str
) -> None:
    now = web.clock.now().astimezone(web.services.settings.zone)
    minute = now.hour * 60 + now.minute
    later = {"start": (minute + 60) % 1_380, "end": (minute + 60) % 1_380 + 60, "days": list(range(7))}
    await take_over(web, hours=later)
    web.clock.advance(TEN_MINUTES + 1)
    assert await reminders(web, "teacher_a").remind() == 0
    assert await told(web, room) == []
    starts = (later["start"] - minute) % 1_440 * 60  # type: ignore[operator]
    web.clock.advance(starts - TEN_MINUTES)
    assert await reminders(web, "teacher_a").remind() == 1
