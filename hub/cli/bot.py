"""`madang bot`: the chatbot's process by itself, where something else than `madang serve` looks after it."""

from pathlib import Path
from typing import Annotated

import typer

from hub.bots.keeper import BotKeeper
from hub.cli.common import mongodb, settings


def bot(config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None) -> None:
    """Run the chatbot's process by itself; `madang serve` runs one already, unless MADANG_BOT is off."""
    told = settings(config)
    with mongodb(told) as url, BotKeeper(told, url, config) as keeper:
        code = keeper.run_once()
    raise typer.Exit(code)
