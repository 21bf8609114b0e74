"""How far long work is, shown as bars on standard error where that is a terminal."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

Advance = Callable[[str, int, int], None]
"""Told how far a step is: its name, done, total."""


@contextmanager
def progress(*columns: ProgressColumn | str) -> Iterator[Progress]:
    """Show bars with these columns, and take them away at the end."""
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        yield shown


@contextmanager
def steps(labels: Mapping[str, str]) -> Iterator[Advance]:
    """Show a bar for each step, from when it is first told of; `labels` are what steps are called."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with progress(*columns) as shown:
        tasks: dict[str, TaskID] = {}

        def advance(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = shown.add_task(labels[step], total=total)
            shown.update(tasks[step], completed=done, total=total)

        yield advance
