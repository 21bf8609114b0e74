"""The chain: what a link's hash is over, and how it is written."""

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from rooms.forms.canonical import canonical
from rooms.forms.ledger import GENESIS, Head, link, link_line, text_hash, text_line
from rooms.forms.seal import Seal, is_signed


def test_a_link_as_anybody_can_compute_it() -> None:
    """With nothing but the standard library, from the description in the README."""
    content = canonical({"answers": {"trip": "agree"}, "salt": "00"})
    first = link("n1", Head(), content)
    digest = hashlib.sha256(content).hexdigest()
    chained = {"digest": digest, "form": "n1", "prev": GENESIS, "seq": 1}
    plain = json.dumps(chained, sort_keys=True, separators=(",", ":")).encode()
    assert first.hash == hashlib.sha256(plain).hexdigest()
    second = link("n1", first.head, content)
    assert (second.seq, second.prev) == (2, first.hash)
    assert str(second.head) == f"2:{second.hash}"


@given(st.text(max_size=20), st.text(max_size=20))
def test_different_contents_never_share_a_hash(one: str, other: str) -> None:
    made = [link("n1", Head(), canonical({"a": text})).hash for text in (one, other)]
    assert (made[0] == made[1]) == (one == other)


def test_lines() -> None:
    content = canonical({"a": "네"})
    made = link("n1", Head(), content)
    assert json.loads(link_line(made, content)) == json.loads(link_line(made, None)) | {"body": {"a": "네"}}
    assert json.loads(text_line({"title": "동의서"})) == {
        "hash": text_hash({"title": "동의서"}),
        "text": {"title": "동의서"},
    }


def test_signatures() -> None:
    seal = Seal("a secret")
    signature = seal.sign(b"head")
    assert is_signed(seal.key, signature, b"head")
    assert Seal("a secret").key == seal.key
    assert not is_signed(seal.key, signature, b"other")
    assert not is_signed(Seal("another").key, signature, b"head")
    for broken in ("", "짧다", "A", "A" * 40, signature[:-1] + "!"):
        assert not is_signed(broken, signature, b"head")
        assert not is_signed(seal.key, broken, b"head")
