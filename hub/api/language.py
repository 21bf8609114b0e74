"""Which language a request wants (RFC 9110, section 12.5.4)."""

from functools import lru_cache
from typing import Final

LONGEST: Final = 500
REMEMBERED: Final = 1_000
"""Headers whose language is known: browsers of one kind and language send the same."""


def accepted(header: str | None, languages: tuple[str, ...]) -> str | None:
    """Find the language of ours that a browser's Accept-Language likes best; None where none is named."""
    return _liked(header[:LONGEST], languages) if header else None


@lru_cache(REMEMBERED)
def _liked(header: str, languages: tuple[str, ...]) -> str | None:
    best: tuple[float, int, str] | None = None
    for place, part in enumerate(header.split(",")):
        tag, _, parameters = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        weight = _weight(parameters)
        if language in languages and weight > 0 and (best is None or (-weight, place) < best[:2]):
            best = (-weight, place, language)
    return best[2] if best else None


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
