"""Every kind of tampering with a ledger's file is detected, and what was tampered with is named."""

import random
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.forms.canonical import canonical
from rooms.forms.faults import Erased, FaultKind, Verdict
from rooms.forms.ledger import Head, link, link_line
from rooms.forms.verify import verify
from tests.support.ledgers import FORM, SEAL, Ledger, body, chain, erasure, ledger, relink

LENGTH = 12
MADE = ledger(LENGTH)
SEQ = st.integers(1, LENGTH)
NEW = canonical(body(99) | {"answers": {"trip": "agree"}, "forged": True})


def named(verdict: Verdict) -> set[tuple[FaultKind, int | None]]:
    """List what is wrong, and with which link."""
    return {(fault.kind, fault.seq) for fault in verdict.faults}


def look(lines: list[bytes], *anchors: Head, key: str | None = None) -> Verdict:
    return verify(lines, anchors=anchors, key=key)


def test_a_ledger_as_the_hub_wrote_it() -> None:
    verdict = look(list(MADE.lines), MADE.head, Head(5, MADE.links[4].hash), key=SEAL.key)
    assert verdict.sound
    assert (verdict.links, verdict.sealed, verdict.texts) == (LENGTH, 0, 3)
    assert verdict.head == verdict.anchored == MADE.head
    assert (verdict.proven, verdict.signed, verdict.trusted) == (1, True, True)
    alone = look(list(MADE.lines))
    assert alone.sound
    assert (alone.anchored, alone.signed, alone.trusted) == (None, True, False)


@pytest.mark.parametrize("signed", [True, False])
def test_a_form_that_nobody_answered(signed: bool) -> None:
    empty = ledger(0, signed=signed)
    verdict = look(list(empty.lines))
    assert verdict.sound
    assert (verdict.head, verdict.proven) == (Head(), None)
    assert named(look([*empty.lines, relink(MADE, 1, NEW)])) >= {(FaultKind.ADDED, 1)}


def test_one_persons_own_part_proves_the_whole_chain() -> None:
    own = chain(MADE.bodies, own=frozenset({3, 7}))
    verdict = look(list(own.lines), MADE.head)
    assert verdict.sound
    assert (verdict.links, verdict.sealed, verdict.anchored) == (LENGTH, LENGTH - 2, MADE.head)
    lines = list(own.lines)
    lines[own.at(3)] = relink(MADE, 3, NEW)
    assert (FaultKind.REWRITTEN, 3) in named(look(lines))


def kept(until: int, *gone: int, own: frozenset[int] | None = None) -> Ledger:
    """Make a ledger of which everything up to a place was erased, and an answer that came later."""
    bodies = [*MADE.bodies, erasure(until), NEW]
    return chain(bodies, own=own, gone=frozenset(range(1, until + 1)) | frozenset(gone))


def test_what_was_erased_by_the_rule_is_named_and_the_chain_still_holds() -> None:
    made = kept(LENGTH)
    verdict = look(list(made.lines), MADE.head, key=SEAL.key)
    assert verdict.sound, "a head from before the erasure is still in its place"
    assert verdict.erased == (Erased(1, LENGTH, LENGTH + 1, "2027-11-23T09:00:00.000Z", 365),)
    assert (verdict.sealed, verdict.texts, verdict.proven, verdict.anchored) == (LENGTH, 1, 1, MADE.head)
    own = look(list(kept(LENGTH, own=frozenset({LENGTH + 1})).lines))
    assert own.sound
    assert own.erased == verdict.erased
    assert look(list(MADE.lines)).erased == ()


@given(st.integers(1, LENGTH), st.integers(1, LENGTH + 2))
def test_nothing_else_may_lack_its_content(until: int, gone: int) -> None:
    found = named(look(list(kept(until, gone).lines)))
    if gone <= until:
        assert found == set()
    elif gone == LENGTH + 1:  # the link that says what was erased
        assert found == {(FaultKind.BODY_MISSING, seq) for seq in (*range(1, until + 1), gone)}
    else:
        assert found == {(FaultKind.BODY_MISSING, gone)}


def test_a_link_erases_nothing_that_follows_it_and_none_is_believed_that_does_not_belong() -> None:
    early = chain([*MADE.bodies[:3], erasure(99), *MADE.bodies[4:]], gone=frozenset({1, 2, 3, 7}))
    assert named(look(list(early.lines))) == {(FaultKind.BODY_MISSING, 7)}
    lines = list(MADE.lines)
    lines[MADE.at(2)] = link_line(MADE.links[1], None)
    lines[MADE.at(5)] = relink(MADE, 5, erasure(4))
    assert {(FaultKind.BODY_MISSING, 2), (FaultKind.REWRITTEN, 5)} <= named(look(lines))


@given(st.data())
def test_any_other_byte_is_noticed(data: st.DataObject) -> None:
    """Only the order of what a file says decides, not one byte of it may differ."""
    whole = b"".join(MADE.lines)
    place = data.draw(st.integers(0, len(whole) - 2))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[place]))
    tampered = whole[:place] + bytes([other]) + whole[place + 1 :]
    verdict = look(tampered.splitlines(keepends=True))
    assert not verdict.sound
    line = whole[:place].count(b"\n") + 1
    if line > MADE.first:
        assert line - MADE.first in {fault.seq for fault in verdict.faults} | {
            fault.line - MADE.first for fault in verdict.faults if fault.line
        } | {seq for fault in verdict.faults if fault.to for seq in range(fault.seq or 0, fault.to + 1)}


@given(SEQ)
def test_a_changed_answer(seq: int) -> None:
    lines = list(MADE.lines)
    lines[MADE.at(seq)] = lines[MADE.at(seq)].replace(b'"address":"192.0.2.1"', b'"address":"192.0.2.2"')
    verdict = look(lines)
    assert named(verdict) == {(FaultKind.CHANGED, seq)}
    assert verdict.proven == 1  # the hashes still show that nothing else was


@given(SEQ)
def test_a_changed_answer_with_its_hashes_made_anew(seq: int) -> None:
    lines = list(MADE.lines)
    lines[MADE.at(seq)] = relink(MADE, seq, NEW)
    found = {one for one in named(look(lines)) if one[0] is not FaultKind.TEXT_ADDED}
    assert found == {(FaultKind.REWRITTEN, seq)}


@given(st.integers(1, LENGTH - 1))
def test_a_changed_answer_with_the_next_one_made_to_fit(seq: int) -> None:
    """The next one's hash cannot be made to fit, unless all that follow are made anew."""
    lines = list(MADE.lines)
    forged = relink(MADE, seq, NEW)
    lines[MADE.at(seq)] = forged
    after = lines[MADE.at(seq + 1)]
    new = msgspec.json.decode(forged)["hash"]
    lines[MADE.at(seq + 1)] = after.replace(MADE.links[seq].prev.encode(), new.encode())
    verdict = look(lines)
    assert (FaultKind.CHANGED, seq + 1) in named(verdict)
    assert verdict.proven is None or verdict.proven > seq


@given(SEQ, st.booleans())
def test_everything_from_one_on_made_anew(seq: int, keep_header: bool) -> None:
    """Such a file is consistent in itself, so it takes a head from elsewhere, or the office's key."""
    forged = chain([*MADE.bodies[: seq - 1], NEW, *MADE.bodies[seq:]], signed=False)
    lines = [(MADE if keep_header else forged).lines[0], *forged.lines[1:]]
    alone = look(lines)
    assert alone.sound != keep_header
    assert (FaultKind.REWRITTEN, LENGTH) in named(look(lines, MADE.head))
    earlier = look(lines, *(one.head for one in MADE.links))
    assert {fault.seq for fault in earlier.faults if fault.kind is FaultKind.REWRITTEN} == set(
        range(seq, LENGTH + 1)
    )
    assert ((FaultKind.SIGNATURE, None) in named(look(lines, key=SEAL.key))) != keep_header


@given(SEQ, SEQ)
def test_missing_ones(first: int, last: int) -> None:
    first, last = sorted((first, last))
    lines = [line for index, line in enumerate(MADE.lines) if not MADE.at(first) <= index <= MADE.at(last)]
    faults = [fault for fault in look(lines).faults if fault.kind is not FaultKind.TEXT_ADDED]
    kind = FaultKind.CUT_OFF if last == LENGTH else FaultKind.MISSING
    assert [(fault.kind, fault.seq, fault.to) for fault in faults] == [(kind, first, last)]


@given(st.integers(0, LENGTH - 1))
def test_a_file_cut_off_together_with_its_head(left: int) -> None:
    cut = chain(MADE.bodies[:left], signed=False)
    assert look(list(cut.lines)).sound  # alone it shows nothing
    (fault,) = look(list(cut.lines), MADE.head).faults
    assert (fault.kind, fault.seq, fault.to) == (FaultKind.CUT_OFF, left + 1, LENGTH)
    assert (FaultKind.SIGNATURE, None) in named(look(list(cut.lines), key=SEAL.key))


@given(SEQ, st.integers(0, LENGTH))
def test_an_added_one(seq: int, place: int) -> None:
    forged = relink(MADE, seq, NEW)
    lines = list(MADE.lines)
    lines.insert(MADE.first + place, forged)
    found = {one for one in named(look(lines)) if one[0] is not FaultKind.TEXT_ADDED}
    assert found == {(FaultKind.ADDED, seq)}


@given(st.integers(1, 5))
def test_ones_added_at_the_end(count: int) -> None:
    longer = chain([*MADE.bodies, *[NEW] * count])
    lines = [MADE.lines[0], *longer.lines[1:]]
    assert named(look(lines)) == {(FaultKind.ADDED, LENGTH + n) for n in range(1, count + 1)}


@given(SEQ, st.integers(0, LENGTH))
def test_a_doubled_one(seq: int, place: int) -> None:
    lines = list(MADE.lines)
    lines.insert(MADE.first + place, MADE.lines[MADE.at(seq)])
    found = named(look(lines))
    assert (FaultKind.DUPLICATED, seq) in found
    assert found == {(FaultKind.DUPLICATED, seq)}


@given(SEQ, SEQ)
def test_a_moved_one(seq: int, place: int) -> None:
    lines = list(MADE.lines)
    lines.insert(MADE.at(place), lines.pop(MADE.at(seq)))
    found = named(look(lines))
    if seq == place:
        assert not found
    elif abs(seq - place) == 1:  # which of two neighbours was moved cannot be told
        assert found in ({(FaultKind.MOVED, seq)}, {(FaultKind.MOVED, place)})
    else:
        assert found == {(FaultKind.MOVED, seq)}


@given(st.permutations(range(1, LENGTH + 1)))
def test_any_other_order(order: list[int]) -> None:
    lines = [*MADE.lines[: MADE.first], *(MADE.lines[MADE.at(seq)] for seq in order)]
    verdict = look(lines)
    moved = {fault.seq for fault in verdict.faults}
    assert all(fault.kind is FaultKind.MOVED for fault in verdict.faults)
    rest = [seq for seq in order if seq not in moved]
    assert rest == sorted(rest)
    assert verdict.sound == (order == sorted(order))


def _drop(lines: list[bytes], chance: random.Random) -> set[int]:
    index = chance.randrange(MADE.first, len(lines))
    return {_seq(lines.pop(index))}


def _double(lines: list[bytes], chance: random.Random) -> set[int]:
    line = lines[chance.randrange(MADE.first, len(lines))]
    lines.insert(chance.randrange(MADE.first, len(lines)), line)
    return {_seq(line)}


def _swap(lines: list[bytes], chance: random.Random) -> set[int]:
    one, other = sorted(chance.sample(range(MADE.first, len(lines)), 2))
    lines[one], lines[other] = lines[other], lines[one]
    return set()


def _edit(lines: list[bytes], chance: random.Random) -> set[int]:
    index = chance.randrange(MADE.first, len(lines))
    content = msgspec.json.decode(lines[index])
    content["body"]["answers"] = {"trip": f"forged {chance.random()}"}
    lines[index] = canonical(content) + b"\n"
    return {content["seq"]}


def _forge(lines: list[bytes], chance: random.Random) -> set[int]:
    index = chance.randrange(MADE.first, len(lines))
    content = msgspec.json.decode(lines[index])
    made = canonical(content["body"] | {"salt": str(chance.random())})
    lines[index] = link_line(link(FORM, Head(content["seq"] - 1, content["prev"]), made), made)
    return {content["seq"]}


def _seq(line: bytes) -> int:
    return int(msgspec.json.decode(line)["seq"])


@given(
    st.lists(st.sampled_from([_drop, _double, _swap, _edit, _forge]), min_size=1, max_size=6),
    st.integers(0, 2**32),
)
def test_much_at_once(ways: list[Callable[[list[bytes], random.Random], set[int]]], seed: int) -> None:
    """However much was done, what is not named stands where the chain no longer proves anything."""
    lines, chance, touched = list(MADE.lines), random.Random(seed), set[int]()
    for way in ways:
        touched |= way(lines, chance)
    verdict = look(lines, MADE.head)
    if lines == list(MADE.lines):
        return
    assert not verdict.sound
    told = {
        seq for fault in verdict.faults if fault.seq for seq in range(fault.seq, (fault.to or fault.seq) + 1)
    }
    genuine = {_seq(line) for line in lines[MADE.first :] if line in MADE.lines}
    for seq in touched - genuine - told:
        assert verdict.proven is None or seq < verdict.proven


def test_texts() -> None:
    lines = list(MADE.lines)
    changed = [
        line.replace("현장체험학습".encode(), "수학여행".encode(), 1) if b'"en"' in line else line
        for line in lines
    ]
    (fault,) = look(changed).faults
    assert fault.kind is FaultKind.TEXT_CHANGED
    assert fault.text == msgspec.json.decode(lines[fault.line - 1])["hash"]  # type: ignore[operator]
    without = look(lines[:1] + lines[2:])
    assert {fault.kind for fault in without.faults} == {FaultKind.TEXT_MISSING}
    assert len(without.faults) == LENGTH // 3
    twice = look([lines[0], lines[1], *lines[1:]])
    assert {fault.kind for fault in twice.faults} == {FaultKind.TEXT_ADDED}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"null",
        b"[1]",
        b"\xff\xfe",
        b'{"seq":1}',
        b"[" * 5000,
        b'{"ledger":{}}',
        b'{"hash":1}',
        b"x" * 99,
    ],
)
def test_lines_of_something_else(line: bytes) -> None:
    lines = [*MADE.lines, line + b"\n"]
    (fault,) = look(lines).faults
    assert (fault.kind, fault.line) == (FaultKind.UNREADABLE, len(lines))


def test_numbers_beyond_measure() -> None:
    far = MADE.lines[-1].replace(b'"seq":12', b'"seq":999999999999999')
    assert named(look([*MADE.lines, far])) == {(FaultKind.CHANGED, 999999999999999)}
    below = MADE.lines[-1].replace(b'"seq":12', b'"seq":-3')
    assert named(look([*MADE.lines, below])) == {(FaultKind.CHANGED, -3)}


def test_a_file_without_its_header() -> None:
    assert (FaultKind.NO_HEADER, None) in named(look(list(MADE.lines[1:])))
    assert named(look([])) == {(FaultKind.NO_HEADER, None)}


def test_a_link_twice_in_one_line_is_no_link() -> None:
    """Of a key that stands twice, readers show one or the other: such a line is never canonical."""
    lines = list(MADE.lines)
    lines[MADE.at(4)] = lines[MADE.at(4)].replace(b'{"body":{', b'{"body":{"act":"withdraw",', 1)
    assert named(look(lines)) == {(FaultKind.CHANGED, 4)}


def test_a_signature_of_somebody_else() -> None:
    header = msgspec.json.decode(MADE.lines[0])
    header["ledger"]["title"] = "다른 동의서"
    lines = [canonical(header) + b"\n", *MADE.lines[1:]]
    assert named(look(lines)) == {(FaultKind.SIGNATURE, None)}
    assert look(list(MADE.lines), key="A" * 43).signed is False
    assert look(list(MADE.lines), key="no key").signed is False


def test_progress_adds_up() -> None:
    told: list[int] = []
    big: Ledger = ledger(1200)
    verify(big.lines, advance=told.append)
    assert len(told) > 2
    assert sum(told) == sum(map(len, big.lines))
