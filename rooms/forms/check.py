"""Whether a form can be asked: what its author is told, field by field. Pure."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from rooms.direction import turns_direction
from rooms.errors import Refusal, bad_request, too_large
from rooms.forms.faulty import FieldRefusal
from rooms.forms.fields import (
    PRIVACY,
    Agree,
    Choice,
    Date,
    Field,
    Files,
    Form,
    Limits,
    Signature,
    Text,
)

ID: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
LABEL_CHARS: Final = 1_000
PRIVACY_CHARS: Final = 2_000
WHOLE: Final = "form"
"""Under this name stands what is wrong with a form as a whole."""

_CONTROL: Final = frozenset({"Cc", "Cs"})
_LINES: Final = frozenset("\n\t")


def read_form(given: Any, limits: Limits) -> Form:
    """Make a form of what an author sent, and check it. Raises FieldRefusal, Refusal(bad_request)."""
    try:
        form = msgspec.convert(given, Form)
    except (msgspec.ValidationError, RecursionError) as error:
        raise bad_request("invalid_form", detail=str(error)) from error
    check_form(form, limits)
    return form


def plain_form(form: Form) -> dict[str, Any]:
    """Write a form as JSON has it, the way it is stored and hashed."""
    plain: dict[str, Any] = msgspec.to_builtins(form)
    return plain


def check_form(form: Form, limits: Limits) -> None:
    """Check that a form can be asked and answered. Raises FieldRefusal with all that is wrong."""
    faults: dict[str, Refusal] = {}
    for name, refusal in _faults(form, limits):
        faults.setdefault(name, refusal)
    if faults:
        raise FieldRefusal("bad_form", faults)


def control_characters(text: str, *, lines: bool) -> bool:
    """Tell whether a text has characters that are no text."""
    return any(unicodedata.category(char) in _CONTROL and not (lines and char in _LINES) for char in text)


def _faults(form: Form, limits: Limits) -> Iterator[tuple[str, Refusal]]:
    if not form.fields:
        yield WHOLE, bad_request("form_empty")
    if len(form.fields) > limits.fields:
        yield WHOLE, too_large("too_many_fields", limit=limits.fields)
    if form.signers.guardians == "none" and not form.signers.student:
        yield WHOLE, bad_request("form_without_signers")
    counted = Counter(field.id for field in form.fields)
    for place, field in enumerate(form.fields[: limits.fields], 1):
        name = field.id if ID.fullmatch(field.id) and counted[field.id] == 1 else f"#{place}"
        if not ID.fullmatch(field.id):
            yield name, bad_request("field_id")
        elif counted[field.id] > 1:
            yield name, bad_request("field_id_twice")
        for refusal in _of_field(field, limits):
            yield name, refusal
    yield from _of_translations(form, limits)


def _of_field(field: Field, limits: Limits) -> Iterator[Refusal]:
    if not field.label.strip():
        yield bad_request("field_without_label")
    yield from _of_texts((field.label, field.help), LABEL_CHARS)
    match field:
        case Agree(privacy=privacy) if privacy is not None:
            yield from _of_texts((getattr(privacy, name) for name in PRIVACY), PRIVACY_CHARS)
            wanted = PRIVACY if privacy.matter == "third_party" else PRIVACY[:-1]
            if not all(getattr(privacy, name).strip() for name in wanted):
                yield bad_request(
                    "privacy_recipient_missing" if privacy.matter == "third_party" else "privacy_missing"
                )
        case Choice():
            yield from _of_choice(field, limits)
        case Text() if not 1 <= field.longest <= limits.text_chars:
            yield bad_request("field_longest", limit=limits.text_chars)
        case Date(earliest=earliest, latest=latest) if earliest and latest and earliest > latest:
            yield bad_request("field_dates")
        case Files() if not 1 <= field.most <= limits.files:
            yield bad_request("field_files", limit=limits.files)
        case Signature() if not field.ways:
            yield bad_request("field_ways")
        case _:
            pass


def _of_choice(field: Choice, limits: Limits) -> Iterator[Refusal]:
    options = [option.id for option in field.options]
    if not 2 <= len(options) <= limits.options:
        yield bad_request("field_options", limit=limits.options)
    if len(set(options)) < len(options) or not all(ID.fullmatch(option) for option in options):
        yield bad_request("option_ids")
    if not all(option.label.strip() for option in field.options):
        yield bad_request("option_without_label")
    yield from _of_texts((option.label for option in field.options), LABEL_CHARS)
    most = len(options) if field.most is None else field.most
    if field.multiple and not 0 <= field.least <= most <= max(len(options), 1):
        yield bad_request("field_bounds")


def _of_texts(texts: Iterable[str], longest: int) -> Iterator[Refusal]:
    for text in texts:
        if len(text) > longest:
            yield too_large("field_text_too_long", limit=longest)
        if control_characters(text, lines=True):
            yield bad_request("control_characters")
        if turns_direction(text):
            yield bad_request("direction_characters")


def _of_translations(form: Form, limits: Limits) -> Iterator[tuple[str, Refusal]]:
    known = set(texts(form))
    for language, translated in form.translations.items():
        if not LANGUAGE.fullmatch(language) or len(form.translations) > limits.options:
            yield WHOLE, bad_request("bad_language")
        unknown = translated.keys() - known
        if unknown:
            yield WHOLE, bad_request("translation_of_nothing", name=min(unknown))
        for refusal in _of_texts(translated.values(), PRIVACY_CHARS):
            yield WHOLE, refusal


def texts(form: Form) -> dict[str, str]:
    """List the texts of a form by the names under which they are translated; empty ones are left out."""
    found: dict[str, str] = {}
    for field in form.fields:
        found |= {f"{field.id}.label": field.label, f"{field.id}.help": field.help}
        if isinstance(field, Agree) and field.privacy is not None:
            found |= {f"{field.id}.{name}": getattr(field.privacy, name) for name in PRIVACY}
        if isinstance(field, Choice):
            found |= {f"{field.id}.{option.id}": option.label for option in field.options}
    return {name: text for name, text in found.items() if text}


def translated(form: Form, language: str) -> Form:
    """Put a form into another language; what has no translation stays as it is."""
    words: Mapping[str, str] = form.translations.get(language, {})

    def say(name: str, text: str) -> str:
        return words.get(name) or text

    fields: list[Field] = []
    for field in form.fields:
        told: Field = msgspec.structs.replace(
            field, label=say(f"{field.id}.label", field.label), help=say(f"{field.id}.help", field.help)
        )
        if isinstance(told, Agree) and told.privacy is not None:
            own = {name: say(f"{field.id}.{name}", getattr(told.privacy, name)) for name in PRIVACY}
            told = msgspec.structs.replace(told, privacy=msgspec.structs.replace(told.privacy, **own))
        if isinstance(told, Choice):
            options = tuple(
                msgspec.structs.replace(option, label=say(f"{field.id}.{option.id}", option.label))
                for option in told.options
            )
            told = msgspec.structs.replace(told, options=options)
        fields.append(told)
    return msgspec.structs.replace(form, fields=tuple(fields), translations={})
