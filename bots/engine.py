"""The retrieval at work, in threads of its own, so that the event loop goes on; it takes changes meanwhile.

The lexical legs are there after `load`; `join_dense` adds the vectors, while questions are answered.
"""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import structlog

from bots.clusters import clusters
from bots.entries import Asker, Entry, may_see
from bots.follow_up import Meant, going_on
from bots.retrieval.embedder import Embedder, named
from bots.retrieval.meanings import Meanings
from bots.retrieval.morphemes import Coming, Morphemes, Typed
from bots.retrieval.proof import Proof
from bots.retrieval.retriever import Found, Query, Retriever
from bots.retrieval.static_model import Maker, ModelFailed, ensure_model, place_of
from bots.retrieval.tuning import Tuning, UnusableTuning
from bots.storing import go_on
from bots.two_matters import Half, halves

T = TypeVar("T")

REMEMBERED: Final = 1_000
"""Questions whose results are remembered until an entry changes."""

INDEX: Final = "index"
"""The folder of what is indexed, in the chatbot's."""
TOGETHER: Final = 8
"""Questions that are looked for in one go where so many wait, which takes less than one by one."""
QUICK: Final = 20_000
"""Entries up to which that is so: among more a search takes so long that nobody should wait for another's."""

NOT_LOADED: Final = "model_not_loaded"
NO_SAY: Final = "model_has_no_say"
"""What the administrator is told of a configured model; the second, where it finds too few of the aliases."""

log = structlog.get_logger(__name__)


_Key = tuple[str, Asker, date, int]
"""A question, who asks, on which day, and for how many entries."""


class _Asked(NamedTuple):
    """What somebody waits for: questions, what was begun of each, and where to tell what was found."""

    keys: Sequence[_Key]
    begun: Sequence[Coming | None]
    found: asyncio.Future[list[Found]]


class LiveEngine:
    """`bots.answerer.Engine` over the entries that are published. Call `close` at the end.

    `today` gives the office's date. `give_way` is called between the steps of a search, by its thread.
    """

    def __init__(
        self,
        folder: Path,
        model: str | None,
        today: Callable[[], date],
        give_way: Callable[[], None] = go_on,
    ) -> None:
        self._folder = folder
        self._model = model
        self._today = today
        self._give_way = give_way
        self._morphemes = Morphemes()
        self._retriever: Retriever | None = None
        self._entries: dict[str, Entry] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._loading = ThreadPoolExecutor(1, thread_name_prefix="load")
        self._maker = Maker()
        # Of the searching thread alone: what many people ask is looked for once.
        self._found: OrderedDict[_Key, Found] = OrderedDict()
        self._asked: deque[_Asked] = deque()
        # What was read and is about to be looked for is not cut again.
        self._typed: OrderedDict[str, Typed] = OrderedDict()
        self.trouble = ""
        self.proof: Proof | None = None
        self.model = ""
        self.changes = 0

    def close(self) -> None:
        """Let the threads end, and a model that is being made."""
        self._maker.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)
        for asked in self._asked:
            asked.found.cancel()
        self._loading.shutdown(wait=False, cancel_futures=True)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The entries that are answered from; `changes` counts how often they became others."""
        return self._entries

    @property
    def dense(self) -> bool:
        """Whether the dense leg has a say by now."""
        return self._retriever is not None and self._retriever.dense

    async def warm_up(self) -> None:
        """Load the morphemes; about two seconds."""
        for chatty in ("faiss", "sentence_transformers", "transformers"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        await self._run(self._loading, self._morphemes.warm_up)

    async def load(self, entries: Iterable[Entry], *, anew: bool = False) -> None:
        """Take all entries there are, in place of those before. Call after `warm_up`.

        `anew` indexes all, also what was saved.
        """
        known = {entry.id: entry for entry in entries}

        def fill() -> Retriever:
            models, learnt = self._folder / "models", self._learnt()
            embedder = None
            if self._model is None and place_of(models).is_dir():
                embedder = Embedder(self._morphemes, models)
                embedder.warm_up()
                self.model = embedder.fingerprint
            retriever = Retriever(
                self._morphemes,
                Meanings.kept(models),
                ranking=None if learnt is None else learnt.ranking,
                calibration=None if learnt is None else learnt.calibration,
                give_way=self._give_way,
            )
            retriever.fill(known.values(), embedder=embedder, folder=None if anew else self._folder / INDEX)
            return retriever

        self._retriever = await self._run(self._loading, fill)
        await self._run(self._pool, self._found.clear)
        self._entries = known
        self.changes += 1

    def _learnt(self) -> Tuning | None:
        """Load what the office learnt, if it fits, and say by what answers are given."""
        try:
            learnt = Tuning.of(self._folder, named(self._model))
        except UnusableTuning as unusable:
            log.warning("weights and thresholds are those of Madang", reason=str(unusable))
            return None
        if learnt is not None:
            thresholds = learnt.calibration
            log.info(
                "weights and thresholds are the office's", sure=thresholds.sure, unsure=thresholds.unsure
            )
        return learnt

    async def join_dense(self) -> None:
        """Let the vectors join: seconds, and the first time on a machine half a minute."""
        retriever = self._ready()
        if retriever.dense:
            return

        def join() -> tuple[Proof | None, str]:
            models = self._folder / "models"
            retriever.meanings = Meanings.load(ensure_model(models, maker=self._maker))
            embedder = Embedder(self._morphemes, models, self._model)
            embedder.warm_up()
            return retriever.add_dense(embedder, self._folder / INDEX), embedder.fingerprint

        # A thread of its own, which takes on how far the process stands back by now.
        pool = ThreadPoolExecutor(1, thread_name_prefix="dense")
        try:
            proof, self.model = await self._run(pool, join)
        except ModelFailed as failure:
            self.trouble = NOT_LOADED
            log.error("the chatbot goes on without its dense leg", reason=str(failure))  # noqa: TRY400 - it says why
            return
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        await self._run(self._pool, self._found.clear)
        self.proof = proof
        if proof is not None and not proof.passed:
            self.trouble = NO_SAY
            log.warning("the model has no say", model=self._model, found=proof.dense, words=proof.lexical)

    async def prepare(self) -> None:
        """Do ahead what the first questions would wait for; who asks meanwhile has their turn between."""
        steps = self._ready().prepare()
        while await self._run(self._pool, lambda: next(steps, True)) is None:
            pass

    async def keep(self) -> None:
        """Save what is indexed, for the next start, where enough changed since that was done."""
        retriever = self._ready()
        try:
            if await self._run(self._loading, lambda: retriever.keep(self._folder / INDEX)):
                log.info("index saved", entries=len(self))
        except OSError as error:
            log.warning("index not saved, the next start makes it anew", reason=str(error))

    async def change(self, changed: Sequence[Entry], withdrawn: Sequence[str]) -> None:
        """Take entries that changed, and let others go; what is asked afterwards finds them so."""
        retriever = self._ready()

        def apply() -> None:
            for entry in changed:
                retriever.put(entry)
            for name in withdrawn:
                retriever.remove(name)
            self._found.clear()

        await self._run(self._pool, apply)
        self._entries.update((entry.id, entry) for entry in changed)
        for name in withdrawn:
            self._entries.pop(name, None)
        self.changes += 1

    async def search(self, questions: Sequence[str], who: Asker, limit: int) -> list[Found]:
        """Search for several wordings at once."""
        self._ready()
        loop, day = asyncio.get_running_loop(), self._today()
        keys = [(question, who, day, limit) for question in questions]
        # Their morphemes are cut on another core while the questions before them are looked for.
        begun = [None if key in self._found else self._begin(key[0]) for key in keys]
        found: asyncio.Future[list[Found]] = loop.create_future()
        self._asked.append(_Asked(keys, begun, found))
        # Whichever of these comes first takes what waits by then; the others find nothing left to do.
        self._pool.submit(self._look, loop)
        return await found

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Search for what waits, some questions together, in the searching thread."""
        some: list[_Asked] = []
        most = TOGETHER if len(self) <= QUICK else 1
        while self._asked and len(some) < most:
            some.append(self._asked.popleft())
        some = [asked for asked in some if not asked.found.cancelled()]
        if not some:
            return
        try:
            for asked, found in zip(some, self._find(some), strict=True):
                loop.call_soon_threadsafe(_tell, asked.found, found)
        except Exception as error:  # noqa: BLE001 - whoever still waits is told, whatever it is
            for asked in some:
                loop.call_soon_threadsafe(_tell, asked.found, error)

    def _find(self, some: Sequence[_Asked]) -> Iterator[list[Found]]:
        """Search, or remember what the same question of the same kind of person found, in their order."""
        every = [one for asked in some for one in zip(asked.keys, asked.begun, strict=True)]
        known = {key: self._found[key] for key, _ in every if key in self._found}
        new = {key: Query(*key, cut) for key, cut in every if key not in known}
        coming = zip(new, self._ready().examine_all(list(new.values())), strict=True)
        for asked in some:
            while not known.keys() >= set(asked.keys):
                key, examined = next(coming)
                known[key] = examined.found
            for key in asked.keys:
                self._found.pop(key, None)
                self._found[key] = known[key]
            yield [known[key] for key in asked.keys]
        for _ in coming:  # to its end, where the retriever is free again
            pass
        while len(self._found) > REMEMBERED:
            self._found.popitem(last=False)

    async def preview(self, question: str, who: Asker, limit: int, draft: Entry | None) -> Found:
        """Search as if an entry were published as it is being written; nobody else's search meets it."""
        retriever, day = self._ready(), self._today()
        if draft is None:
            return (await self.search([question], who, limit))[0]

        def look() -> Found:
            # Searches and changes are this pool's one thread, so nothing comes between.
            published = self._entries.get(draft.id)
            retriever.put(draft)
            try:
                return retriever.search(question, who, day, limit)
            finally:
                if published is None:
                    retriever.remove(draft.id)
                else:
                    retriever.put(published)

        return await self._run(self._pool, look)

    async def complete(self, question: str, before: Sequence[str]) -> Meant | None:
        """Say how a question goes on with what was asked before, the last first; None if it does not."""
        return await self._run(self._pool, lambda: going_on(question, before, self._morphemes.cut))

    async def clusters(self, questions: Sequence[str]) -> list[tuple[int, ...]]:
        """Put questions that ask for the same together by their places; nobody who asks waits for it."""
        return await asyncio.to_thread(clusters, questions, self._morphemes.cut)

    async def read(self, text: str) -> Typed:
        """Cut a text into morphemes as what somebody typed."""
        typed = await self._run(self._pool, self._morphemes.begin_question(text))
        self._typed[text] = typed
        while len(self._typed) > REMEMBERED:
            self._typed.popitem(last=False)
        return typed

    def _begin(self, question: str) -> Coming:
        typed = self._typed.pop(question, None)
        return self._morphemes.begin_question(question) if typed is None else lambda: typed

    async def part(self, question: str) -> tuple[Half, ...]:
        """Part a question of two matters into one of each; nothing where it is of one."""
        return await self._run(self._pool, lambda: halves(question, self._morphemes.cut))

    def entry(self, entry: str, who: Asker) -> Entry | None:
        """Give an entry that this person may see today."""
        found = self._entries.get(entry)
        return found if found is not None and may_see(found, who, self._today()) else None

    def _ready(self) -> Retriever:
        if self._retriever is None:
            raise RuntimeError("LiveEngine.load was not called")
        return self._retriever

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, work)


def _tell(waiting: asyncio.Future[list[Found]], found: list[Found] | Exception) -> None:
    """Tell who waits what was found, or that it failed."""
    if waiting.done():
        return
    if isinstance(found, Exception):
        waiting.set_exception(found)
    else:
        waiting.set_result(found)
