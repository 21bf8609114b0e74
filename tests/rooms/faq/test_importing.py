import secrets

from rooms.faq.content import Content, FaqLimits, entry_of
from rooms.faq.desk import FaqDesk
from rooms.faq.entries import Scope, Source
from rooms.faq.files import read_rows, written
from rooms.faq.importing import Importer
from rooms.faq.records import State
from rooms.faq.rows import Row
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


async def test_rows_without_an_id_are_known_again(
    store: MongoFaq, units: MongoFaqDesks, office: Office
) -> None:
    importer = Importer(store, units, clock_of_today(), lambda _: True, None)
    title = secrets.token_hex(6)
    rows = [row(2, "", title), row(3, "", title), row(4, "", title, unit=office.other_school.id)]
    assert (await importer.run(rows, office.school, publish=True)).added == 3
    again = await importer.run(rows, office.school, publish=True)
    assert (again.added, again.unchanged, again.faults) == (0, 3, ())


async def test_what_is_exported_of_a_document_keeps_it(
    store: MongoFaq, units: MongoFaqDesks, office: Office
) -> None:
    importer = Importer(store, units, clock_of_today(), lambda _: True, None)
    name = f"x-{secrets.token_hex(6)}"
    source = Source(title="편람", document="d1", page=7)
    passage = Row(line=1, id=name, unit="", content=Content(title="전학", answer="답", source=source))
    await importer.run([passage], office.school, publish=True)
    [record] = (await store.records([name])).values()
    exported = written([(entry_of(name, office.school.id, Scope.SCHOOL, record.content, 1), "")], ".csv")
    sheet = read_rows("a.csv", "".join(exported).encode(), FaqLimits())
    assert (await importer.run(sheet.rows, office.school, publish=True)).unchanged == 1
    table = f"번호,제목,답변,출처 제목\n{name},전학,다른 답,편람\n"
    [changed] = read_rows("a.csv", table.encode(), FaqLimits()).rows
    assert (await importer.run([changed], office.school, publish=True)).changed == 1
    [record] = (await store.records([name])).values()
    assert (record.content.answer, record.content.source) == ("다른 답", source)
