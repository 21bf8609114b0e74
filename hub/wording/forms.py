"""The words in tables and certificates of forms: a file for each language stands beside this one."""

from functools import cache
from importlib import resources

import msgspec
from msgspec import Struct

Words = dict[str, str]


class FormWords(Struct, frozen=True):
    """The words of a language, by where they are used."""

    table: Words
    states: Words
    answers: Words
    privacy: Words
    certificate: Words


@cache
def form_words(language: str) -> FormWords:
    """Read the words of a language of `hub.wording.LANGUAGES`."""
    file = resources.files("hub.wording").joinpath(f"forms.{language}.toml")
    return msgspec.toml.decode(file.read_bytes(), type=FormWords)
