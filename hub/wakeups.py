"""What travels over the bus between the hub's processes: wake-ups, each of which may be lost."""

from collections.abc import Iterator, Sequence
from typing import Final, cast

import msgspec
from msgspec import Struct

from hub.bus import Bus, Said
from hub.protocol import RoomEvents, TypingBy, TypingPush, encode_push
from rooms.events import Event
from rooms.ids import PersonId, RoomId
from rooms.ports import Top

BATCH_BYTES: Final = 256 * 1024
"""Roughly the most bytes of events in one push."""


class Batch(Struct, tag="b", array_like=True):
    """The next events of a room, `first` to `last`, as the push that goes to every socket.

    `n` is the number of messages up to the last of them, where it is known: other processes that write to the
    room go on from there.
    """

    first: int
    last: int
    push: bytes
    n: int | None = None


class Typed(Struct, tag="t", array_like=True):
    """A push for everybody in a room but one."""

    by: str
    push: bytes


class Read(Struct, tag="r", array_like=True):
    """Read cursors that moved in a room: (person, seq)."""

    moves: list[tuple[str, int]]


class Membership(Struct, tag="m", array_like=True):
    """A person came into a room, changed their role in it, or left it."""

    room: str
    left: bool


class SignedOut(Struct, tag="o", array_like=True):
    """A person's session ended, or all of them but one; `forced` by an administrator."""

    person: str
    session: str | None
    forced: bool
    but: str | None = None


RoomWake = Batch | Typed | Read
SIGN_OUTS: Final = "o:all"
"""The topic of all sign-outs, which every process hears: it may know the sign-in without a socket of it."""

_room: msgspec.msgpack.Decoder[RoomWake] = msgspec.msgpack.Decoder(RoomWake)
_person: msgspec.msgpack.Decoder[Membership] = msgspec.msgpack.Decoder(Membership)
_sign_out: msgspec.msgpack.Decoder[SignedOut] = msgspec.msgpack.Decoder(SignedOut)


def room_topic(room: str) -> str:
    """Name the bus topic of a room."""
    return "r:" + room


def person_topic(person: str) -> str:
    """Name the bus topic of a person."""
    return "p:" + person


def read_room(said: Said) -> RoomWake:
    """Read what came on a room's topic, from here or elsewhere. Raises msgspec.DecodeError."""
    return _room.decode(said) if isinstance(said, bytes) else cast("RoomWake", said)


def read_person(said: Said) -> Membership:
    """Read what came on a person's topic. Raises msgspec.DecodeError."""
    return _person.decode(said) if isinstance(said, bytes) else cast("Membership", said)


def read_sign_out(said: Said) -> SignedOut:
    """Read what came on the topic of sign-outs. Raises msgspec.DecodeError."""
    return _sign_out.decode(said) if isinstance(said, bytes) else cast("SignedOut", said)


class BusWakeups:
    """`rooms.ports.Wakeups` over the bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def appended(self, room: RoomId, events: Sequence[Event], top: Top) -> None:
        """Tell the next events of a room, encoded once; `top` is where the last of them stands."""
        for part in _parts(events):
            push = encode_push(RoomEvents(room, part))
            last = part[-1].seq
            self._publish_room(room, Batch(part[0].seq, last, push, top.n if last == top.seq else None))

    def joined(self, person: PersonId, room: RoomId) -> None:
        """Tell that somebody is now in a room, or has another role in it."""
        self._publish_person(person, Membership(room, left=False))

    def left(self, person: PersonId, room: RoomId) -> None:
        """Tell that somebody is no longer in a room."""
        self._publish_person(person, Membership(room, left=True))

    def read(self, room: RoomId, moves: Sequence[tuple[PersonId, int]]) -> None:
        """Tell that read cursors moved."""
        self._publish_room(room, Read([(person, seq) for person, seq in moves]))

    def typing(self, room: RoomId, person: PersonId) -> None:
        """Tell that somebody types."""
        self._publish_room(room, Typed(person, encode_push(TypingPush(room, TypingBy(person)))))

    def signed_out(
        self, person: PersonId, session: str | None, *, forced: bool, but: str | None = None
    ) -> None:
        """Tell that a sign-in ended, or all of a person's but one."""
        self._bus.publish(SIGN_OUTS, SignedOut(person, session, forced, but))

    def _publish_room(self, room: str, wake: RoomWake) -> None:
        self._bus.publish(room_topic(room), wake)

    def _publish_person(self, person: str, wake: Membership) -> None:
        self._bus.publish(person_topic(person), wake)


def _parts(events: Sequence[Event]) -> Iterator[list[Event]]:
    """Cut events into pushes of bounded size."""
    part: list[Event] = []
    size = 0
    for event in events:
        weight = 200 + 3 * len(event.body.get("text", ""))
        if part and (size + weight > BATCH_BYTES or len(part) >= 200):
            yield part
            part, size = [], 0
        part.append(event)
        size += weight
    if part:
        yield part
