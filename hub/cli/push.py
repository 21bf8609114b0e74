"""What `madang doctor` finds about pushes and mails: the key, the mail server, FCM, what waits to be sent."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

import aiosmtplib

from config.settings import Settings, SettingsFault
from hub.cli.findings import Finding, fault, ok, warning
from hub.cli.reach import SECONDS
from hub.push.fcm import BadAccount, FcmSender, read_account
from hub.push.mail import MailSender
from hub.push.outgoing import Outgoing, Unreached
from hub.push.vapid import KEY_FILE, ensure_push_key
from storage.delivery.outbox import MongoOutbox
from storage.mongo import PyMongoError, connect

LATE: Final = timedelta(minutes=5)
"""What has been due for longer is sent by nobody, or more slowly than it comes."""


class _Now:
    """Real time, for one look."""

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return monotonic()


def key(settings: Settings) -> Finding:
    """See whether there is a key that push services know this hub by."""
    file = settings.data / KEY_FILE
    try:
        if settings.push_key is None and not file.exists():
            return ok("Push key", "will be made at the first start")
        ensure_push_key(settings)
    except (SettingsFault, OSError) as error:
        return fault("Push key", str(error), "Mend the file, or set MADANG_PUSH_KEY.")
    if settings.public_url is not None and not settings.over_https and settings.push_subject is None:
        return warning(
            "Push key",
            "Browsers get pushes over https:// only, and push services have nobody to write to.",
            "Set MADANG_PUBLIC_URL to an https:// address, or MADANG_PUSH_SUBJECT to mailto: and an address.",
        )
    return ok("Push key", "given in the settings" if settings.push_key is not None else f"kept in {file}")


async def mail(settings: Settings) -> list[Finding]:
    """Connect to the mail server and sign in, where one is set; nothing is sent."""
    if settings.smtp_url is None or settings.smtp_from is None:
        return []
    sender = MailSender(settings.smtp_url, settings.smtp_from, "", "", _Now(), SECONDS)
    try:
        await sender.reach()
    except aiosmtplib.SMTPAuthenticationError:
        return [fault("Mail", "The server does not accept the name and password.", "See MADANG_SMTP_URL.")]
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        return [fault("Mail", f"The server cannot be used ({type(error).__name__}).", "See MADANG_SMTP_URL.")]
    return [ok("Mail", f"the server answers; mails come from {settings.smtp_from}")]


async def fcm(settings: Settings) -> list[Finding]:
    """Get an access token for the service account, where one is set."""
    if settings.fcm_credentials is None:
        return []
    do = "Get the file of a service account from Firebase, and name it in MADANG_FCM_CREDENTIALS."
    try:
        account = read_account(settings.fcm_credentials)
    except BadAccount as error:
        return [fault("FCM", f"{error}.", do)]
    outgoing = Outgoing(None, _Now(), most=1, seconds=SECONDS)
    try:
        await FcmSender(outgoing, account, settings.fcm_url, _Now()).reach()
    except Unreached as error:
        return [fault("FCM", f"{error}.", do)]
    finally:
        await outgoing.close()
    return [ok("FCM", f"{account.client_email} may send for {account.project_id}")]


async def outbox(settings: Settings, now: Callable[[], datetime]) -> list[Finding]:
    """See whether what is due is sent, where a MongoDB is named; a private one runs with its hub alone."""
    if settings.mongodb_url is None:
        return []
    try:
        mongo = await asyncio.to_thread(
            connect, settings.mongodb_url, settings.mongodb_database, timeout=SECONDS
        )
    except (PyMongoError, ValueError, TypeError):
        return []  # that of MongoDB itself says why
    try:
        count, since = await MongoOutbox(mongo).waiting(now())
    except PyMongoError:
        return []
    finally:
        mongo.close()
    if since is not None and now() - since > LATE:
        minutes = (now() - since).total_seconds() / 60
        return [
            warning(
                "Pushes",
                f"{count:,} are due, the first since {minutes:,.0f} minutes.",
                "See that a hub runs, that it may reach push services (443), and MADANG_PUSH_CONCURRENCY.",
            )
        ]
    return [ok("Pushes", f"{count:,} are due" if count else "none waits")]
