import asyncio
import base64
import json
import threading
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

import jwt
import msgspec
import pytest
from argon2 import PasswordHasher, extract_parameters
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from hub.signin.proofs import (
    LONGEST_PASSWORD,
    WRONG,
    Checked,
    Claims,
    Passwords,
    TokenRefused,
    Tokens,
    derive_key,
    hash_secret,
    new_session_secret,
    password_hasher,
)
from rooms.errors import ErrorCode, Refusal
from rooms.ids import PersonId

NOW = datetime(2026, 11, 23, 9, 0, 0, 250_000, UTC)
SECRET = "a secret of tests, long enough for all"
PERSON = PersonId("pabc234abc234")
KEY = derive_key(SECRET, "tokens")
GOOD = {
    "iss": "madang",
    "sub": PERSON,
    "sid": "s1",
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 60,
}


def quick() -> PasswordHasher:
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(quick())
    yield made
    made.close()


async def test_the_right_password_is_right_and_others_are_not(passwords: Passwords) -> None:
    stored = await passwords.hash("열려라 참깨")
    assert stored.startswith("$argon2id$")
    assert "참깨" not in stored
    assert await passwords.verify(stored, "열려라 참깨") == Checked(ok=True)
    assert await passwords.verify(stored, "열려라 들깨") == WRONG
    assert await passwords.verify(stored, "") == WRONG
    assert await passwords.hash("열려라 참깨") != stored


async def test_the_same_keys_are_the_same_password_on_every_system(passwords: Passwords) -> None:
    composed = unicodedata.normalize("NFC", "열려라")
    stored = await passwords.hash(unicodedata.normalize("NFD", composed))
    assert (await passwords.verify(stored, composed)).ok


@pytest.mark.parametrize("stored", [None, "", "nonsense", "$argon2id$v=19$m=64,t=1,p=1$x$y", "$2b$12$abc"])
async def test_nobody_has_no_password(passwords: Passwords, stored: str | None) -> None:
    assert await passwords.verify(stored, "anything") == WRONG


async def test_an_unknown_login_costs_what_a_known_one_does() -> None:
    checked: list[str | bytes] = []

    class Watched(PasswordHasher):
        @override
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            checked.append(hash)
            return super().verify(hash, password)

    passwords = Passwords(Watched())
    stored = await passwords.hash("a")
    assert not (await passwords.verify(stored, "b")).ok
    assert not (await passwords.verify(None, "b")).ok
    passwords.close()
    known, unknown = (extract_parameters(str(seen)) for seen in checked)
    assert known == unknown


async def test_a_hash_with_older_parameters_is_made_anew() -> None:
    old, new = Passwords(quick()), Passwords()
    stored = await old.hash("word")
    assert await new.verify(stored, "wrong") == WRONG
    checked = await new.verify(stored, "word")
    assert checked.ok
    assert checked.rehashed is not None
    assert not password_hasher().check_needs_rehash(checked.rehashed)
    assert await new.verify(checked.rehashed, "word") == Checked(ok=True)
    old.close()
    new.close()


async def test_lengths_have_an_end(passwords: Passwords) -> None:
    longest = "x" * LONGEST_PASSWORD
    stored = await passwords.hash(longest)
    assert (await passwords.verify(stored, longest)).ok
    assert not (await passwords.verify(stored, longest + "x")).ok
    with pytest.raises(Refusal) as refused:
        await passwords.hash(longest + "x")
    assert refused.value.code is ErrorCode.TOO_LARGE


class Held(PasswordHasher):
    """Waits in its thread until the test lets it go."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.go = threading.Event()

    @override
    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        assert self.go.wait(30)
        return super().hash(password, salt=salt)


async def test_the_event_loop_goes_on_meanwhile() -> None:
    hasher = Held()
    passwords = Passwords(hasher)
    asyncio.get_running_loop().call_soon(hasher.go.set)  # runs only if the loop is not held
    assert await passwords.hash("x")
    passwords.close()


async def test_no_more_may_wait_than_allowed() -> None:
    hasher = Held()
    passwords = Passwords(hasher, threads=1, waiting=1)
    first, second = (asyncio.ensure_future(passwords.hash(word)) for word in "ab")
    await asyncio.wait([first, second], timeout=0)  # lets both begin
    with pytest.raises(Refusal) as refused:
        await passwords.hash("c")
    assert (refused.value.code, refused.value.temporary) == (ErrorCode.UNAVAILABLE, True)
    hasher.go.set()
    assert (await passwords.verify(await first, "a")).ok
    assert (await passwords.verify(await second, "b")).ok
    passwords.close()


def test_session_secrets_are_random_and_kept_as_a_hash() -> None:
    made = {new_session_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(len(secret) == 43 for secret in made)
    assert hash_secret("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert len(hash_secret("\ud800")) == 64


def test_keys_differ_by_purpose_and_by_secret() -> None:
    keys = {derive_key(secret, purpose) for secret in (SECRET, "another") for purpose in ("a", "b")}
    assert {len(key) for key in keys} == {32}
    assert len(keys) == 4


@given(st.text(min_size=1, max_size=64), st.text(min_size=1, max_size=64), st.integers(1, 86_400))
def test_a_token_says_what_was_put_in(person: str, session: str, seconds: int) -> None:
    tokens = Tokens(SECRET)
    token, ends = tokens.issue(PersonId(person), session, NOW, seconds)
    issued = NOW.replace(microsecond=0)
    assert ends == issued + timedelta(seconds=seconds)
    assert tokens.read(token, NOW) == Claims(PersonId(person), session, issued, ends)
    assert "kid" not in jwt.get_unverified_header(token)


@given(st.integers(1, 86_400), st.floats(-100, 100))
def test_a_token_ends_on_time(seconds: int, off: float) -> None:
    tokens = Tokens(SECRET)
    token, ends = tokens.issue(PERSON, "s1", NOW, seconds)
    if off < 0:
        assert tokens.read(token, ends + timedelta(seconds=min(off, -0.001))).expires_at == ends
    else:
        with pytest.raises(TokenRefused) as refused:
            tokens.read(token, ends + timedelta(seconds=off))
        assert refused.value.expired


@given(st.data())
def test_a_token_with_anything_changed_is_refused(data: st.DataObject) -> None:
    tokens = Tokens(SECRET)
    token, _ = tokens.issue(PERSON, "s1", NOW, 60)
    place = data.draw(st.integers(0, len(token) - 2))  # some of the last character's bits mean nothing
    char = data.draw(st.characters(max_codepoint=255).filter(lambda c: c != token[place]))
    forged = token[:place] + char + token[place + 1 :]
    with pytest.raises(TokenRefused) as refused:
        tokens.read(forged, NOW)
    assert not refused.value.expired


@given(st.text() | st.text("abcXYZ019-_.", max_size=60))
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(TokenRefused):
        Tokens(SECRET).read(text, NOW)


def _unsigned(header: object, claims: object) -> str:
    parts = [json.dumps(part).encode() for part in (header, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize("alg", ["none", "None", "HS384", "HS512", "RS256", "hs256", "", None, 1])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_no_other_algorithm_is_accepted(alg: object, signature: str) -> None:
    forged = _unsigned({"typ": "JWT", "alg": alg}, GOOD) + "." + signature
    with pytest.raises(TokenRefused):
        Tokens(SECRET).read(forged, NOW)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_not_even_one_with_the_right_key(algorithm: str) -> None:
    key = KEY * 2  # long enough for the library; HMAC pads a shorter one alike only below a block
    with pytest.raises(TokenRefused):
        Tokens(SECRET).read(jwt.encode(GOOD, key, algorithm), NOW)


@pytest.mark.parametrize(
    "key", [b"another key of thirty-two bytes!!", SECRET.encode(), derive_key(SECRET, "oidc")]
)
def test_another_key_signs_nothing(key: bytes) -> None:
    assert Tokens(SECRET).read(jwt.encode(GOOD, KEY, "HS256"), NOW).session == "s1"
    with pytest.raises(TokenRefused):
        Tokens(SECRET).read(jwt.encode(GOOD, key, "HS256"), NOW)


STRANGE: list[object] = [None, [], {}, "x", -1.5, True, 2**63]
ODD = [(name, value) for name in GOOD for value in STRANGE]


@pytest.mark.parametrize(("name", "value"), [odd for odd in ODD if odd not in [("sub", "x"), ("sid", "x")]])
def test_claims_have_their_types(name: str, value: object) -> None:
    signed = jwt.PyJWS().encode(msgspec.json.encode(GOOD | {name: value}), KEY, "HS256")
    with pytest.raises(TokenRefused):
        Tokens(SECRET).read(signed, NOW)


@pytest.mark.parametrize("name", list(GOOD))
def test_no_claim_may_be_missing(name: str) -> None:
    claims = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(TokenRefused):
        Tokens(SECRET).read(jwt.encode(claims, KEY, "HS256"), NOW)


def test_a_token_has_a_greatest_length_and_depth() -> None:
    tokens = Tokens(SECRET)
    with pytest.raises(TokenRefused, match="too long"):
        tokens.read("a" * 4097, NOW)
    deep = base64.urlsafe_b64encode(b"[" * 2900).rstrip(b"=").decode()
    with pytest.raises(TokenRefused):
        tokens.read(f"{deep}.e30.AAAA", NOW)
