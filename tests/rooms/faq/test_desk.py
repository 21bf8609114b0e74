from typing import Any

import pytest

from rooms.errors import ErrorCode
from rooms.faq.content import Content
from rooms.faq.desk import FaqDesk, FaqPlace, Sought
from rooms.faq.entries import Audience, Scope
from rooms.faq.records import Act, State
from rooms.people import Person
from storage.faq import schema as faq_schema
from storage.faq.entries import MongoFaq
from storage.mongo import Mongo
from tests.support.core import answers, refused
from tests.support.people import Office

MEAL = Content(title="급식비", question="급식비는 언제 내나요?", answer="15일에 빠져나갑니다.", topic="급식")


async def test_an_entry_from_draft_to_withdrawal_and_back(desk: FaqDesk, office: Office) -> None:
    keeper = office.admin
    draft = await desk.create(keeper, office.school.id, Content(title="급식비"))
    assert (draft.state, draft.scope, draft.version, draft.revision) == (State.DRAFT, Scope.SCHOOL, 1, 0)
    await refused(
        desk.save(keeper, draft.id, 1, Content(title="급식비"), publish=True),
        ErrorCode.BAD_REQUEST,
        "faq_no_answer",
    )
    saved = await desk.save(keeper, draft.id, 1, MEAL)
    assert (saved.state, saved.version) == (State.DRAFT, 2)
    out = (await desk.publish(keeper, [draft.id])).records[0]
    assert (out.state, out.live, out.draft) == (State.PUBLISHED, MEAL, None)
    other = Content(title="급식비", question="급식비는요?", answer="20일에 빠져나갑니다.")
    changed = await desk.save(keeper, draft.id, out.version, other)
    assert (changed.state, changed.live, changed.draft) == (State.CHANGED, MEAL, other)
    back = await desk.save(keeper, draft.id, changed.version, MEAL)
    assert (back.state, back.draft) == (State.PUBLISHED, None), "written back to what is out"
    again = await desk.save(keeper, draft.id, back.version, other, publish=True)
    assert (again.state, again.live) == (State.PUBLISHED, other)
    assert again.revision > out.revision
    gone = (await desk.withdraw(keeper, [draft.id])).records[0]
    assert (gone.state, gone.live, gone.draft) == (State.WITHDRAWN, None, other)
    past = await desk.history(keeper, draft.id, None, 10)
    assert [(one.act, one.content) for one in past] == [
        (Act.WITHDRAWN, other),
        (Act.PUBLISHED, other),
        (Act.PUBLISHED, MEAL),
    ]
    assert all(one.by == keeper.id for one in past)
    restored = await desk.restore(keeper, draft.id, gone.version, out.revision)
    assert (restored.state, restored.draft) == (State.WITHDRAWN, MEAL)
    await refused(desk.restore(keeper, draft.id, restored.version, 10**9), ErrorCode.NOT_FOUND, "no_version")
    await refused(desk.erase(keeper, draft.id, restored.version), ErrorCode.CONFLICT, "faq_was_published")


async def test_a_draft_can_be_erased(desk: FaqDesk, office: Office) -> None:
    draft = await desk.create(office.admin, office.school.id, Content(title="급식비"))
    await refused(desk.erase(office.admin, draft.id, 7), ErrorCode.CONFLICT, "faq_changed_meanwhile")
    await desk.erase(office.admin, draft.id, draft.version)
    await refused(desk.record(office.admin, draft.id), ErrorCode.NOT_FOUND, "no_entry")


async def test_whoever_is_slower_is_told_and_overwrites_nothing(desk: FaqDesk, office: Office) -> None:
    made = await desk.create(office.admin, office.school.id, MEAL, publish=True)
    first = await desk.save(office.head, made.id, made.version, Content(title="먼저", answer="나"))
    await refused(
        desk.save(office.admin, made.id, made.version, Content(title="나중", answer="나")),
        ErrorCode.CONFLICT,
        "faq_changed_meanwhile",
    )
    assert await desk.record(office.admin, made.id) == first


async def test_entries_are_kept_by_administrators_above_and_by_named_keepers(
    desk: FaqDesk, office: Office, mongo: Mongo
) -> None:
    made = await desk.create(office.admin, office.school.id, MEAL)
    missing = "q000000000000"
    for person in [office.official, office.teacher, office.colleague, office.elsewhere, *office.families]:
        said = await answers(desk.record(person, made.id), desk.record(person, missing))
        assert said == {("not_found", "no_entry", "{}")}
        await refused(desk.create(person, office.school.id, MEAL), ErrorCode.NOT_FOUND, "no_unit")
        done = await desk.publish(person, [made.id, missing])
        assert {why.reason for why in done.refused.values()} == {"no_entry"}
        await refused(desk.mine(person), ErrorCode.NOT_FOUND, "no_desk")
    assert (await desk.record(office.head, made.id)).id == made.id
    await mongo[faq_schema.FAQ_DESKS].insert_one({"_id": office.school.id, "keepers": [office.colleague.id]})
    assert (await desk.record(office.colleague, made.id)).id == made.id
    assert [unit.id for unit in await desk.mine(office.colleague)] == [office.school.id]
    of_office = await desk.create(office.head, office.office.id, MEAL)
    await refused(desk.record(office.colleague, of_office.id), ErrorCode.NOT_FOUND, "no_entry")
    await refused(
        desk.create(office.admin, office.class_one.id, MEAL), ErrorCode.BAD_REQUEST, "faq_no_institution"
    )


async def test_lists_show_what_somebody_keeps_and_seeks(
    desk: FaqDesk, office: Office, store: MongoFaq
) -> None:
    staff = frozenset({Audience.STAFF})
    meal = await desk.create(office.admin, office.school.id, MEAL, publish=True)
    trip = await desk.create(
        office.admin,
        office.school.id,
        Content(title="출장 여비", answer="나", audience=staff, aliases=("관외 출장비 신청",)),
    )
    elsewhere = await desk.create(office.head, office.other_school.id, MEAL)

    async def listed(person: Person, **sought: Any) -> list[str]:
        narrowed = await desk.narrowed(person, Sought(**sought))
        return [record.id for record in await store.page(narrowed, None, 10)]

    assert set(await listed(office.admin)) == {meal.id, trip.id}
    assert set(await listed(office.head, units=frozenset({office.other_school.id}))) == {elsewhere.id}
    await refused(
        listed(office.admin, units=frozenset({office.other_school.id})), ErrorCode.NOT_FOUND, "no_unit"
    )
    assert await listed(office.admin, text="출장비신청") == [trip.id]
    assert await listed(office.admin, text="여비 관외") == [trip.id]
    assert await listed(office.admin, text="급식.*") == [], "what looks like a pattern is text"
    assert await listed(office.admin, states=frozenset({State.PUBLISHED})) == [meal.id]
    assert await listed(office.admin, audience=Audience.GUARDIAN) == [meal.id]
    assert await listed(office.admin, topic="급식") == [meal.id]
    narrowed = await desk.narrowed(office.admin, Sought())
    counts = await store.counts(narrowed)
    assert counts == {State.DRAFT: 1, State.PUBLISHED: 1, State.CHANGED: 0, State.WITHDRAWN: 0}
    assert await store.topics(narrowed.units) == ["급식"]
    [first] = await store.page(narrowed, None, 1)
    [second] = await store.page(narrowed, FaqPlace(first.changed_at, first.id), 1)
    assert {first.id, second.id} == {meal.id, trip.id}
    assert await store.page(narrowed, FaqPlace(second.changed_at, second.id), 1) == []


async def test_many_at_once_each_with_its_reason(
    desk: FaqDesk, office: Office, store: MongoFaq, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = [await desk.create(office.admin, office.school.id, MEAL) for _ in range(3)]
    empty = await desk.create(office.admin, office.school.id, Content(title="답이 없는 것"))
    really = store.write

    async def overtaken(writes: Any) -> list[int]:
        """Write when somebody else has saved one of them in this moment."""
        monkeypatch.setattr(store, "write", really)
        await desk.save(office.head, good[1].id, 1, Content(title="누군가", answer="나"))
        return await store.write(writes)

    monkeypatch.setattr(store, "write", overtaken)
    done = await desk.publish(office.admin, [one.id for one in (*good, empty)])
    assert {record.id for record in done.records} == {good[0].id, good[2].id}
    assert {entry: why.reason for entry, why in done.refused.items()} == {
        empty.id: "faq_no_answer",
        good[1].id: "faq_changed_meanwhile",
    }
    assert (await desk.record(office.admin, good[1].id)).state is State.DRAFT
    again = await desk.publish(office.admin, [good[0].id])
    assert again.records[0].revision == done.records[0].revision, (
        "what is out already comes out no second time"
    )
    gone = await desk.withdraw(office.admin, [good[0].id, empty.id])
    assert [record.state for record in gone.records] == [State.WITHDRAWN]
    assert gone.refused[empty.id].reason == "faq_not_out"
