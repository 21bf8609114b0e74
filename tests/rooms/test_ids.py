import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.ids import (
    is_cid,
    new_cid,
    new_file_id,
    new_id,
    new_notice_id,
    new_person_id,
    new_room_id,
    new_unit_id,
)


@pytest.mark.parametrize(
    ("made", "letter"),
    [(new_person_id, "p"), (new_unit_id, "u"), (new_room_id, "r"), (new_file_id, "f"), (new_notice_id, "n")],
)
def test_the_first_letter_tells_the_kind(made: object, letter: str) -> None:
    assert callable(made)
    assert re.fullmatch(letter + r"[0-9a-hj-km-np-tv-z]{12}", made())


def test_ids_do_not_repeat_and_use_all_their_bits() -> None:
    ids = {new_id("x") for _ in range(5000)}
    assert len(ids) == 5000
    for place in range(1, 13):
        assert len({made[place] for made in ids}) == 32


def test_a_new_cid_is_one() -> None:
    assert is_cid(new_cid())
    assert new_cid() != new_cid()


@given(st.uuids(allow_nil=True))
def test_every_uuid_in_its_usual_spelling_is_a_cid(value: uuid.UUID) -> None:
    assert is_cid(str(value))
    assert is_cid(str(value).upper())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00000000000000000000000000000000",
        "{00000000-0000-0000-0000-000000000000}",
        "urn:uuid:00000000-0000-0000-0000-000000000000",
        "00000000-0000-0000-0000-00000000000",
        "00000000-0000-0000-0000-0000000000000",
        "00000000-0000-0000-0000-00000000000g",
        "00000000-0000-0000-0000-000000000000\n",
        "００000000-0000-0000-0000-000000000000",
    ],
)
def test_nothing_else_is_a_cid(text: str) -> None:
    assert not is_cid(text)
