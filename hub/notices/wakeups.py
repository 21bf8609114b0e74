"""Wake-ups about notices over the bus: one for each unit and side of an audience, however many families."""

from collections.abc import Sequence
from typing import Final

import msgspec

from hub.bus import Bus
from hub.protocol import NoticeNews, NoticePush
from rooms.ids import NoticeId, PersonId
from rooms.notices.belonging import audience_topics
from rooms.notices.merge import PLACE
from rooms.notices.model import Notice
from rooms.notices.ports import Change
from rooms.notices.progress import Counts
from rooms.notices.views import UnitView, iso, iso_of

PREFIX: Final = "n:"
TO_EXPAND: Final = "n:expand"
"""Heard by every process: there are recipients to be written."""
REACHED: Final = "n:reached"
"""Heard by every process: the reach of a notice moved; its id follows."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(dict[str, NoticePush])


def topic_of(name: str) -> str:
    """Name the bus topic of a side of a unit, or of a person."""
    return PREFIX + name


def encode(news: NoticeNews) -> bytes:
    """Write the push."""
    return _encoder.encode({"push": NoticePush(news)})


def decode(data: bytes) -> NoticeNews:
    """Read a push back. Raises msgspec.DecodeError."""
    return _decoder.decode(data)["push"].notice


def news_of(notice: Notice, change: Change, unit_name: str) -> NoticeNews:
    """Describe a change of a notice. Words of one child's own are left out of its title."""
    return NoticeNews(
        id=notice.id,
        kind=notice.kind,
        title=" ".join(PLACE.sub("…", notice.current.title).split()),
        state=notice.state,
        version=notice.version,
        unit=UnitView(notice.unit, unit_name),
        published_at=iso(notice.published_at),
        changed_at=iso_of(notice.changed_at),
        deadline=iso(notice.deadline),
        urgent=notice.urgent,
        changed=change,
    )


class BusNoticeWakeups:
    """`rooms.notices.ports.NoticeWakeups` over the bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def changed(self, notice: Notice, change: Change, unit_name: str) -> None:
        """Tell everybody in the audience who has a page open, and who wrote it.

        A mail merge has few recipients, who are not told apart by unit: they hear by their own topics.
        """
        push = encode(news_of(notice, change, unit_name))
        topics = [] if notice.merge else audience_topics(notice.audience)
        for name in [*topics, notice.by]:
            self._bus.publish(topic_of(name), push)

    def changed_for(self, people: Sequence[PersonId], notice: Notice, change: Change, unit_name: str) -> None:
        """Tell these people of a change, each by their own topic."""
        push = encode(news_of(notice, change, unit_name))
        for person in people:
            self._bus.publish(topic_of(person), push)

    def to_expand(self) -> None:
        """Tell those who write recipients that there is work."""
        self._bus.publish(TO_EXPAND, b"")

    def reached(self, notice: NoticeId) -> None:
        """Tell those who look at the reach of a notice that it moved."""
        self._bus.publish(REACHED, notice.encode())

    def reach(self, person: PersonId, news: NoticeNews, counts: Counts) -> None:
        """Tell somebody how far a notice has come."""
        self._bus.publish(topic_of(person), encode(msgspec.structs.replace(news, reach=counts)))
