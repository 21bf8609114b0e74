import base64
import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import jwt as pyjwt
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from structlog.testing import capture_logs

from hub.signin.oidc import STATE_SECONDS, Identity, OidcProvider, OidcRefused, Why
from hub.signin.oidc_documents import MOST_BYTES
from hub.signin.proofs import derive_key
from tests.support.oidc_provider import LocalProvider, back_at

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BACK = "https://talk.example.org/auth/oidc/callback"
SECRET = "a secret of tests, long enough for all"


@pytest.fixture
def local() -> Iterator[LocalProvider]:
    with LocalProvider(NOW) as provider:
        yield provider


@pytest.fixture
async def provider(local: LocalProvider) -> AsyncIterator[OidcProvider]:
    made = provider_at(local.issuer)
    yield made
    await made.close()


def provider_at(issuer: str, **other: str) -> OidcProvider:
    given = {
        "client_id": LocalProvider.client_id,
        "client_secret": LocalProvider.client_secret,
        "login_claim": "preferred_username",
        "secret": SECRET,
    }
    return OidcProvider(issuer=issuer, **given | other)


async def browse(url: str) -> dict[str, str]:
    """Go to the provider as a browser would, and return what it brings back."""
    async with httpx2.AsyncClient() as browser:
        answer = await browser.get(url)
    assert answer.status_code == 302, answer.status_code
    assert answer.headers["Location"].startswith(BACK + "?")
    return back_at(answer.headers["Location"])


async def sign_in(provider: OidcProvider, now: datetime = NOW) -> Identity:
    begun = await provider.begin(BACK, now)
    return await provider.finish(await browse(begun.url), begun.state_cookie, BACK, now)


async def refusal(provider: OidcProvider, now: datetime = NOW) -> Why:
    with capture_logs() as logs, pytest.raises(OidcRefused) as refused:
        await sign_in(provider, now)
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert logs[0]["detail"]
    assert str(refused.value) == refused.value.reason
    return refused.value.reason


async def test_whoever_the_provider_vouches_for_is_told(provider: OidcProvider, local: LocalProvider) -> None:
    who = await sign_in(provider)
    assert (who.subject, who.login, who.name) == ("subject-1", "teacher1", "김하늘")
    assert who.claims["iss"] == local.issuer


async def test_the_way_there_asks_for_what_protects_the_way_back(
    provider: OidcProvider, local: LocalProvider
) -> None:
    first, second = await provider.begin(BACK, NOW), await provider.begin(BACK, NOW)
    asked = back_at(first.url)
    assert first.url.startswith(local.issuer + "/authorize?")
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == BACK
    assert asked["scope"].split()[0] == "openid"
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) >= 43
        assert back_at(second.url)[name] != asked[name]
    assert LocalProvider.client_secret not in first.url + first.state_cookie


async def test_documents_are_fetched_once_and_again_after_an_hour(
    provider: OidcProvider, local: LocalProvider
) -> None:
    for _ in range(3):
        await sign_in(provider)
    assert (local.asked["/.well-known/openid-configuration"], local.asked["/keys"]) == (1, 1)
    local.now = NOW + timedelta(hours=1)
    await sign_in(provider, local.now)
    assert (local.asked["/.well-known/openid-configuration"], local.asked["/keys"]) == (2, 2)


async def test_a_code_is_good_once(provider: OidcProvider) -> None:
    begun = await provider.begin(BACK, NOW)
    back = await browse(begun.url)
    assert (await provider.finish(back, begun.state_cookie, BACK, NOW)).subject == "subject-1"
    with pytest.raises(OidcRefused) as refused:
        await provider.finish(back, begun.state_cookie, BACK, NOW)
    assert refused.value.reason is Why.REFUSED


@pytest.mark.parametrize("state", [None, "", "x", "다른", "\ud800"])
async def test_another_state_is_refused(provider: OidcProvider, state: str | None) -> None:
    begun = await provider.begin(BACK, NOW)
    back = await browse(begun.url)
    if state is None:
        del back["state"]
    else:
        back["state"] = state
    with pytest.raises(OidcRefused) as refused:
        await provider.finish(back, begun.state_cookie, BACK, NOW)
    assert refused.value.reason is Why.STATE


async def test_somebody_elses_way_back_is_refused(provider: OidcProvider) -> None:
    mine, theirs = await provider.begin(BACK, NOW), await provider.begin(BACK, NOW)
    with pytest.raises(OidcRefused) as refused:
        await provider.finish(await browse(theirs.url), mine.state_cookie, BACK, NOW)
    assert refused.value.reason is Why.STATE


def forged_cookie(cookie: str) -> list[str | None]:
    payload = json.loads(base64.urlsafe_b64decode(cookie.split(".")[1] + "=="))
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return [
        None,
        "",
        "x",
        cookie[:-4],
        cookie + "A",
        f"{header}.{cookie.split('.')[1]}.",
        pyjwt.encode(payload, derive_key(SECRET, "tokens"), "HS256"),
        pyjwt.encode(payload, derive_key("another" * 5, "oidc"), "HS256"),
        pyjwt.encode(payload | {"state": 7}, derive_key(SECRET, "oidc"), "HS256"),
        "\ud800",
    ]


async def test_a_cookie_that_is_not_ours_is_refused(provider: OidcProvider) -> None:
    begun = await provider.begin(BACK, NOW)
    back = await browse(begun.url)
    for cookie in forged_cookie(begun.state_cookie):
        with pytest.raises(OidcRefused) as refused:
            await provider.finish(back, cookie, BACK, NOW)
        assert refused.value.reason is Why.STATE
    await provider.finish(back, begun.state_cookie, BACK, NOW)


async def test_a_sign_in_has_ten_minutes(provider: OidcProvider, local: LocalProvider) -> None:
    begun = await provider.begin(BACK, NOW)
    back = await browse(begun.url)
    late = NOW + timedelta(seconds=STATE_SECONDS)
    with pytest.raises(OidcRefused) as refused:
        await provider.finish(back, begun.state_cookie, BACK, late)
    assert refused.value.reason is Why.STATE
    local.now = late
    await provider.finish(back, begun.state_cookie, BACK, late - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"error": "access_denied", "error_description": "no"}, Why.DENIED),
        ({"error": "server_error"}, Why.REFUSED),
        ({"error": ""}, Why.REFUSED),
        ({}, Why.REFUSED),
        ({"code": ""}, Why.REFUSED),
        ({"code": "x" * 4097}, Why.REFUSED),
        ({"code": "unknown"}, Why.REFUSED),
    ],
)
async def test_answers_without_a_good_code(provider: OidcProvider, query: dict[str, str], why: Why) -> None:
    begun = await provider.begin(BACK, NOW)
    state = back_at(begun.url)["state"]
    with pytest.raises(OidcRefused) as refused:
        await provider.finish({"state": state} | query, begun.state_cookie, BACK, NOW)
    assert refused.value.reason is why


async def test_the_verifier_and_the_redirect_are_part_of_it(provider: OidcProvider) -> None:
    begun = await provider.begin(BACK, NOW)
    with pytest.raises(OidcRefused):
        await provider.finish(await browse(begun.url), begun.state_cookie, BACK + "/other", NOW)


STAMP = int(NOW.timestamp())


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": []},
        {"aud": None},
        {"aud": [LocalProvider.client_id, "another"]},
        {"azp": "another"},
        {"iss": "https://id.example.org"},
        {"iss": None},
        {"exp": STAMP - 61},
        {"exp": None},
        {"exp": "later"},
        {"exp": True},
        {"iat": STAMP + 61},
        {"iat": None},
        {"nbf": STAMP + 61},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
    ids=repr,
)
async def test_an_id_token_with_a_wrong_claim_is_refused(
    provider: OidcProvider, local: LocalProvider, claims: dict[str, Any]
) -> None:
    local.claims = claims
    assert await refusal(provider) is Why.REFUSED
    local.claims = {}
    await sign_in(provider)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": [LocalProvider.client_id]},
        {"aud": [LocalProvider.client_id, "another"], "azp": LocalProvider.client_id},
        {"exp": STAMP - 59},
        {"iat": STAMP + 59},
    ],
    ids=repr,
)
async def test_an_id_token_may_be_like_this(
    provider: OidcProvider, local: LocalProvider, claims: dict[str, Any]
) -> None:
    local.claims = claims
    assert (await sign_in(provider)).subject == "subject-1"


def unsigned(claims: dict[str, Any], alg: str = "none") -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": alg}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


STRANGER = RSAKey.generate_key(2048, {"kid": "first"})
SIGNERS: dict[str, Callable[[LocalProvider, dict[str, Any]], str]] = {
    "alg none": lambda _, claims: unsigned(claims),
    "alg None": lambda _, claims: unsigned(claims, "None"),
    "no signature": lambda local, claims: local.signed(claims).rpartition(".")[0] + ".",
    "somebody else's key": lambda _, claims: jwt.encode({"alg": "RS256", "kid": "first"}, claims, STRANGER),
    "unknown kid": lambda _, claims: jwt.encode({"alg": "RS256", "kid": "?"}, claims, STRANGER),
    "client secret": lambda local, claims: jwt.encode(
        {"alg": "HS256"}, claims, OctKey.import_key(local.client_secret * 3), ["HS256"]
    ),
    "public key as a secret": lambda local, claims: jwt.encode(
        {"alg": "HS256", "kid": "first"},
        claims,
        OctKey.import_key(base64.b64encode(local.key.as_pem(private=False))),
        ["HS256"],
    ),
    "changed": lambda local, claims: _changed(local.signed(claims)),
    "not a token": lambda *_: "not.a.token",
    "empty": lambda *_: "",
    "one part": lambda *_: "x",
    "huge": lambda local, claims: local.signed(claims | {"x": "x" * 60_000}),
    "deep": lambda *_: base64.urlsafe_b64encode(b"[" * 9000).decode() + ".e30.AAAA",
    "claims no object": lambda local, _: jwt.encode({"alg": "RS256", "kid": "first"}, {}, local.key).replace(
        "e30", "W10"
    ),
}


def _changed(token: str) -> str:
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "==")) | {"preferred_username": "admin"}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{header}.{payload}.{signature}"


@pytest.mark.parametrize("signer", SIGNERS)
async def test_an_id_token_that_is_not_signed_by_the_provider_is_refused(
    provider: OidcProvider, local: LocalProvider, signer: str
) -> None:
    local.sign = lambda claims: SIGNERS[signer](local, claims)
    assert await refusal(provider) is Why.REFUSED


async def test_a_provider_may_change_its_keys(provider: OidcProvider, local: LocalProvider) -> None:
    await sign_in(provider)
    local.rotate()
    local.now = NOW + timedelta(seconds=10)
    await sign_in(provider, local.now)
    local.rotate("second")  # another key under the same name
    local.now = NOW + timedelta(seconds=20)
    await sign_in(provider, local.now)
    assert local.asked["/keys"] == 3


async def test_keys_are_not_fetched_for_every_bad_token(provider: OidcProvider, local: LocalProvider) -> None:
    local.sign = lambda claims: SIGNERS["unknown kid"](local, claims)
    for _ in range(5):
        assert await refusal(provider) is Why.REFUSED
    assert local.asked["/keys"] == 1


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_the_hub_proves_itself_as_the_provider_wants(
    provider: OidcProvider, local: LocalProvider, method: str
) -> None:
    local.metadata = {"token_endpoint_auth_methods_supported": ["private_key_jwt", method]}
    assert (await sign_in(provider)).subject == "subject-1"


async def test_a_way_the_hub_does_not_know_is_refused(provider: OidcProvider, local: LocalProvider) -> None:
    local.metadata = {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}
    assert await refusal(provider) is Why.UNAVAILABLE


async def test_a_wrong_client_secret_is_refused(local: LocalProvider) -> None:
    provider = provider_at(local.issuer, client_secret="another")
    assert await refusal(provider) is Why.REFUSED
    await provider.close()


async def test_the_login_may_be_told_apart_from_the_token(
    provider: OidcProvider, local: LocalProvider
) -> None:
    local.only_in_userinfo = {"preferred_username", "name"}
    who = await sign_in(provider)
    assert (who.login, who.name) == ("teacher1", "김하늘")
    assert local.asked["/userinfo"] == 1
    local.answers["/userinfo"] = lambda: (200, {}, b'{"sub":"another","preferred_username":"admin"}')
    assert await refusal(provider) is Why.REFUSED
    local.answers["/userinfo"] = lambda: (200, {}, b'{"preferred_username":"admin"}')
    assert await refusal(provider) is Why.REFUSED


@pytest.mark.parametrize("login", [None, "", "  ", 7, ["a"], "x" * 201])
async def test_without_a_login_nobody_is_signed_in(
    provider: OidcProvider, local: LocalProvider, login: object
) -> None:
    local.person["preferred_username"] = login
    assert await refusal(provider) is Why.NO_LOGIN


async def test_an_address_nobody_checked_is_no_login(local: LocalProvider) -> None:
    provider = provider_at(local.issuer, login_claim="email")
    local.person |= {"email": "a@example.org"}
    assert await refusal(provider) is Why.NO_LOGIN
    local.person |= {"email_verified": "true"}
    assert await refusal(provider) is Why.NO_LOGIN
    local.person |= {"email_verified": True}
    assert (await sign_in(provider)).login == "a@example.org"
    await provider.close()


async def test_an_answer_of_another_issuer_is_refused(provider: OidcProvider, local: LocalProvider) -> None:
    begun = await provider.begin(BACK, NOW)
    back = await browse(begun.url)
    with pytest.raises(OidcRefused) as refused:
        await provider.finish(back | {"iss": "https://id.example.org"}, begun.state_cookie, BACK, NOW)
    assert refused.value.reason is Why.REFUSED
    await provider.finish(back | {"iss": local.issuer}, begun.state_cookie, BACK, NOW)


async def test_a_provider_that_names_itself_always_does(provider: OidcProvider, local: LocalProvider) -> None:
    local.metadata = {"authorization_response_iss_parameter_supported": True}
    assert await refusal(provider) is Why.REFUSED


WELL_KNOWN = "/.well-known/openid-configuration"


@pytest.mark.parametrize("path", [WELL_KNOWN, "/keys", "/token", "/userinfo"])
@pytest.mark.parametrize(
    "answer",
    [
        (500, {}, b"<h1>internal words of the provider</h1>"),
        (302, {"Location": "http://127.0.0.1:1/"}, b""),
        (200, {}, b"not json"),
        (200, {}, b"[" * 100_000),
        (200, {}, b"[]"),
        (200, {}, b"{}"),
        (200, {}, b'{"keys": [7, {"kty": "RSA"}, {"kty": "oct", "k": "AAAA"}], "issuer": 7}'),
        (200, {}, b'{"x": "' + b"x" * 300_000 + b'"}'),
        (200, {"Content-Encoding": "gzip"}, gzip.compress(b"{}")),
    ],
    ids=["500", "elsewhere", "text", "deep", "list", "empty", "odd", "huge", "packed"],
)
async def test_a_provider_that_is_not_well(
    provider: OidcProvider, local: LocalProvider, path: str, answer: tuple[int, dict[str, str], bytes]
) -> None:
    local.only_in_userinfo = {"preferred_username"}
    local.answers[path] = lambda: answer
    assert await refusal(provider) in {Why.UNAVAILABLE, Why.REFUSED}
    del local.answers[path]
    local.now = NOW + timedelta(seconds=10)
    assert (await sign_in(provider, local.now)).login == "teacher1"


async def test_no_more_of_a_document_is_read_than_any_provider_needs(
    provider: OidcProvider, local: LocalProvider
) -> None:
    local.metadata = {"padding": "x" * MOST_BYTES}
    assert await refusal(provider) is Why.UNAVAILABLE
    local.metadata = {"padding": "x" * (MOST_BYTES // 2)}
    local.now = NOW + timedelta(seconds=10)
    assert (await sign_in(provider, local.now)).login == "teacher1"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://id.example.org"},
        {"authorization_endpoint": "http://id.example.org/authorize"},
        {"token_endpoint": "http://id.example.org/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"userinfo_endpoint": "https://[::1"},
    ],
    ids=repr,
)
async def test_addresses_that_are_not_safe_are_not_used(
    provider: OidcProvider, local: LocalProvider, metadata: dict[str, str]
) -> None:
    local.metadata = metadata
    assert await refusal(provider) is Why.UNAVAILABLE


async def test_a_provider_that_is_down_is_asked_once_in_a_while() -> None:
    with LocalProvider(NOW) as gone:
        port = gone.port
    provider = provider_at(f"http://127.0.0.1:{port}")
    assert await refusal(provider) is Why.UNAVAILABLE
    with LocalProvider(NOW, port=port) as local:
        assert await refusal(provider, NOW + timedelta(seconds=4)) is Why.UNAVAILABLE
        assert not local.asked
        assert (await sign_in(provider, NOW + timedelta(seconds=5))).subject == "subject-1"
    await provider.close()


async def test_nothing_of_the_provider_reaches_people(provider: OidcProvider, local: LocalProvider) -> None:
    begun = await provider.begin(BACK, NOW)
    back = await browse(begun.url)
    local.answers["/token"] = lambda: (400, {}, b'{"error":"invalid_grant","error_description":"inner"}')
    with pytest.raises(OidcRefused) as refused:
        await provider.finish(back, begun.state_cookie, BACK, NOW)
    assert str(refused.value) == "oidc_refused"
    assert set(vars(refused.value)) == {"reason"}
