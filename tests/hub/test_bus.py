"""The bus of a process that is alone."""

from collections.abc import AsyncIterator

import pytest

from hub.bus import Bus, LocalBus
from tests.hub.bus_contract import BusContract


class TestLocalBus(BusContract):
    @pytest.fixture
    async def bus(self) -> AsyncIterator[Bus]:
        made = LocalBus()
        yield made
        await made.close()
