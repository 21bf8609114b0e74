import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from rooms.events import Edited, Event, Kind, Pinned, Recalled, State
from rooms.fold import apply, fold, read
from tests.support.logs import PEOPLE, Happening, Reader, about, as_events, happenings

AT = "2026-11-23T09:00:00.000Z"
LATER = "2026-11-23T09:00:01.000Z"

stories = st.lists(happenings, max_size=25)


def event(seq: int, kind: Kind, by: str = "p1", /, **body: object) -> Event:
    return Event(seq, kind, by, AT if seq == 1 else LATER, f"cid-{seq}", body)


MESSAGE = event(1, Kind.MESSAGE, text="처음", reply_to=9, mentions=["p2"], files=[{"id": "f1"}])


def state(message: Event) -> State:
    assert isinstance(message.state, State)
    return message.state


def test_an_edit_replaces_text_and_mentions_and_leaves_the_rest() -> None:
    edited = apply(MESSAGE, event(2, Kind.EDIT, seq=1, text="다음", mentions=["p3"]))
    assert edited.body == {"text": "다음", "reply_to": 9, "mentions": ["p3"], "files": [{"id": "f1"}]}
    assert edited.state == State(seq=2, edited=Edited(2, LATER))
    again = apply(edited, event(3, Kind.EDIT, seq=1, text="끝"))
    assert again.body == {"text": "끝", "reply_to": 9, "files": [{"id": "f1"}]}
    assert again.state == State(seq=3, edited=Edited(3, LATER))


def test_a_recall_leaves_nothing_but_the_place() -> None:
    seen = fold(
        MESSAGE,
        [
            event(2, Kind.EDIT, seq=1, text="다음"),
            event(3, Kind.REACT, seq=1, emoji="👍", on=True),
            event(4, Kind.PIN, seq=1, on=True),
            event(5, Kind.RECALL, "p9", seq=1),
        ],
    )
    assert seen.body == {"text": ""}
    assert seen.state == State(seq=5, edited=Edited(2, LATER), recalled=Recalled(5, LATER, "p9"))


@pytest.mark.parametrize(
    "after",
    [
        event(9, Kind.EDIT, seq=1, text="그래도"),
        event(9, Kind.REACT, seq=1, emoji="👍", on=True),
        event(9, Kind.PIN, seq=1, on=True),
        event(9, Kind.RECALL, "p8", seq=1),
    ],
)
def test_nothing_changes_a_recalled_message(after: Event) -> None:
    recalled = apply(MESSAGE, event(2, Kind.RECALL, seq=1))
    seen = apply(recalled, after)
    assert seen.body == {"text": ""}
    assert msgspec.structs.replace(state(seen), seq=2) == recalled.state


def test_reactions_name_each_person_once_and_go_when_the_last_one_does() -> None:
    def react(seq: int, by: str, emoji: str, *, on: bool) -> Event:
        return event(seq, Kind.REACT, by, seq=1, emoji=emoji, on=on)

    seen = fold(
        MESSAGE,
        [
            react(2, "p1", "👍", on=True),
            react(3, "p2", "👍", on=True),
            react(4, "p1", "👍", on=True),
            react(5, "p1", "🎉", on=True),
        ],
    )
    assert state(seen).reactions == {"👍": ("p1", "p2"), "🎉": ("p1",)}
    seen = apply(seen, react(6, "p1", "🎉", on=False))
    seen = apply(seen, react(7, "p3", "👍", on=False))
    assert state(seen).reactions == {"👍": ("p1", "p2")}
    assert seen.body == MESSAGE.body


def test_a_pin_says_who_pinned_last_and_goes() -> None:
    pinned = apply(MESSAGE, event(2, Kind.PIN, "p5", seq=1, on=True))
    assert state(pinned).pinned == Pinned("p5", LATER)
    assert state(apply(pinned, event(3, Kind.PIN, "p6", seq=1, on=False))).pinned is None


def test_an_event_of_an_unknown_kind_moves_nothing_but_the_place() -> None:
    seen = apply(MESSAGE, event(2, Kind.TITLE, seq=1))
    assert seen.body == MESSAGE.body
    assert seen.state == State(seq=2)


def test_a_message_that_nothing_happened_to_has_no_state() -> None:
    assert read([MESSAGE], {})[0].state is UNSET


@given(stories)
def test_an_event_folded_in_changes_nothing_when_it_comes_again(story: list[Happening]) -> None:
    events = as_events(story)
    changes = about(events)
    for message in events:
        if message.kind == Kind.MESSAGE:
            folded = fold(message, changes.get(message.seq, ()))
            for old in changes.get(message.seq, ()):
                assert apply(folded, old) is folded


@given(stories, st.data())
def test_old_state_and_events_are_fresh_state(story: list[Happening], data: st.DataObject) -> None:
    """Pages read at any moment, cut anywhere, and pushes of any events, any number of times."""
    events = as_events(story)
    client = Reader()
    written = 0
    while written < len(events):
        written = data.draw(st.integers(written + 1, len(events)), "written")
        for _ in range(data.draw(st.integers(0, 2), "pages")):
            low = data.draw(st.integers(1, written), "low")
            high = data.draw(st.integers(low, written), "high")
            client.take(read(events[low - 1 : high], about(events[:written])))
        client.take(data.draw(st.lists(st.sampled_from(events[:written])), "pushes"))
    client.take(event for event in events if event.seq not in client.held)
    fresh = read(events, about(events))
    assert client.messages() == [event for event in fresh if event.kind == Kind.MESSAGE]


@given(stories)
def test_only_the_present_text_is_read(story: list[Happening]) -> None:
    """Of each message the last text is shown, in it and in its edits; of recalled ones, none."""
    events = as_events(story)
    changes = about(events)
    gone = {event.body["seq"] for event in events if event.kind == Kind.RECALL}
    for seen in read(events, changes):
        if seen.kind not in {Kind.MESSAGE, Kind.EDIT}:
            continue
        message = seen.seq if seen.kind == Kind.MESSAGE else seen.body["seq"]
        edits = [event for event in changes.get(message, ()) if event.kind == Kind.EDIT]
        present = edits[-1].body["text"] if edits else events[message - 1].body["text"]
        assert seen.body["text"] == ("" if message in gone else present)
        if message in gone:
            assert set(seen.body) <= {"text", "seq"}


@given(stories)
def test_what_is_no_message_keeps_its_place_and_its_sender(story: list[Happening]) -> None:
    events = as_events(story)
    seen = read(events, about(events))
    assert [(event.seq, event.kind, event.by, event.at, event.cid) for event in seen] == [
        (event.seq, event.kind, event.by, event.at, event.cid) for event in events
    ]
    for event, original in zip(seen, events, strict=True):
        if event.kind not in {Kind.MESSAGE, Kind.EDIT}:
            assert event is original


def test_the_people_of_the_stories_react_as_themselves() -> None:
    story = [
        Happening(Kind.MESSAGE, PEOPLE[0], text="글"),
        *(Happening(Kind.REACT, person) for person in PEOPLE),
    ]
    events = as_events(story)
    assert state(read(events, about(events))[0]).reactions == {"👍": tuple(PEOPLE)}
