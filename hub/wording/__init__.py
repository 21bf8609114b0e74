"""The sentences in which the server tells people why something was refused.

One catalogue for each language stands beside this file: a sentence for every `reason` that a
`Refusal` can have, and what notifications say. Languages that only families read have what families
meet; the rest is said in the office's language. `{name}` takes what the refusal knows,
`{name:duration}`, `{name:number}` and `{name:size}` write seconds, counts and bytes the way people do.
"""

import math
import string
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

from typing_extensions import override

from rooms.errors import Refusal

LANGUAGES: Final = ("ko", "en")
"""Languages that have every sentence."""
OF_FAMILIES: Final = ("zh", "vi")
"""Languages that have what families meet."""
SPOKEN: Final = LANGUAGES + OF_FAMILIES
MOST_DETAIL: Final = 300

_STEPS: Final = (("days", 86_400, 2 * 86_400), ("hours", 3_600, 3_600), ("minutes", 60, 60))


class Catalogue:
    """The sentences of one language, and its words for durations."""

    def __init__(
        self, sentences: Mapping[str, str], durations: Mapping[str, str], pushes: Mapping[str, str]
    ) -> None:
        self.sentences = sentences
        self.pushes = pushes
        self._format = _Format(durations)

    def say(self, reason: str, params: Mapping[str, Any]) -> str:
        """Fill the sentence for a reason."""
        return self._format.vformat(self.sentences[reason], (), params)

    def say_push(self, name: str, params: Mapping[str, Any]) -> str:
        """Fill what a notification, or a page about notifications, says."""
        return self._format.vformat(self.pushes[name], (), params)

    def named_in(self, reason: str) -> set[str]:
        """List what the sentence for a reason takes."""
        return self._names(self.sentences[reason])

    def named_in_push(self, name: str) -> set[str]:
        """List what a text of notifications takes."""
        return self._names(self.pushes[name])

    def _names(self, text: str) -> set[str]:
        return {name for _, name, _, _ in self._format.parse(text) if name}


class Wording:
    """All catalogues; `default` is the language of people who have not chosen one, and has every sentence."""

    def __init__(self, default: str = "ko") -> None:
        self.catalogues = {language: load(language) for language in SPOKEN}
        self.default = default

    def sentence(self, locale: str | None, refusal: Refusal) -> str:
        """Say in a person's language why something was refused."""
        params = {"retry_after": refusal.retry_after or 0, **refusal.params}
        return self.text(locale, refusal.reason, **params)

    def text(self, locale: str | None, reason: str, **params: Any) -> str:
        """Say the sentence for a reason."""
        chosen = self.catalogues[self.language(locale)]
        return (chosen if reason in chosen.sentences else self.catalogues[self.default]).say(reason, params)

    def push(self, locale: str | None, name: str, **params: Any) -> str:
        """Say what a notification, or a page about notifications, says."""
        chosen = self.catalogues[self.language(locale)]
        return (chosen if name in chosen.pushes else self.catalogues[self.default]).say_push(name, params)

    def language(self, locale: str | None) -> str:
        """Find the language to use: the person's own where there is a catalogue of it."""
        return locale if locale in self.catalogues else self.default


@cache
def load(language: str) -> Catalogue:
    """Read the catalogue of a language from its file."""
    file = resources.files(__name__).joinpath(f"{language}.toml")
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    return Catalogue(content["sentences"], content["durations"], content["push"])


class _Format(string.Formatter):
    """Python's format strings with three formats of our own, and no way into attributes or items."""

    def __init__(self, durations: Mapping[str, str]) -> None:
        self._durations = durations

    @override
    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, str]:
        return kwargs[field_name], field_name

    @override
    def format_field(self, value: Any, format_spec: str) -> str:
        match format_spec:
            case "duration":
                return self._duration(value)
            case "number":
                return f"{value:,}"
            case "size":
                return _size(value)
            case _:
                return str(value)[:MOST_DETAIL]

    def _duration(self, seconds: float) -> str:
        unit, length = next(
            ((unit, length) for unit, length, least in _STEPS if seconds >= least), ("seconds", 1)
        )
        count = max(1, math.ceil(seconds / length))
        return self._durations[unit if count > 1 else unit.removesuffix("s")].replace("#", f"{count:,}")


def _size(count: int) -> str:
    """Write bytes as people read them, in steps of 1,024."""
    for unit, length in (("GB", 2**30), ("MB", 2**20), ("KB", 2**10)):
        if count >= length:
            return f"{count / length:.1f}".removesuffix(".0") + f" {unit}"
    return f"{count:,} B"
