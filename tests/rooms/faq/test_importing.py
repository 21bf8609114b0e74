import secrets

from rooms.faq.content import Content
from rooms.faq.desk import FaqDesk
from rooms.faq.files import Row
from rooms.faq.importing import Importer
from rooms.faq.records import State
from storage.faq.desks import MongoFaqDesks
from storage.faq.entries import MongoFaq
from tests.support.core import clock_of_today
from tests.support.people import Office


def row(line: int, entry: str, title: str, unit: str = "") -> Row:
    return Row(line=line, id=entry, unit=unit, content=Content(title=title, answer="답"))


async def test_rows_become_entries_and_what_is_as_it_was_stays(
    store: MongoFaq, units: MongoFaqDesks, desk: FaqDesk, office: Office
) -> None:
    mine = {office.school.id}
    importer = Importer(
        store, units, clock_of_today(), lambda unit: bool(mine & {*unit.path}), office.admin.id
    )
    one, two, other = (f"x-{secrets.token_hex(6)}" for _ in range(3))
    taken = await desk.create(office.head, office.office.id, Content(title="교육청", answer="답"))
    rows = [
        row(2, one, "하나"),
        row(3, two, "둘", unit=f"code-{office.school.id}"),
        row(4, "", "번호 없음"),
        row(5, other, "남의 학교", unit=office.other_school.id),
        row(6, taken.id, "남의 항목"),
        row(7, f"{one}-b", "없는 곳", unit="code-none"),
        row(8, f"{one}-c", "반", unit=office.class_one.id),
    ]
    dry = await importer.run(rows, office.school, publish=True, dry=True)
    assert (dry.added, len(dry.faults)) == (3, 4)
    assert await store.records([one, two]) == {}
    done = await importer.run(rows, office.school, publish=True)
    assert (done.added, done.changed, done.unchanged) == (3, 0, 0)
    assert [(fault.line, fault.why.reason) for fault in done.faults] == [
        (5, "no_unit"),
        (6, "faq_id_taken"),
        (7, "no_unit"),
        (8, "faq_no_institution"),
    ]
    found = await store.records([one, two, taken.id])
    assert {record.state for record in (found[one], found[two])} == {State.PUBLISHED}
    assert found[taken.id] == taken
    again = await importer.run([row(2, one, "하나"), row(3, two, "둘, 고침")], office.school, publish=False)
    assert (again.added, again.changed, again.unchanged) == (0, 1, 1)
    [changed] = (await store.records([two])).values()
    assert (changed.state, changed.live) == (State.CHANGED, found[two].live), "what is out stays out"
    published = await importer.run([row(3, two, "둘, 고침")], office.school, publish=True)
    assert published.changed == 1
    assert (await store.records([two]))[two].state is State.PUBLISHED
