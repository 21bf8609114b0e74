"""`madang password LOGIN`: give somebody another password, on the machine itself."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from config.settings import Settings
from hub.cli.common import Failed, settings
from hub.cli.working import run
from hub.services import Services
from hub.wording import Wording
from rooms.errors import Refusal


def password(
    login: Annotated[str, typer.Argument(help="Whose password.")],
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
) -> None:
    """Give somebody another password and sign them out; it is asked for, or read from standard input."""
    told = settings(config)
    if sys.stdin.isatty():
        new = typer.prompt("New password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        new = sys.stdin.readline().rstrip("\r\n")
    run(told, lambda services: give(services, told, login, new))
    typer.echo(f"{login} has a new password and is signed out everywhere.")


async def give(services: Services, settings: Settings, login: str, new: str) -> None:
    """Set the password. Raises Failed for a login that nobody has, and for a password that will not do."""
    found = await services.people.credentials(login)
    if found is None:
        raise Failed(f"nobody has the login {login}")
    try:
        await services.sign_ins.set_password(found.person, new)
    except Refusal as refusal:
        raise Failed(Wording(settings.locale).sentence(None, refusal)) from refusal
