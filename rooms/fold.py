"""Folding: old state + event = new state. Pure, and the same in both clients.

The log keeps every event; what people read is each message with its later events folded in.
A recall wins over everything: it leaves no text, no files, no reactions and no pin.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import UNSET

from rooms.events import Edited, Event, Kind, Pinned, Recalled, State


def apply(message: Event, event: Event) -> Event:
    """Fold one event into the message that it targets.

    An event that is already folded in (not above the state's `seq`) changes nothing, so events
    may come twice and a folded message may meet the events it was folded from.
    """
    old = State(seq=0) if message.state is UNSET else message.state
    if event.seq <= old.seq:
        return message
    body = message.body
    new = msgspec.structs.replace(old, seq=event.seq)
    if old.recalled is not None:
        pass
    elif event.kind == Kind.EDIT:
        body = {key: value for key, value in body.items() if key not in {"text", "mentions"}}
        body = body | {key: value for key, value in event.body.items() if key in {"text", "mentions"}}
        new = msgspec.structs.replace(new, edited=Edited(event.seq, event.at))
    elif event.kind == Kind.RECALL:
        body = {"text": ""}
        new = State(seq=event.seq, edited=old.edited, recalled=Recalled(event.seq, event.at, event.by))
    elif event.kind == Kind.REACT:
        new = msgspec.structs.replace(new, reactions=_react(old.reactions, event))
    elif event.kind == Kind.PIN:
        pinned = Pinned(event.by, event.at) if event.body["on"] else None
        new = msgspec.structs.replace(new, pinned=pinned)
    return msgspec.structs.replace(message, body=body, state=new)


def _react(reactions: Mapping[str, tuple[str, ...]], event: Event) -> dict[str, tuple[str, ...]]:
    emoji = event.body["emoji"]
    people = reactions.get(emoji, ())
    if event.body["on"] and event.by not in people:
        people = (*people, event.by)
    elif not event.body["on"]:
        people = tuple(person for person in people if person != event.by)
    others = {key: value for key, value in reactions.items() if key != emoji}
    return others | {emoji: people} if people else others


def fold(message: Event, later: Iterable[Event]) -> Event:
    """Fold the events that target a message into it, in the order of the log."""
    for event in later:
        message = apply(message, event)
    return message


def read(events: Sequence[Event], about: Mapping[int, Sequence[Event]]) -> list[Event]:
    """Bring events of the log into the form in which people read them.

    `about` has, for each message here and each message that an event here targets, all events
    that target it, ascending. Messages come with their state; an edit comes with the present
    text of its message, so that an earlier version, or a recalled one, is not in it.
    """
    return [_readable(event, about) for event in events]


def _readable(event: Event, about: Mapping[int, Sequence[Event]]) -> Event:
    if event.kind == Kind.MESSAGE:
        return fold(event, about.get(event.seq, ()))
    if event.kind == Kind.EDIT:
        return _present_edit(event, about.get(event.body["seq"], ()))
    return event


def _present_edit(edit: Event, later: Sequence[Event]) -> Event:
    if any(event.kind == Kind.RECALL for event in later):
        return msgspec.structs.replace(edit, body={"seq": edit.body["seq"], "text": ""})
    last = next((event for event in reversed(later) if event.kind == Kind.EDIT), edit)
    return msgspec.structs.replace(edit, body=last.body)
