"""What a form asks, as types.

A form is part of a notice's version, so that whoever answers has answered exactly this. Where consent to
the use of personal data is asked, each matter is a field of its own that says what the Personal
Information Protection Act (개인정보 보호법, articles 15, 17, 22, 23 and 24) wants said: for what, which
items, for how long, and what happens to those who refuse.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal

from msgspec import Struct

Matter = Literal["general", "sensitive", "identifier", "third_party", "publicity"]
"""Personal data in general (개인정보), sensitive data (민감정보), identifiers (고유식별정보), handing on to
others (제3자 제공), and use for publicity (홍보): each is consented to by itself."""

Way = Literal["drawn", "typed"]


class Privacy(Struct, frozen=True, kw_only=True):
    """What is to be known before consenting to a use of personal data; `recipient` only of `third_party`."""

    matter: Matter = "general"
    purpose: str
    items: str
    retention: str
    refusal: str
    recipient: str = ""


class Asked(Struct, frozen=True, kw_only=True):
    """What all fields have: an id within the form, what is asked, a line of help, whether it may be empty."""

    id: str
    label: str
    help: str = ""
    required: bool = True


class Agree(Asked, frozen=True, tag_field="type", tag="agree"):
    """To agree or to disagree (동의합니다/동의하지 않습니다); neither is chosen beforehand.

    `required` says that one of the two must be chosen; disagreeing is always possible.
    """

    privacy: Privacy | None = None


class Option(Struct, frozen=True):
    """One of the answers to choose from."""

    id: str
    label: str


class Choice(Asked, frozen=True, tag_field="type", tag="choice"):
    """To choose one of some answers, or (`multiple`) from `least` to `most` of them."""

    options: tuple[Option, ...]
    multiple: bool = False
    least: int = 1
    most: int | None = None


class Text(Asked, frozen=True, tag_field="type", tag="text"):
    """To write up to `longest` characters, on one line or (`lines`) several."""

    longest: int = 500
    lines: bool = False


class Date(Asked, frozen=True, tag_field="type", tag="date"):
    """To name a day, both ends included."""

    earliest: date | None = None
    latest: date | None = None


class Files(Asked, frozen=True, tag_field="type", tag="file"):
    """To hand in up to `most` files."""

    most: int = 1


class Signature(Asked, frozen=True, tag_field="type", tag="signature"):
    """To sign, in one of these ways."""

    ways: tuple[Way, ...] = ("drawn", "typed")


Field = Agree | Choice | Text | Date | Files | Signature


class Signers(Struct, frozen=True):
    """Who must answer for a student: one, all or none of the guardians who may consent; the student too."""

    guardians: Literal["one", "all", "none"] = "one"
    student: bool = False


class Form(Struct, frozen=True, kw_only=True):
    """A form; `change` allows to answer again until the deadline.

    `translations` has, by language, the texts of the fields: `{field}.label`, `{field}.help`,
    `{field}.purpose` (and so on of `privacy`), `{field}.{option}` for the label of an option.
    """

    fields: tuple[Field, ...]
    signers: Signers = Signers()
    change: bool = True
    translations: Mapping[str, Mapping[str, str]] = {}


class Limits(Struct, frozen=True):
    """Bounds: fields of a form, options, characters of a text, files of an answer, points of a signature."""

    fields: int = 50
    options: int = 50
    text_chars: int = 5_000
    files: int = 10
    points: int = 2_000


PRIVACY: Final = ("purpose", "items", "retention", "refusal", "recipient")
"""The texts of `Privacy`, by the names under which they are translated."""
