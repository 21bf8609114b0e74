"""The push service of the benchmark, in a process of its own: `python -m tests.bench.push_peer`.

It is told on its first line of input how many browsers there are and how it is to misbehave, prints one
line with its subscriptions, and answers each further line with what stands in its book.
"""

import sys
from typing import Final

import msgspec
from msgspec import Struct

from tests.support.push_service import Mischief, PushService

GONE: Final = (404, 410)


class Plan(Struct, frozen=True):
    """How many browsers, one in how many of them is gone, and the shares of requests that go wrong."""

    browsers: int
    key: str
    gone_one_in: int = 0
    busy: float = 0.0
    broken: float = 0.0
    stalls: float = 0.0
    takes_and_stalls: float = 0.0


class Subscribed(Struct, frozen=True):
    """A browser's subscription, and whether it is gone."""

    endpoint: str
    p256dh: str
    auth: str
    gone: bool


class Book(Struct, frozen=True):
    """What the service has: browsers with one entry, none, several; messages that came again.

    `at` are the moments at which something was taken, in monotonic seconds; `said` counts answers.
    """

    once: int
    never: int
    several: int
    again: int
    at: list[float]
    said: dict[str, int]
    faults: list[str]


def book_of(service: PushService) -> Book:
    """Read the book: browsers that are gone do not count."""
    there = [browser for browser in service.browsers.values() if browser.gone is None]
    entries = [len({message.payload["id"] for message in browser.book.values()}) for browser in there]
    return Book(
        entries.count(1),
        entries.count(0),
        sum(count > 1 for count in entries),
        sum(max(0, len(browser.taken) - 1) for browser in there),
        service.times,
        {str(said): count for said, count in service.said.items()},
        sorted(set(service.faults))[:5],
    )


def main() -> None:
    """Serve until the input ends."""
    plan = msgspec.json.decode(sys.stdin.readline(), type=Plan)
    mischief = Mischief(plan.busy, plan.broken, plan.stalls, plan.takes_and_stalls)
    with PushService(mischief=mischief) as service:
        made = []
        for number in range(plan.browsers):
            browser = service.browser(plan.key)
            if plan.gone_one_in and number % plan.gone_one_in == 0:
                browser.gone = GONE[number // plan.gone_one_in % 2]
            keys = browser.keys
            made.append(
                Subscribed(browser.endpoint, keys["p256dh"], keys["auth"], gone=browser.gone is not None)
            )
        _print(made)
        for _ in sys.stdin:
            _print(book_of(service))


def _print(value: object) -> None:
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
