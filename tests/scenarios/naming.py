"""Names in tables of tests that stand for what each run calls anew."""

from typing import Any


def filled(told: Any, names: dict[str, str]) -> Any:
    """Copy what a table tells, with the names of this run's rooms and people put in."""
    match told:
        case dict():
            return {key: filled(value, names) for key, value in told.items()}
        case list():
            return [filled(value, names) for value in told]
        case str():
            for name, called in names.items():
                told = told.replace(name, called)
    return told
