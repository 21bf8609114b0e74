"""`madang bench`: measure this very checkout, as its users run it.

The benchmarks themselves stand in `tests/bench`, which is not installed: they want a checkout, a C
compiler and, for some peers, Node.
"""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Final

import typer

from hub.cli.common import Failed

CHECKOUT: Final = Path(__file__).parents[2]
SUITE: Final = "tests.bench.suite"
TARGETS: Final = "tests.bench.targets"
NO_PEERS: Final = "none"

Rounds = Annotated[
    int, typer.Option(min=1, max=100, help="How often everything is measured; medians are told.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]
Peers = Annotated[
    list[str] | None,
    typer.Option(
        "--peer",
        help="Measure this one in turn with ours; may be repeated; 'none'. Default: those installed.",
    ),
]

app = typer.Typer(
    help="Measure the hub: what a delivery costs, how much it takes, how fast it is back.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def every(context: typer.Context, rounds: Rounds = 3, as_json: AsJson = False) -> None:
    """Measure everything at small sizes, in about three minutes; or one thing, at the size you name.

    Figures go to var/bench as JSON. They are only worth comparing within one run, on a machine that
    does nothing else.
    """
    if context.invoked_subcommand is not None:
        return
    measure(SMALL, rounds, as_json)


SMALL: Final[dict[str, dict[str, Any]]] = {
    "fanout": {"members": 200, "seconds": 3.0},
    "post": {"rooms": 200, "seconds": 1.5, "peers": []},
    "connect": {"connections": 300, "idle_seconds": 1.0},
    "resume": {"clients": 300},
    "history": {"sizes": [1_000, 20_000], "pages": 100, "opens": 20},
    "start": {"messages": 20_000, "rooms": 50},
    "ledger": {"signers": 500},
    "push": {"people": 1_000},
    "announce": {"guardians": 1_000, "sockets": 200},
}
"""What `madang bench` alone measures."""


@app.command()
def fanout(
    members: Annotated[int, typer.Option(min=2, max=15_000, help="Members of the room, all there.")] = 500,
    rate: Annotated[float, typer.Option(min=1, max=10_000, help="Messages a second.")] = 40.0,
    size: Annotated[int, typer.Option(min=40, max=8_000, help="Bytes of a text.")] = 200,
    seconds: Annotated[float, typer.Option(min=0.5, max=600, help="How long each round.")] = 10.0,
    senders: Annotated[int, typer.Option(min=1, max=1_000, help="Members who write, in turn.")] = 4,
    rounds: Rounds = 3,
    peer: Peers = None,
    as_json: AsJson = False,
) -> None:
    """Deliver to one room of many: CPU per delivery, deliveries a second, latency.

    Peers: floor (C), nchan (nginx), ws (Node), websockets (Python), socketio, channels (with Redis), and
    workers: ours with two workers and Redis.
    """
    if senders > members:
        raise Failed("--senders cannot be more than --members")
    options = {"members": members, "rate": rate, "size": size, "seconds": seconds, "senders": senders}
    measure({"fanout": options | _peers(peer)}, rounds, as_json)


@app.command()
def post(
    clients: Annotated[int, typer.Option(min=1, max=10_000, help="Clients who send.")] = 100,
    rooms: Annotated[int, typer.Option(min=2, max=100_000, help="Rooms of the last case.")] = 1000,
    size: Annotated[int, typer.Option(min=40, max=8_000, help="Bytes of a text.")] = 200,
    seconds: Annotated[float, typer.Option(min=0.5, max=600, help="How long each case.")] = 5.0,
    rounds: Rounds = 3,
    peer: Peers = None,
    as_json: AsJson = False,
) -> None:
    """Store and acknowledge: sends a second into one room, into one that all hear, into many.

    Peer: one-by-one, which is ours with one insert for each message.
    """
    options = {"clients": clients, "rooms": rooms, "size": size, "seconds": seconds}
    measure({"post": options | _peers(peer)}, rounds, as_json)


@app.command()
def connect(
    connections: Annotated[int, typer.Option(min=1, max=15_000, help="People who come.")] = 1000,
    rooms: Annotated[int, typer.Option(min=1, max=100, help="Rooms of each.")] = 5,
    size: Annotated[int, typer.Option(min=2, max=1_000, help="People in a room.")] = 20,
    at_once: Annotated[int, typer.Option(min=1, max=1_000, help="How many come together.")] = 64,
    rounds: Rounds = 3,
    as_json: AsJson = False,
) -> None:
    """Come in: CPU per connect (upgrade, sign-in, open), memory per idle connection."""
    options = {"connections": connections, "rooms": rooms, "size": size, "at_once": at_once}
    measure({"connect": options}, rounds, as_json)


@app.command()
def resume(
    clients: Annotated[int, typer.Option(min=1, max=15_000, help="Clients who lose the server.")] = 1000,
    rooms: Annotated[int, typer.Option(min=1, max=100, help="Rooms of each.")] = 5,
    size: Annotated[int, typer.Option(min=2, max=1_000, help="People in a room.")] = 20,
    missed: Annotated[int, typer.Option(min=1, max=200, help="Messages missed in each room.")] = 10,
    rounds: Rounds = 3,
    as_json: AsJson = False,
) -> None:
    """Lose the server (kill -9) and resume: seconds until all are back with what they missed."""
    options = {"clients": clients, "rooms": rooms, "size": size, "missed": missed}
    measure({"resume": options}, rounds, as_json)


@app.command()
def history(
    sizes: Annotated[
        list[int] | None,
        typer.Option(
            "--size",
            min=100,
            max=10_000_000,
            help="Messages in a room; repeated. Default: 10,000 and 200,000.",
        ),
    ] = None,
    rooms: Annotated[int, typer.Option(min=1, max=2_000, help="Rooms of the person who opens.")] = 200,
    pages: Annotated[int, typer.Option(min=1, max=100_000, help="Pages asked for in each case.")] = 300,
    opens: Annotated[int, typer.Option(min=1, max=5_000, help="Times the person opens.")] = 50,
    rounds: Rounds = 3,
    as_json: AsJson = False,
) -> None:
    """Read: a page of 50 from long rooms, and open with many rooms."""
    options = {"sizes": sizes or [10_000, 200_000], "rooms": rooms, "pages": pages, "opens": opens}
    measure({"history": options}, rounds, as_json)


@app.command()
def start(
    messages: Annotated[int, typer.Option(min=1, max=10_000_000, help="Messages stored.")] = 200_000,
    rooms: Annotated[int, typer.Option(min=1, max=10_000, help="Rooms that hold them.")] = 200,
    rounds: Rounds = 3,
    as_json: AsJson = False,
) -> None:
    """Start: seconds from madang serve to the first page, with many messages stored."""
    if rooms > messages:
        raise Failed("--rooms cannot be more than --messages")
    measure({"start": {"messages": messages, "rooms": rooms}}, rounds, as_json)


@app.command()
def push(
    people: Annotated[int, typer.Option(min=20, max=1_000_000, help="People with a browser each.")] = 10_000,
    concurrency: Annotated[int, typer.Option(min=1, max=2_000, help="Pushes under way at once.")] = 256,
    rounds: Rounds = 3,
    as_json: AsJson = False,
) -> None:
    """Push: how many a second of a core, to a service that misbehaves, and while the worker is killed."""
    measure({"push": {"people": people, "concurrency": concurrency}}, rounds, as_json)


@app.command()
def ledger(
    entries: Annotated[int, typer.Option(min=1, max=1_000_000, help="Entries of the file.")] = 10_000,
    signers: Annotated[int, typer.Option(min=1, max=5_000, help="Guardians who sign at once.")] = 2_000,
    rounds: Rounds = 3,
    as_json: AsJson = False,
) -> None:
    """Verify a ledger's file, and append to one: entries a second, how long who signs has to wait."""
    measure({"ledger": {"entries": entries, "signers": signers}}, rounds, as_json)


@app.command()
def ask(
    people: Annotated[int, typer.Option(min=1, max=500, help="People who ask.")] = 50,
    entries: Annotated[int, typer.Option(min=10, max=100_000, help="Entries of the FAQ.")] = 1_000,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="How long each case.")] = 10.0,
    rounds: Rounds = 3,
    as_json: AsJson = False,
) -> None:
    """Ask the chatbot: time to the first piece of an answer, and what the messenger notices of it.

    People ask all at once, which is a crowd in the same instant, and without pause, which is full load:
    each asks again as soon as they have an answer. The messenger is measured alone and beside the second,
    four times in turn.
    """
    measure({"ask": {"people": people, "entries": entries, "seconds": seconds}}, rounds, as_json)


@app.command()
def faq(
    sizes: Annotated[
        list[int] | None,
        typer.Option(
            "--entries", min=100, max=1_000_000, help="Entries; repeated. Default: 1,000 and 100,000."
        ),
    ] = None,
    questions: Annotated[int, typer.Option(min=100, max=1_000, help="Questions asked.")] = 300,
    rounds: Rounds = 1,
    as_json: AsJson = False,
) -> None:
    """Fill the chatbot's FAQ: seconds until all is indexed, ms a question and a change, memory."""
    measure({"faq": {"sizes": sizes or [1_000, 100_000], "questions": questions}}, rounds, as_json)


@app.command()
def announce(
    guardians: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Guardians the announcement is for.")
    ] = 30_000,
    sockets: Annotated[int, typer.Option(min=1, max=15_000, help="Those of them with a page open.")] = 3_000,
    rounds: Rounds = 3,
    as_json: AsJson = False,
) -> None:
    """Publish to many families: the answer to its author, all open pages, all pushes in the outbox."""
    if sockets > guardians:
        raise Failed("--sockets cannot be more than --guardians")
    measure({"announce": {"guardians": guardians, "sockets": sockets}}, rounds, as_json)


@app.command()
def targets(
    line: Annotated[
        list[int] | None,
        typer.Option("--line", help="Only this line of the table, 1 to 10; may be repeated."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Small sizes, to try whether all of it can be measured here.")
    ] = False,
    rounds: Rounds = 3,
    as_json: AsJson = False,
) -> None:
    """Measure every target at its full size, in about an hour, and say which are met and by how much.

    Peers are installed below var/bench/peers where they are not; nchan has to be there.
    """
    suite(TARGETS).measure(quick=quick, lines=line or (), rounds=rounds, as_json=as_json)


def measure(wanted: dict[str, dict[str, Any]], rounds: int, as_json: bool) -> None:
    """Run benchmarks of this checkout. Raises Failed where there is none."""
    suite(SUITE).measure(wanted, rounds=rounds, as_json=as_json)


def suite(module: str) -> ModuleType:
    """Import a module of the benchmarks. Raises Failed where this is no checkout."""
    if not (CHECKOUT / "tests" / "bench" / "suite.py").exists():
        raise Failed("the benchmarks come with the source: run make bench in a checkout")
    if str(CHECKOUT) not in sys.path:
        sys.path.insert(0, str(CHECKOUT))
    return import_module(module)


def _peers(named: list[str] | None) -> dict[str, Any]:
    """Say which peers are wanted: None for those that are installed."""
    if not named:
        return {"peers": None}
    return {"peers": [name for name in named if name != NO_PEERS]}
