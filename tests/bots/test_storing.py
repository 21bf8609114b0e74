import os
import subprocess
import sys
import time

import pytest

from bots.storing import LONGEST, STEP, GivingWay, Storing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory without a name is Linux's")

READS = """
import sys
from bots.storing import Storing
print(Storing(int(sys.argv[1])).since)
"""


@pytest.fixture
def storing() -> Storing:
    made = Storing.make()
    assert made is not None
    return made


class Time:
    """Time in which nothing happens but what is slept, and what comes about while somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = time.monotonic()
        self.slept = 0.0
        self.ends: tuple[Storing, float] | None = None

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.slept += seconds
        if self.ends is not None and self.slept >= self.ends[1]:
            self.ends[0].ends()
            self.ends = None


def test_another_process_sees_that_something_is_being_stored(storing: Storing) -> None:
    def there() -> float:
        read = subprocess.run(
            [sys.executable, "-c", READS, str(storing.file)],
            pass_fds=[storing.file],
            stdout=subprocess.PIPE,
            check=True,
        )
        return float(read.stdout)

    assert there() == 0
    storing.begins()
    assert there() == storing.since > 0
    storing.ends()
    assert there() == 0


def test_it_lasts_until_the_last_of_those_under_way(storing: Storing) -> None:
    storing.begins()
    storing.begins()
    storing.ends()
    assert storing.since
    storing.ends()
    assert not storing.since


def test_who_gives_way_goes_on_as_soon_as_it_is_stored(storing: Storing) -> None:
    clock = Time()
    storing = Storing(storing.file, clock.now)
    give_way = GivingWay(storing, clock.now, clock.sleep)
    give_way()
    assert clock.slept == 0
    storing.begins()
    clock.ends = storing, 4 * STEP
    give_way()
    assert clock.slept == pytest.approx(4 * STEP)
    give_way()
    assert clock.slept == pytest.approx(4 * STEP), "nothing is being stored any more"


def test_messages_without_end_take_half_of_the_time(storing: Storing) -> None:
    clock = Time()
    storing = Storing(storing.file, clock.now)
    give_way = GivingWay(storing, clock.now, clock.sleep)
    began = clock.seconds
    for _ in range(2_000):
        storing.begins()
        give_way()
        clock.seconds += STEP
    assert clock.slept == pytest.approx((clock.seconds - began) / 2, rel=0.1)


def test_what_a_process_that_died_left_there_holds_nobody_up(storing: Storing) -> None:
    clock = Time()
    storing = Storing(storing.file, clock.now)
    give_way = GivingWay(storing, clock.now, clock.sleep)
    storing.begins()
    give_way()
    assert clock.slept == pytest.approx(LONGEST, abs=2 * STEP)
    clock.seconds += 1.0
    give_way()
    assert clock.slept == pytest.approx(LONGEST, abs=2 * STEP)


def test_the_memory_has_no_name_that_could_be_left_behind(storing: Storing) -> None:
    assert os.fstat(storing.file).st_nlink == 0
