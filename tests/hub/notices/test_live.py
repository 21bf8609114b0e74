"""What the bus lost of notices is found, also where MongoDB is away when it is looked for."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from pymongo.errors import AutoReconnect

from hub.bus import LocalBus
from hub.connections import Connections
from hub.notices.live import OVERLAP, LiveNotices
from rooms.ids import PersonId
from rooms.notices.model import Notice
from tests.support.clock import SteppedClock


class Changed:
    """Remembers since when changes were asked for; `away` says how many questions fail."""

    def __init__(self) -> None:
        self.since: list[datetime] = []
        self.away = 0

    async def changed_families(self, _moment: datetime, _among: Collection[PersonId]) -> set[PersonId]:
        return set()

    async def changed_since(self, moment: datetime, _limit: int) -> list[Notice]:
        self.since.append(moment)
        if self.away:
            self.away -= 1
            raise AutoReconnect("away")
        return []


async def test_an_audit_that_failed_is_made_up_for_by_the_next() -> None:
    clock, changed = SteppedClock(), Changed()
    nobody = cast("Any", None)
    live = LiveNotices(
        LocalBus(), nobody, changed, changed, nobody, Connections(0), nobody, lambda: None, clock
    )
    began = clock.now()
    changed.away = 1
    clock.advance(300.0)
    with pytest.raises(AutoReconnect):
        await live.audit()
    clock.advance(300.0)
    await live.audit()
    clock.advance(300.0)
    await live.audit()
    assert changed.since == [began - OVERLAP, began - OVERLAP, began + timedelta(seconds=600) - OVERLAP]
