"""`madang token LOGIN`: a bearer token, made on the machine itself.

Whoever may run it may read the database and the secret key anyway, so it asks for no password.
"""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct

from hub.cli.common import Failed, settings
from hub.cli.working import run
from hub.services import Services
from rooms.events import iso


class Made(Struct, frozen=True):
    """A token, when it ends, and whose it is."""

    token: str
    expires_at: str
    login: str
    id: str
    name: str


def token(
    login: Annotated[str, typer.Argument(help="Whose token.")],
    seconds: Annotated[
        int | None, typer.Option(help="How long it is good for, at most a day; default: TOKEN_SECONDS.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
) -> None:
    """Print a bearer token that signs somebody in, for scripts on this machine."""
    told = settings(config, token_seconds=seconds)
    made = run(told, lambda services: make_token(services, login))
    typer.echo(msgspec.json.encode(made).decode() if as_json else made.token)


async def make_token(services: Services, login: str) -> Made:
    """Make a sign-in and its token. Raises Failed for a login that nobody has, or of somebody disabled."""
    found = await services.people.credentials(login)
    if found is None:
        raise Failed(f"nobody has the login {login}")
    if found.disabled:
        raise Failed(f"{login} is disabled")
    session = await services.sign_ins.start(found.person, "madang token")
    person = session.person
    return Made(session.token, iso(session.expires_at), person.login or login, person.id, person.name)
