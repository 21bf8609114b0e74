"""The command `madang`."""

import sys

import typer

from config.settings import SettingsFault
from hub.cli.bench import app as bench
from hub.cli.bot import bot
from hub.cli.common import Failed, complain
from hub.cli.demo import demo
from hub.cli.doctor import doctor
from hub.cli.faq import app as faq
from hub.cli.import_ import import_
from hub.cli.ledger import app as ledger
from hub.cli.password import password
from hub.cli.serve import serve
from hub.cli.token import token

app = typer.Typer(
    name="madang",
    help="Madang (마당): the real-time messaging hub of a provincial office of education.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(serve)
app.command()(demo)
app.command("import")(import_)
app.command()(token)
app.command()(password)
app.command()(doctor)
app.command(hidden=True)(bot)
app.add_typer(bench, name="bench")
app.add_typer(faq, name="faq")
app.add_typer(ledger, name="ledger")


def main() -> None:
    """Run the command line; a failure is one clear line and a non-zero exit."""
    try:
        app()
    except SettingsFault as fault:
        for line in fault.faults:
            complain(line)
        sys.exit(2)
    except Failed as failure:
        complain(str(failure))
        sys.exit(1)
