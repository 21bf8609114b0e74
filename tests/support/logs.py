"""Logs made up by hypothesis, and a client that folds what it gets of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from rooms.events import (
    Body,
    EditBody,
    Event,
    Kind,
    MembersBody,
    MessageBody,
    PinBody,
    ReactBody,
    RecallBody,
    State,
    TitleBody,
    draft,
)
from rooms.fold import fold
from rooms.ids import PersonId, RoomId, new_cid

PEOPLE = [PersonId(f"p{number}") for number in range(3)]
EMOJI = ["👍", "❤️", "🎉"]


@dataclass(frozen=True)
class Happening:
    """Something that happens in a room; `target` picks one of the messages so far."""

    kind: Kind
    by: PersonId
    target: int = 0
    text: str = ""
    mentions: tuple[str, ...] = ()
    emoji: str = EMOJI[0]
    on: bool = True

    def body(self, messages: Sequence[int]) -> Body:
        """Say it as the body of an event, where these places hold messages."""
        seq = messages[self.target % len(messages)] if messages else 0
        changes: dict[Kind, Body] = {
            Kind.EDIT: EditBody(seq, self.text, list(self.mentions)),
            Kind.RECALL: RecallBody(seq),
            Kind.REACT: ReactBody(seq, self.emoji, self.on),
            Kind.PIN: PinBody(seq, self.on),
        }
        others: dict[Kind, Body] = {
            Kind.MEMBERS: MembersBody(added=[self.by]),
            Kind.TITLE: TitleBody(self.text),
        }
        message = MessageBody(self.text, seq or None, [], list(self.mentions))
        return (changes if messages else others).get(self.kind) or others.get(self.kind, message)


_TARGETED = [Kind.EDIT, Kind.EDIT, Kind.RECALL, Kind.REACT, Kind.REACT, Kind.REACT, Kind.PIN]
_OTHERS = [Kind.MESSAGE, Kind.MESSAGE, Kind.MESSAGE, Kind.MEMBERS, Kind.TITLE]

happenings = st.builds(
    Happening,
    kind=st.sampled_from(_TARGETED + _OTHERS),
    by=st.sampled_from(PEOPLE),
    target=st.integers(0, 5),
    text=st.sampled_from(["하나", "둘", "셋", "넷"]),
    mentions=st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True).map(tuple),
    emoji=st.sampled_from(EMOJI),
    on=st.booleans(),
)


def bodies(
    story: Iterable[Happening], start: Sequence[int] = (), top: int = 0
) -> list[tuple[Happening, Body]]:
    """Give each happening its body, in a room whose log ends at `top` and has messages at `start`."""
    messages = list(start)
    found = []
    for seq, happening in enumerate(story, top + 1):
        body = happening.body(messages)
        if isinstance(body, MessageBody):
            messages.append(seq)
        found.append((happening, body))
    return found


def as_events(story: Iterable[Happening]) -> list[Event]:
    """Write a log as it is stored; each text is told apart by the place it stands at."""
    events = []
    for seq, (happening, body) in enumerate(bodies(story), 1):
        made = draft(RoomId("r1"), happening.by, new_cid(), body)
        said = made.body | ({"text": f"{made.body['text']} {seq}"} if "text" in made.body else {})
        at = f"2026-11-23T09:{seq // 60:02}:{seq % 60:02}.000Z"
        events.append(Event(seq, made.kind, happening.by, at, made.cid, said))
    return events


def about(events: Iterable[Event]) -> dict[int, list[Event]]:
    """Sort the events that change a message by that message."""
    found: dict[int, list[Event]] = {}
    for event in events:
        if "seq" in event.body:
            found.setdefault(event.body["seq"], []).append(event)
    return found


@dataclass
class Reader:
    """A client of one room: keeps what it gets, in whatever order and how often it comes."""

    held: dict[int, Event] = field(default_factory=dict)

    def take(self, events: Iterable[Event]) -> None:
        """Get events: a page, or a push. Of a message the later state is kept."""
        for event in events:
            known = self.held.get(event.seq)
            if known is None or folded_up_to(event) > folded_up_to(known):
                self.held[event.seq] = event

    @property
    def position(self) -> int:
        """The last place up to which nothing is missing."""
        place = 0
        while place + 1 in self.held:
            place += 1
        return place

    def messages(self) -> list[Event]:
        """Show the messages, each with everything that is known to have happened to it."""
        changes = about(event for _, event in sorted(self.held.items()))
        return [
            fold(event, changes.get(seq, ()))
            for seq, event in sorted(self.held.items())
            if event.kind == Kind.MESSAGE
        ]


def folded_up_to(event: Event) -> int:
    """Tell up to which event others are folded into this one."""
    return event.state.seq if isinstance(event.state, State) else 0
