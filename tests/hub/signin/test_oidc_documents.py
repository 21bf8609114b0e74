import asyncio

import pytest

from hub.signin.oidc_documents import KEEP_SECONDS, RETRY_SECONDS, Kept, ProviderSilent


class Source:
    def __init__(self) -> None:
        self.asked = 0
        self.silent = False
        self.go = asyncio.Event()
        self.go.set()

    async def fetch(self) -> int:
        self.asked += 1
        await self.go.wait()
        if self.silent:
            raise ProviderSilent("nobody there")
        return self.asked


async def test_it_is_fetched_once_while_it_is_young() -> None:
    source, kept = Source(), Kept[int]()
    assert [await kept.get(now, source.fetch) for now in (0, KEEP_SECONDS - 1)] == [1, 1]
    assert await kept.get(KEEP_SECONDS, source.fetch) == 2
    assert await kept.get(KEEP_SECONDS + 9, source.fetch, most_age=10) == 2
    assert await kept.get(KEEP_SECONDS + 10, source.fetch, most_age=10) == 3


async def test_many_who_ask_at_once_cause_one_request() -> None:
    source, kept = Source(), Kept[int]()
    source.go.clear()
    asking = [asyncio.create_task(kept.get(0, source.fetch)) for _ in range(50)]
    await asyncio.wait(asking, timeout=0)
    source.go.set()
    assert set(await asyncio.gather(*asking)) == {1}


async def test_nor_do_they_wait_one_after_the_other_for_a_provider_that_is_down() -> None:
    source, kept = Source(), Kept[int]()
    source.silent = True
    asking = [asyncio.create_task(kept.get(100, source.fetch)) for _ in range(50)]
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert all(isinstance(answer, ProviderSilent) for answer in answers)
    assert source.asked == 1
    source.silent = False
    with pytest.raises(ProviderSilent, match="nobody there"):
        await kept.get(100 + RETRY_SECONDS - 1, source.fetch)
    assert await kept.get(100 + RETRY_SECONDS, source.fetch) == 2


async def test_one_who_gives_up_does_not_hold_up_the_others() -> None:
    source, kept = Source(), Kept[int]()
    source.go.clear()
    first = asyncio.create_task(kept.get(0, source.fetch))
    await asyncio.wait([first], timeout=0)
    first.cancel()
    source.go.set()
    assert await kept.get(0, source.fetch) == 2
