"""The hub's own key towards push services (VAPID, RFC 8292): made once, kept, and signed with."""

import base64
import secrets
from collections import OrderedDict
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from config.secret import ensure_kept
from config.settings import Settings, SettingsFault
from rooms.ports import Clock

KEY_FILE: Final = "push.key"
HOLDS: Final = timedelta(hours=12)
"""How long a signature is good for; RFC 8292, section 2, allows a day."""
RENEWED: Final = timedelta(hours=6)
MOST_ORIGINS: Final = 256
_KEY_BYTES: Final = 32
_KEY_CHARACTERS: Final = 43


def ensure_push_key(settings: Settings) -> Vapid02:
    """Give the key of the settings, or make one and keep it in the data folder beside the secret key.

    Browsers subscribe with its public half: another key, and every subscription is void. Raises
    SettingsFault where it is not to be used or cannot be kept.
    """
    text = settings.push_key
    where = "MADANG_PUSH_KEY"
    if text is None:
        path = settings.data / KEY_FILE
        text = ensure_kept(path, "push key", _new_key, _KEY_CHARACTERS)
        where = str(path)
    try:
        return Vapid02.from_raw(text.rstrip("=").encode())
    except ValueError as error:
        raise SettingsFault((f"{where} holds no key of the curve P-256.",)) from error


def subject_of(settings: Settings) -> str:
    """Say whom push services may write to; some refuse a hub that does not say."""
    if settings.push_subject is not None:
        return settings.push_subject
    if settings.over_https and settings.public_url is not None:
        return settings.public_url
    return "mailto:postmaster@localhost"


class Signatures:
    """Signs for each push service, and keeps the signature for hours: one costs as much as a push."""

    def __init__(self, key: Vapid02, subject: str, clock: Clock) -> None:
        self._key = key
        self._key.conf["no-strict"] = True  # the setting was checked, and by rules we can explain
        self._subject = subject
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, str]] = OrderedDict()

    @property
    def public_key(self) -> str:
        """Give the public key as browsers want it, `applicationServerKey`, in base64url."""
        point: Any = self._key.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return base64.urlsafe_b64encode(point).rstrip(b"=").decode()

    def header(self, endpoint: str) -> str:
        """Give the Authorization header for the service of an endpoint (RFC 8292, section 3)."""
        audience = origin_of(endpoint)
        now = self._clock.now().timestamp()
        kept = self._kept.get(audience)
        if kept is not None and kept[0] > now:
            self._kept.move_to_end(audience)
            return kept[1]
        claims = {"aud": audience, "exp": int(now + HOLDS.total_seconds()), "sub": self._subject}
        header = str(self._key.sign(claims)["Authorization"])
        self._kept[audience] = (now + RENEWED.total_seconds(), header)
        self._kept.move_to_end(audience)
        if len(self._kept) > MOST_ORIGINS:
            self._kept.popitem(last=False)
        return header

    def forget(self, endpoint: str) -> None:
        """Sign anew for the service of an endpoint: it refused the signature."""
        self._kept.pop(origin_of(endpoint), None)


def origin_of(endpoint: str) -> str:
    """Give the origin of an endpoint (RFC 6454, section 6.2), the audience of a signature."""
    split = urlsplit(endpoint)
    return f"{split.scheme}://{split.netloc}".lower()


def _new_key() -> str:
    while True:
        raw = secrets.token_bytes(_KEY_BYTES)
        text = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        try:
            Vapid02.from_raw(text.encode())
        except ValueError:  # one in four thousand million is beyond the curve's order
            continue
        return text
