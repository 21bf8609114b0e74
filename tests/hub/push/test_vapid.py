import base64
import stat
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from config.settings import Settings, SettingsFault
from hub.push.vapid import KEY_FILE, MOST_ORIGINS, Signatures, ensure_push_key, origin_of, subject_of
from tests.support.clock import SteppedClock


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    key = ensure_push_key(settings)
    assert ensure_push_key(settings).private_pem() == key.private_pem()
    assert stat.S_IMODE((settings.data / KEY_FILE).stat().st_mode) == 0o600
    # What the file holds may be given to other machines.
    text = (settings.data / KEY_FILE).read_text().strip()
    assert (
        ensure_push_key(Settings(push_key=text, data=tmp_path / "other")).private_pem() == key.private_pem()
    )
    assert not (tmp_path / "other").exists()


def test_a_key_that_is_none_is_refused(tmp_path: Path) -> None:
    zero = base64.urlsafe_b64encode(bytes(32)).rstrip(b"=").decode()
    with pytest.raises(SettingsFault, match="MADANG_PUSH_KEY holds no key"):
        ensure_push_key(Settings(push_key=zero))
    file = tmp_path / KEY_FILE
    file.write_text("short\n")
    file.chmod(0o600)
    with pytest.raises(SettingsFault, match="the push key has 5 characters"):
        ensure_push_key(Settings(data=tmp_path))
    file.write_text(zero)
    with pytest.raises(SettingsFault, match="holds no key of the curve"):
        ensure_push_key(Settings(data=tmp_path))
    file.chmod(0o644)
    with pytest.raises(SettingsFault, match="others may read the push key"):
        ensure_push_key(Settings(data=tmp_path))


def test_browsers_get_a_point_of_65_bytes(signatures: Signatures) -> None:
    point = base64.urlsafe_b64decode(signatures.public_key + "=")
    assert (len(point), point[0]) == (65, 4)


def test_what_is_signed(signatures: Signatures, clock: SteppedClock) -> None:
    header = signatures.header("https://Push.example.org/a/b")
    scheme, _, parameters = header.partition(" ")
    token, key = (part.partition("=")[2] for part in parameters.split(","))
    assert (scheme, key) == ("vapid", signatures.public_key)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.urlsafe_b64decode(key + "="))
    claims = jwt.decode(token, public, algorithms=["ES256"], audience="https://push.example.org")
    assert claims["sub"] == "mailto:hub@example.org"
    assert timedelta(0) < timedelta(seconds=claims["exp"] - clock.now().timestamp()) <= timedelta(hours=24)


def test_a_signature_is_kept_for_hours_and_for_its_service_alone(
    signatures: Signatures, clock: SteppedClock
) -> None:
    first = signatures.header("https://a.example.org/1")
    assert signatures.header("https://a.example.org/2") == first
    assert signatures.header("https://a.example.org:8443/2") != first
    clock.advance(6 * 3600 - 1)
    assert signatures.header("https://a.example.org/1") == first
    clock.advance(1)
    second = signatures.header("https://a.example.org/1")
    assert second != first
    signatures.forget("https://a.example.org/9")
    assert signatures.header("https://a.example.org/1") != second  # ECDSA has another every time


def test_no_more_signatures_are_kept_than_there_is_room_for(signatures: Signatures) -> None:
    first = signatures.header("https://a.example.org")
    for number in range(MOST_ORIGINS - 1):
        signatures.header(f"https://{number}.example.org")
    assert signatures.header("https://a.example.org") == first
    signatures.header("https://b.example.org")
    signatures.header("https://c.example.org")
    assert len(signatures._kept) == MOST_ORIGINS
    assert signatures.header("https://a.example.org") == first  # used last, so kept


def test_whom_push_services_write_to() -> None:
    assert subject_of(Settings(push_subject="mailto:a@b")) == "mailto:a@b"
    assert subject_of(Settings(public_url="https://talk.example.org")) == "https://talk.example.org"
    assert subject_of(Settings(public_url="http://localhost:8000")) == "mailto:postmaster@localhost"


def test_the_origin_of_an_endpoint() -> None:
    assert origin_of("https://A.example.org/x?y") == "https://a.example.org"
    assert origin_of("http://127.0.0.1:99/x") == "http://127.0.0.1:99"
