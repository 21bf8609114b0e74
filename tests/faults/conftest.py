"""What the fault tests share with the scenarios."""

from collections.abc import Iterator

import pytest

from tests.support.conformance import Conformance
from tests.support.figures import figures

__all__ = ["figures"]


@pytest.fixture
def conformance() -> Iterator[Conformance]:
    """Collect every frame of a test, and hold it against the published description."""
    collected = Conformance()
    yield collected
    assert collected.faults() == []
