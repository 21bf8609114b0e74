"""Answers as people read them. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.wording.forms import FormWords
from rooms.forms.fields import Agree, Choice, Field, Files, Signature


def shown_answer(field: Field, value: Any, words: FormWords) -> str:
    """Write an answer in words; one that was not given is a dash."""
    if value is None:
        return words.answers["none"]
    match field:
        case Agree():
            return words.answers[value]
        case Choice():
            chosen = value if isinstance(value, list) else [value]
            return ", ".join(option.label for option in field.options if option.id in chosen)
        case Files():
            return ", ".join(str(file["name"]) for file in value)
        case Signature():
            typed: Mapping[str, Any] = value
            return str(typed["typed"]) if "typed" in typed else words.answers["drawn"]
        case _:
            return str(value)


def shown_time(at: str, zone: ZoneInfo) -> str:
    """Write a time of the ledger (UTC) in the time zone people live in."""
    return datetime.fromisoformat(at).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")
