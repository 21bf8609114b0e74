"""`madang serve`: run the hub."""

import socket
from pathlib import Path
from typing import Annotated

import typer

from config.secret import ensure_ledger_key, ensure_secret_key
from config.settings import Settings
from hub import serve as serving
from hub.cli.common import Failed, mongodb, settings
from hub.cli.demo import load_demo, shown
from hub.cli.findings import remedy
from hub.cli.working import check_mongodb, run


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 for any free one.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; more than one need Redis.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Load the sample office if it is not there, and print its logins.")
    ] = False,
) -> None:
    """Run the hub until it is told to stop (Ctrl-C, SIGTERM)."""
    told = settings(config, host=host, port=port, workers=workers)
    ensure_secret_key(told)
    ensure_ledger_key(told)
    try:
        listening = serving.listen(told.host, told.port, told.workers)
    except OSError as error:
        why = error.strerror or error
        raise Failed(f"cannot listen on {told.host}:{told.port}: {why}. {remedy(error)}") from error
    with listening, mongodb(told) as url:
        check_mongodb(told, url)
        sample = run(told, load_demo) if demo else None
        address = address_of(told, listening)

        def ready() -> None:
            typer.echo(f"Madang is ready at {address}")
            if sample is not None:
                typer.echo(shown(sample))

        code = serving.serve(told, url, listening, ready, config)
    raise typer.Exit(code)


def address_of(settings: Settings, listening: socket.socket) -> str:
    """Name the address people open in their browsers."""
    if settings.public_url is not None:
        return settings.public_url
    host, port = listening.getsockname()[:2]
    shown_host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - shown
    return f"http://{shown_host}:{port}"
