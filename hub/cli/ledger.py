"""`madang ledger …`: the evidence of a form as a file, and whether such a file is what the hub wrote.

`verify` needs nothing but the file: no database, no settings, no network.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import msgspec
import typer
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeElapsedColumn

from hub.cli.bars import progress
from hub.cli.common import Failed, settings
from hub.cli.working import run
from hub.services import Services
from rooms.forms.faults import Fault, FaultKind, Verdict
from rooms.forms.ledger import Head
from rooms.forms.verify import Advance, verify
from rooms.ids import NoticeId

LONGEST_LINE: Final = 16 * 2**20
SHOWN: Final = 200
"""Faults that are printed; the rest is counted."""
_HEAD: Final = re.compile(r"(\d{1,15}):([0-9a-f]{64})")

SENTENCES: Final[dict[FaultKind, str]] = {
    FaultKind.UNREADABLE: "line {line} is none that the hub writes",
    FaultKind.NO_HEADER: "the first line is not the header of a ledger",
    FaultKind.SIGNATURE: "the header is not signed with the office's key",
    FaultKind.CHANGED: "entry {seq} was changed (line {line})",
    FaultKind.REWRITTEN: "entry {seq} was rewritten: the head does not lead to it (line {line})",
    FaultKind.MISSING: "{entries} missing",
    FaultKind.CUT_OFF: "{entries} missing at the end",
    FaultKind.ADDED: "entry {seq} was added (line {line})",
    FaultKind.DUPLICATED: "entry {seq} stands here once more (line {line})",
    FaultKind.MOVED: "entry {seq} stands in another place (line {line})",
    FaultKind.BODY_MISSING: "the content of entry {seq} is missing (line {line})",
    FaultKind.TEXT_CHANGED: "the text {text} was changed (line {line})",
    FaultKind.TEXT_MISSING: "the text {text} is missing, which entry {seq} names",
    FaultKind.TEXT_ADDED: "the text {text} was added (line {line})",
}

app = typer.Typer(
    help="The evidence of consent forms: write a ledger to a file, and check such a file.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command()
def export(
    notice: Annotated[str, typer.Argument(help="The notice whose form it is.")],
    output: Annotated[Path | None, typer.Option(help="File to write; default: ledger-NOTICE.jsonl.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
) -> None:
    """Write the whole ledger of a form to a file; it holds personal data. Prints its head."""
    path = output or Path(f"ledger-{notice}.jsonl")
    head = run(settings(config), lambda services: write(services, NoticeId(notice), path))
    typer.echo(f"{path}: {head.seq} entries, head {head}")


async def write(services: Services, notice: NoticeId, path: Path) -> Head:
    """Write a ledger to a file that is not there yet. Raises Failed."""
    found = await services.notices.store.notice(notice)
    if found is None:
        raise Failed(f"there is no notice {notice}")
    head, lines = await services.forms.evidence.everything(found)
    try:
        with path.open("xb") as file, _bar("Entries", head.seq, unit="entries") as advance:
            async for line in lines:
                file.write(line)
                advance(1)
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror or error}") from error
    return head


@app.command("verify")
def verify_(
    file: Annotated[Path, typer.Argument(help="A ledger as the hub wrote it, JSON Lines.")],
    head: Annotated[
        list[str] | None,
        typer.Option(help="A head from a print, a page or a certificate, as SEQ:HASH; may be repeated."),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="The office's public key, from elsewhere than the file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
) -> None:
    """Check a ledger's file, offline: names every entry that was changed, removed, added or moved.

    Exit code 0 where nothing is wrong, 1 where something is. Without --head or --key a file that was
    cut off or made anew together with its header cannot be told from the true one.
    """
    anchors = [_anchor(one) for one in head or ()]
    try:
        with file.open("rb") as opened, _bar("Checked", file.stat().st_size) as advance:
            verdict = verify(_lines(opened), anchors=anchors, key=key, advance=advance)
    except OSError as error:
        raise Failed(f"{file} cannot be read: {error.strerror or error}") from error
    if as_json:
        typer.echo(msgspec.json.encode(_plain(verdict)).decode())
    else:
        for line in told(verdict, anchors):
            typer.echo(line)
    raise typer.Exit(0 if verdict.sound else 1)


def told(verdict: Verdict, anchors: Sequence[Head] = ()) -> Iterator[str]:
    """Say what was found, for people: every fault, then what the file shows and what it cannot."""
    for fault in verdict.faults[:SHOWN]:
        yield sentence(fault)
    if len(verdict.faults) > SHOWN:
        yield f"… and {len(verdict.faults) - SHOWN:,} faults more"
    header = verdict.header
    if header is not None:
        yield f"form {header.form}, {header.title}, written at {header.made_at}"
    sealed = f", {verdict.sealed:,} of them without their contents" if verdict.sealed else ""
    yield f"{verdict.links:,} entries{sealed}; the last is {verdict.head}"
    for gone in verdict.erased:
        entries = f"entries {gone.first} to {gone.to}" if gone.to > gone.first else f"entry {gone.first}"
        yield f"{entries}: contents erased at {gone.at} after {gone.days:,} days, as entry {gone.seq} says"
    if verdict.faults and verdict.proven is not None and verdict.proven > 1:
        yield f"from entry {verdict.proven} on all follows from the head; what stands before cannot be proven"
    yield from _rest_on(verdict, anchors)
    yield "nothing is wrong" if verdict.sound else f"{len(verdict.faults):,} faults"


def sentence(fault: Fault) -> str:
    """Say in a sentence what is wrong."""
    many = fault.to is not None and fault.to != fault.seq
    entries = f"entries {fault.seq} to {fault.to} are" if many else f"entry {fault.seq} is"
    return SENTENCES[fault.kind].format(line=fault.line, seq=fault.seq, text=fault.text, entries=entries)


def _rest_on(verdict: Verdict, anchors: Sequence[Head]) -> Iterator[str]:
    """Say what the result rests on."""
    if anchors and verdict.anchored is not None:
        yield f"the chain has entry {verdict.anchored.seq} as it is known from elsewhere"
    if verdict.signed:
        whose = "the office's key" if verdict.trusted else "the key that the file names; compare it"
        shown = "" if verdict.trusted or verdict.header is None else f": {verdict.header.key}"
        yield f"its head is signed with {whose}{shown}"
    if not anchors and not verdict.trusted:
        yield (
            "this shows that the file fits itself; that it was not cut off or made anew as a whole is"
            " shown by a head from elsewhere (--head) or the office's key (--key)"
        )


def _plain(verdict: Verdict) -> dict[str, Any]:
    return {"sound": verdict.sound, **msgspec.to_builtins(verdict)}


def _anchor(text: str) -> Head:
    found = _HEAD.fullmatch(text.strip())
    if found is None:
        raise Failed(f"--head is SEQ:HASH, a number and 64 hexadecimal digits, not {text[:80]!r}")
    return Head(int(found[1]), found[2])


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Read lines, none of them longer than any that the hub writes."""
    while line := file.readline(LONGEST_LINE):
        yield line


@contextmanager
def _bar(what: str, total: int, unit: str = "bytes") -> Iterator[Advance]:
    """Show how far it is, on standard error, where that is a terminal."""
    counted = DownloadColumn() if unit == "bytes" else TextColumn("{task.completed}/{task.total}")
    with progress(TextColumn("{task.description}"), BarColumn(), counted, TimeElapsedColumn()) as bars:
        task = bars.add_task(what, total=total)
        yield lambda count: bars.advance(task, count)
