"""What is wrong with settings only in combination. Pure."""

from collections.abc import Callable, Iterator
from typing import Final

from config.settings import Settings

OIDC: Final = ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "public_url")

Name = Callable[[str], str]
Sound = Callable[..., bool]


def faults_together(settings: Settings, faulty: frozenset[str], name: Name) -> Iterator[str]:
    """List what only shows in combination; a combination with a faulty part says nothing new.

    `faulty` are the settings that could not be read, `name` gives the variable of a setting.
    """

    def sound(*names: str) -> bool:
        return not faulty & set(names)

    yield from _serving(settings, sound, name)
    yield from _limits(settings, sound, name)
    missing = [part for part in OIDC if getattr(settings, part) is None]
    if sound(*OIDC) and missing and set(OIDC[:3]) - set(missing):
        yield f"Signing in with OpenID Connect also needs {' and '.join(map(name, missing))}."
    yield from _delivery(settings, sound, name)
    if sound("llm_url", "llm_model") and settings.llm_url is not None and settings.llm_model is None:
        yield f"{name('llm_url')} also needs {name('llm_model')}."


def _serving(settings: Settings, sound: Sound, name: Name) -> Iterator[str]:
    if sound("workers", "redis_url") and settings.workers > 1 and settings.redis_url is None:
        yield f"{name('workers')} is {settings.workers}, and that needs {name('redis_url')}."
    if sound("ping_seconds", "dead_seconds") and settings.dead_seconds <= settings.ping_seconds:
        yield (
            f"{name('dead_seconds')} ({settings.dead_seconds}) must be more than"
            f" {name('ping_seconds')} ({settings.ping_seconds})."
        )


def _limits(settings: Settings, sound: Sound, name: Name) -> Iterator[str]:
    limits = settings.limits
    if sound("limit_unsent_bytes", "limit_frame_bytes") and limits.unsent_bytes < limits.frame_bytes:
        yield (
            f"{name('limit_unsent_bytes')} ({limits.unsent_bytes}) must be at least"
            f" {name('limit_frame_bytes')} ({limits.frame_bytes})."
        )
    least = 4 * limits.text_chars
    if sound("limit_text_chars", "limit_frame_bytes") and limits.frame_bytes < least:
        yield (
            f"{name('limit_frame_bytes')} ({limits.frame_bytes}) must be at least {least}, four bytes for"
            f" each of the {limits.text_chars} characters of {name('limit_text_chars')}."
        )


def _delivery(settings: Settings, sound: Sound, name: Name) -> Iterator[str]:
    if sound("smtp_url", "smtp_from") and settings.smtp_url is not None and settings.smtp_from is None:
        yield f"{name('smtp_url')} also needs {name('smtp_from')}."
    if sound("sms_url", "sms_secret") and settings.sms_url is not None and settings.sms_secret is None:
        yield f"{name('sms_url')} also needs {name('sms_secret')}."
    least = 2 * settings.push_timeout_seconds + 1
    if sound("push_timeout_seconds", "push_lease_seconds") and settings.push_lease_seconds < least:
        yield (
            f"{name('push_lease_seconds')} ({settings.push_lease_seconds}) must be at least {least}, twice"
            f" {name('push_timeout_seconds')} and one more."
        )
