import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet

from hub.signin.id_token import LONGEST, Expected, IdTokenRefused, read_id_token

NOW = 1_800_000_000.0
EXPECTED = Expected("https://id.example.org", "madang", "a-nonce")
CLAIMS: dict[str, Any] = {
    "iss": "https://id.example.org",
    "aud": "madang",
    "sub": "subject-1",
    "nonce": "a-nonce",
    "iat": int(NOW),
    "exp": int(NOW) + 300,
}


@cache
def key() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": "k"})


def keys() -> KeySet:
    return KeySet.import_key_set({"keys": [key().as_dict(private=False)]})


def signed(payload: object) -> str:
    header = {"alg": "ES256", "kid": "k"}
    return jws.serialize_compact(header, json.dumps(payload).encode(), key(), ["ES256"])


def test_the_claims_of_a_good_token_are_returned() -> None:
    assert read_id_token(signed(CLAIMS | {"name": "김하늘"}), keys(), EXPECTED, NOW)["name"] == "김하늘"


@given(st.text(max_size=200) | st.text("ABCabc019-_.", max_size=300))
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(IdTokenRefused):
        read_id_token(text, keys(), EXPECTED, NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_a_signed_payload_that_is_no_set_of_claims_is_refused(payload: object) -> None:
    with pytest.raises(IdTokenRefused):
        read_id_token(signed(payload), keys(), EXPECTED, NOW)


@given(st.sampled_from(["iss", "aud", "sub", "nonce", "exp", "iat"]), JSON)
def test_no_claim_may_be_of_another_type(name: str, value: object) -> None:
    token = signed(CLAIMS | {name: value})
    if _fits(name, value):
        read_id_token(token, keys(), EXPECTED, NOW)
    else:
        with pytest.raises(IdTokenRefused):
            read_id_token(token, keys(), EXPECTED, NOW)


def _fits(name: str, value: object) -> bool:
    if name == "sub":
        return isinstance(value, str) and value != ""
    if name in {"exp", "iat"} and isinstance(value, int | float) and not isinstance(value, bool):
        late, early = float("inf"), float("-inf")
        return NOW - 60 < value < late if name == "exp" else early < value <= NOW + 60
    return bool(value == CLAIMS[name])


@given(st.sampled_from(list(CLAIMS)))
def test_no_claim_may_be_missing(name: str) -> None:
    with pytest.raises(IdTokenRefused):
        read_id_token(
            signed({key: value for key, value in CLAIMS.items() if key != name}), keys(), EXPECTED, NOW
        )


def test_a_blank_subject_is_nobody() -> None:
    with pytest.raises(IdTokenRefused):
        read_id_token(signed(CLAIMS | {"sub": ""}), keys(), EXPECTED, NOW)


def test_newer_keys_may_help_only_where_a_key_did_not_fit() -> None:
    stranger = ECKey.generate_key("P-256", {"kid": "other"})
    token = jwt.encode({"alg": "ES256", "kid": "other"}, CLAIMS, stranger, ["ES256"])
    with pytest.raises(IdTokenRefused) as refused:
        read_id_token(token, keys(), EXPECTED, NOW)
    assert refused.value.unknown_key
    with pytest.raises(IdTokenRefused) as refused:
        read_id_token(signed(CLAIMS | {"nonce": "x"}), keys(), EXPECTED, NOW)
    assert not refused.value.unknown_key


def test_a_token_has_a_greatest_length() -> None:
    with pytest.raises(IdTokenRefused, match="too long"):
        read_id_token(signed(CLAIMS | {"x": "x" * LONGEST}), keys(), EXPECTED, NOW)
