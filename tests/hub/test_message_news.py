"""Messages are pushed to those they are for who are not there, on the real hub without sockets."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta

import pytest

from hub.metrics import Metrics
from hub.wording import Wording
from rooms.events import MessageBody, draft
from rooms.ids import PersonId, RoomId, new_cid
from storage.delivery.subscriptions import Keys
from tests.hub.push.conftest import LOOPBACK
from tests.support.emptied import emptied_database, kept_database
from tests.support.push_service import Browser, PushService
from tests.support.web import Web
from tests.support.web import web as run_web

__all__ = ["emptied_database", "kept_database"]


@pytest.fixture
def service() -> Iterator[PushService]:
    with PushService() as running:
        yield running


@pytest.fixture
async def web(mongod_url: str, emptied_database: str, service: PushService) -> AsyncIterator[Web]:
    async with run_web(mongod_url, emptied_database, push_networks=LOOPBACK, push_quiet="off") as running:
        service.now = lambda: running.clock.now().timestamp()
        yield running
    assert service.faults == []


async def device(web: Web, service: PushService, key: str) -> Browser:
    """Let somebody get pushes."""
    delivering = web.services.delivering
    browser = service.browser(delivering.signatures.public_key)
    await delivering.subscriptions.add(
        web.office.people[key],
        "s1",
        browser.endpoint,
        Keys(**browser.keys),
        delivering.signatures.public_key,
        "",
        web.clock.now(),
        20,
    )
    return browser


async def push(web: Web, seconds: float = 10) -> None:
    """Make rows of what was said, and send what is due after so many seconds."""
    await web.services.message_news.plan()
    web.clock.advance(seconds)
    delivering = web.services.delivering
    worker = delivering.worker or delivering.make_worker(Wording(), Metrics())
    while await worker.once():
        pass


async def say(web: Web, key: str, room: RoomId, text: str, mentions: Sequence[str] = ()) -> int:
    body = MessageBody(text, mentions=[web.office.people[one] for one in mentions])
    return (await web.services.log.append(draft(room, web.office.people[key], new_cid(), body))).seq


async def test_a_direct_message_and_a_mention_reach_those_who_are_not_there(
    web: Web, service: PushService
) -> None:
    guardian, teacher = [await device(web, service, key) for key in ("guardian_a", "teacher_a")]
    direct = await web.office.direct("teacher_a", "guardian_a")
    group = await web.office.group("head_a", "teacher_a", "guardian_a", title="알림방")
    await say(web, "teacher_a", direct, "첫 번째")
    await say(web, "teacher_a", direct, "오늘 하늘이가 \n 많이 웃었어요")
    await say(web, "head_a", group, "모두에게")
    await say(web, "head_a", group, "확인해 주세요", ["teacher_a"])
    await push(web)
    (message,) = guardian.taken
    payload = message.payload
    assert (payload["title"], payload["body"]) == ("정담임", "오늘 하늘이가 많이 웃었어요")
    assert (payload["room"], payload["tag"], payload["url"]) == (direct, direct, f"/family#/rooms/{direct}")
    assert message.urgency == "high"
    (message,) = teacher.taken
    assert (message.payload["title"], message.payload["body"]) == ("최교장 · 알림방", "확인해 주세요")


async def test_staff_are_left_alone_by_families_outside_of_the_hours_of_their_school(
    web: Web, service: PushService
) -> None:
    teacher, guardian = [await device(web, service, key) for key in ("teacher_a", "guardian_a")]
    direct = await web.office.direct("teacher_a", "guardian_a")
    among_staff = await web.office.direct("teacher_a", "head_a")
    head = await web.as_("head_a")
    local = web.clock.now().astimezone(web.services.settings.zone)
    opens = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    assert opens.hour < 23
    hours = {"start": f"{opens:%H}:00", "end": f"{opens:%H}:30", "days": list(range(7))}
    unit = web.office.units["school_a"]
    assert (await head.put(f"/units/{unit}/hours", json={"hours": hours})).status_code == 200

    await say(web, "guardian_a", direct, "내일 늦습니다")
    await say(web, "guardian_a", direct, "병원에 갑니다")
    await say(web, "head_a", among_staff, "회의가 있습니다")
    await push(web)
    assert [one.payload["title"] for one in teacher.taken] == ["최교장"], "colleagues may write"
    await say(web, "teacher_a", direct, "네")
    await push(web)
    assert len(guardian.taken) == 1, "families are told at once"
    await push(web, (opens - web.clock.now()).total_seconds() - 1)
    assert len(teacher.taken) == 1
    await push(web, 1)
    assert [one.payload["body"] for one in teacher.taken[1:]] == ["병원에 갑니다"]


async def test_groups_are_asked_about_once_unless_somebody_is_mentioned(
    web: Web, service: PushService
) -> None:
    browser = await device(web, service, "teacher_a")
    group = await web.office.group("head_a", "teacher_a")
    news = web.services.message_news
    await say(web, "head_a", group, "처음")
    await news.plan()
    await say(web, "head_a", group, "아무도 부르지 않은 말")
    assert not news.heard
    await say(web, "head_a", group, "부른 말", ["teacher_a"])
    assert news.heard
    await push(web)
    assert [message.payload["body"] for message in browser.taken] == ["부른 말"]


async def test_what_was_read_recalled_or_seen_by_somebody_who_is_there_is_not_pushed(
    web: Web, service: PushService
) -> None:
    browser = await device(web, service, "guardian_a")
    direct = await web.office.direct("teacher_a", "guardian_a")
    guardian = PersonId(web.office.people["guardian_a"])
    seq = await say(web, "teacher_a", direct, "읽은 말")
    await web.services.message_news.plan()
    await web.services.rooms.move_cursors([(direct, guardian, seq, seq)])
    await push(web)
    seq = await say(web, "teacher_a", direct, "회수한 말")
    await web.services.message_news.plan()
    recalled = web.services.messages.recall(web.office.people["teacher_a"], direct, seq, new_cid())
    await (await recalled)
    await push(web)

    async def present(people: Sequence[PersonId]) -> dict[str, str]:
        return dict.fromkeys(people, "away")

    web.services.message_news.present = present
    await say(web, "teacher_a", direct, "여기 있을 때 한 말")
    await push(web)
    assert browser.taken == []
    web.services.message_news.present = None
    await say(web, "teacher_a", direct, "고치기 전")
    await web.services.message_news.plan()
    edited = web.services.messages.edit(web.office.people["teacher_a"], direct, seq + 3, new_cid(), "고친 말")
    await (await edited)
    await push(web)
    assert [message.payload["body"] for message in browser.taken] == ["고친 말"]


async def test_who_left_or_has_no_device_gets_nothing_and_nobody_their_own(
    web: Web, service: PushService
) -> None:
    teacher, gone = [await device(web, service, key) for key in ("teacher_a", "guardian_a2")]
    direct = await web.office.direct("teacher_a", "guardian_a")
    group = await web.office.group("head_a", "teacher_a", "guardian_a2")
    await say(web, "teacher_a", direct, "기기가 없는 사람에게")
    await say(web, "teacher_a", group, "나간 사람에게", ["guardian_a2", "teacher_a"])
    await web.services.message_news.plan()
    await web.services.rooms.unseat(group, [web.office.people["guardian_a2"]])
    await push(web)
    assert (teacher.taken, gone.taken) == ([], [])
