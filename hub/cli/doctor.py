"""`madang doctor`: what is set, what can be reached, what is wrong, and what to do about it."""

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from msgspec import Struct

from config import logging
from config.reading import TABLE, Reading, Setting, read
from config.table import masked
from hub.cli import findings, push, reach
from hub.cli.findings import Finding, State

_COLOURS: Final = {
    State.OK: typer.colors.GREEN,
    State.WARNING: typer.colors.YELLOW,
    State.FAULT: typer.colors.RED,
}
_DEFAULT: Final = "default"


class Report(Struct, frozen=True):
    """What `--json` prints; `value` is masked where it is secret."""

    ok: bool
    config: str | None
    settings: list[dict[str, Any]]
    findings: list[Finding]


def doctor(
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show settings with their defaults too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
) -> None:
    """Show the settings, look at everything the hub needs, and tell what is wrong."""
    reading = read(os.environ, config)
    logging.configure(reading.settings)
    found = asyncio.run(examine(reading))
    faulty = any(finding.state is State.FAULT for finding in found)
    if as_json:
        typer.echo(_as_json(reading, found, faulty))
    else:
        for line in _lines(reading, found, everything):
            typer.echo(line)
    if faulty:
        raise typer.Exit(1)


async def examine(reading: Reading) -> list[Finding]:
    """Look at everything; what depends on a setting that could not be read is left out."""
    faults = [
        findings.fault("Settings", line, "Correct it where it stands: in the environment or the file.")
        for line in reading.faults
    ]
    good = [findings.ok("Settings", f"{len(reading.sources)} set, all of them good")]
    return [*(faults or good), *_here(reading), *await _there(reading)]


def _here(reading: Reading) -> Iterator[Finding]:
    settings = reading.settings
    if _sound(reading, "data"):
        yield findings.data_folder(settings)
        yield findings.disk_space(settings)
    if _sound(reading, "data", "secret_key"):
        yield findings.secret_key(settings)
    if _sound(reading, "data", "ledger_key"):
        yield findings.ledger_key(settings)
    if _sound(reading, "host", "port"):
        yield findings.port(settings)
    if _sound(reading, "host", "public_url"):
        yield findings.address(settings)
    if _sound(reading, "data", "push_key", "push_subject", "public_url"):
        yield push.key(settings)
    if _sound(reading, "timezone"):
        yield findings.clock(settings, _now())
    yield findings.open_files()


async def _there(reading: Reading) -> list[Finding]:
    settings = reading.settings
    found: list[Finding] = []
    if _sound(reading, "mongodb_url", "mongodb_database", "data"):
        found += await reach.mongodb(settings, _now)
    if _sound(reading, "redis_url", "mongodb_database"):
        found.append(await reach.redis(settings))
    if _sound(reading, "oidc_issuer", "oidc_client_id", "oidc_client_secret"):
        provider = await reach.identity_provider(settings, _now())
        found += [provider] if provider else []
    if _sound(reading, "smtp_url", "smtp_from", "push_timeout_seconds"):
        found += await push.mail(settings)
    if _sound(reading, "fcm_credentials", "fcm_url", "push_timeout_seconds"):
        found += await push.fcm(settings)
    if _sound(reading, "mongodb_url", "mongodb_database", "data"):
        found += await push.outbox(settings, _now)
    return found


def _sound(reading: Reading, *names: str) -> bool:
    return reading.faulty.isdisjoint(names)


def _now() -> datetime:
    return datetime.now(UTC)


def _source(reading: Reading, row: Setting) -> str:
    return reading.sources.get(row.name, _DEFAULT)


def _as_json(reading: Reading, found: list[Finding], faulty: bool) -> str:
    settings = [
        {
            "name": row.name,
            "variable": row.variable,
            "value": masked(row, row.of(reading.settings)) or None,
            "source": _source(reading, row),
        }
        for row in TABLE
    ]
    report = Report(not faulty, str(reading.file) if reading.file else None, settings, found)
    return msgspec.json.format(msgspec.json.encode(report)).decode()


def _lines(reading: Reading, found: list[Finding], everything: bool) -> Iterator[str]:
    rows = [row for row in TABLE if everything or row.name in reading.sources]
    yield typer.style("Settings", bold=True) + (f" (file: {reading.file})" if reading.file else "")
    width = max((len(row.variable) for row in rows), default=0)
    for row in rows:
        value = masked(row, row.of(reading.settings)) or "-"
        value = "not readable, see below" if row.name in reading.faulty else value
        yield f"  {row.variable:<{width}}  {value}  ({_source(reading, row)})"
    if len(rows) < len(TABLE):
        yield f"  {len(TABLE) - len(rows)} more have their defaults; --all shows them."
    yield ""
    yield typer.style("Findings", bold=True)
    for finding in found:
        state = typer.style(f"{finding.state:<8}", fg=_COLOURS[finding.state])
        yield f"  {state}{finding.about}: {finding.found}"
        if finding.do:
            yield f"          {finding.do}"
    yield ""
    yield _verdict(found)


def _verdict(found: list[Finding]) -> str:
    faults = sum(finding.state is State.FAULT for finding in found)
    warnings = sum(finding.state is State.WARNING for finding in found)
    if faults:
        return f"{faults} to mend before the hub works" + (f", {warnings} to improve." if warnings else ".")
    return f"All is well, {warnings} to improve." if warnings else "All is well."
