"""Whether answers fit a form, and the one way in which they are written down. Pure.

An answer to a field is

- agree: `"agree"` or `"disagree"`;
- choice: the id of an option; where several may be chosen, a list of them;
- text: a string; date: `"2026-11-23"`;
- file: a list of ids of files that whoever answers has uploaded; written down as `FileRef`s with the
  SHA-256 of each content;
- signature: `{"typed": "홍길동"}`, or `{"drawn": [[x, y, x, y, …], …]}`: strokes on a canvas of
  `CANVAS` units, as whole numbers.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from rooms.composed import composed
from rooms.direction import undirected
from rooms.errors import Refusal, bad_request, too_large
from rooms.forms.check import control_characters
from rooms.forms.faulty import FieldRefusal
from rooms.forms.fields import Agree, Choice, Date, Field, Files, Form, Limits, Signature, Text

CANVAS: Final = (1000, 400)
"""Width and height of the field in which is signed."""
LEAST_POINTS: Final = 5
NAME_CHARS: Final = 100
AGREE: Final = "agree"
DISAGREE: Final = "disagree"

Answers = dict[str, Any]

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class _Wrong(Exception):
    """Carries why an answer does not fit."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def check_answers(form: Form, given: Mapping[str, Any], limits: Limits) -> Answers:
    """Check answers; returns them as they are written down, in the order of the form.

    Files are still ids (`files_of`). Raises FieldRefusal that tells of every field what is wrong.
    """
    faults: dict[str, Refusal] = {}
    answers: Answers = {}
    known = {field.id for field in form.fields}
    for name in sorted(set(given) - known)[: limits.fields]:
        faults[name[:100]] = bad_request("answer_to_nothing")
    for field in form.fields:
        value = given.get(field.id)
        if _empty(value):
            if field.required:
                faults[field.id] = bad_request("answer_missing")
            continue
        try:
            answers[field.id] = _check(field, value, limits)
        except _Wrong as wrong:
            faults[field.id] = wrong.refusal
    if sum(map(len, files_of(form, answers).values())) > limits.files:
        faults |= {
            field.id: too_large("answer_files", limit=limits.files)
            for field in form.fields
            if isinstance(field, Files) and field.id in answers
        }
    if faults:
        raise FieldRefusal("bad_answers", faults)
    return answers


def files_of(form: Form, answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """List the files in checked answers, by field."""
    return {
        field.id: list(answers[field.id])
        for field in form.fields
        if isinstance(field, Files) and field.id in answers
    }


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {})


def _check(field: Field, value: Any, limits: Limits) -> Any:
    check: Callable[[Any, Any, Limits], Any] = _CHECKS[type(field)]
    return check(field, value, limits)


def _agree(_field: Agree, value: Any, _limits: Limits) -> str:
    if not isinstance(value, str) or value not in {AGREE, DISAGREE}:
        raise _Wrong(bad_request("answer_agree"))
    return value


def _choice(field: Choice, value: Any, _limits: Limits) -> str | list[str]:
    options = [option.id for option in field.options]
    chosen = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) and one in options for one in chosen):
        raise _Wrong(bad_request("answer_option"))
    if isinstance(value, list) != field.multiple:
        raise _Wrong(bad_request("answer_several" if field.multiple else "answer_one"))
    if not field.multiple:
        return str(value)
    most = len(options) if field.most is None else field.most
    if not field.least <= len(set(chosen)) <= most:
        raise _Wrong(bad_request("answer_count", least=field.least, most=most))
    return [option for option in options if option in chosen]


def _text(field: Text, value: Any, _limits: Limits) -> str:
    if not isinstance(value, str):
        raise _Wrong(bad_request("answer_text"))
    text = undirected(value).replace("\r\n", "\n").replace("\r", "\n")
    text = composed(text).strip()
    if len(text) > field.longest:
        raise _Wrong(too_large("answer_too_long", limit=field.longest))
    if control_characters(text, lines=field.lines):
        raise _Wrong(bad_request("control_characters"))
    return text


def _date(field: Date, value: Any, _limits: Limits) -> str:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None:
        raise _Wrong(bad_request("answer_date"))
    if (field.earliest and day < field.earliest) or (field.latest and day > field.latest):
        raise _Wrong(bad_request("answer_day"))
    return day.isoformat()


def _files(field: Files, value: Any, _limits: Limits) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) and len(one) <= 64 for one in value):
        raise _Wrong(bad_request("answer_file"))
    files = list(dict.fromkeys(value))
    if len(files) > field.most:
        raise _Wrong(too_large("answer_files", limit=field.most))
    return files


def _signature(field: Signature, value: Any, limits: Limits) -> dict[str, Any]:
    if not isinstance(value, dict) or len(value) != 1:
        raise _Wrong(bad_request("answer_signature"))
    ((way, content),) = value.items()
    if way not in field.ways:
        raise _Wrong(bad_request("answer_way"))
    return {"typed": _typed(content)} if way == "typed" else {"drawn": _drawn(content, limits)}


def _typed(content: Any) -> str:
    if not isinstance(content, str):
        raise _Wrong(bad_request("answer_signature"))
    name = " ".join(composed(undirected(content)).split())
    if len(name) > NAME_CHARS or control_characters(name, lines=False):
        raise _Wrong(bad_request("answer_signature"))
    if not name:
        raise _Wrong(bad_request("answer_missing"))
    return name


def _drawn(content: Any, limits: Limits) -> list[list[int]]:
    if not isinstance(content, list) or not all(isinstance(stroke, list) for stroke in content):
        raise _Wrong(bad_request("answer_signature"))
    points = sum(map(len, content)) // 2
    if points > limits.points:
        raise _Wrong(too_large("answer_signature_large", limit=limits.points))
    for stroke in content:
        if len(stroke) < 2 or len(stroke) % 2 or not all(type(one) is int for one in stroke):
            raise _Wrong(bad_request("answer_signature"))
        if not all(0 <= one <= CANVAS[place % 2] for place, one in enumerate(stroke)):
            raise _Wrong(bad_request("answer_signature"))
    if points < LEAST_POINTS:
        raise _Wrong(bad_request("answer_signature_short"))
    return content


_CHECKS: Final[Mapping[type[Any], Callable[[Any, Any, Limits], Any]]] = {
    Agree: _agree,
    Choice: _choice,
    Text: _text,
    Date: _date,
    Files: _files,
    Signature: _signature,
}
