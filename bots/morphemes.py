"""Korean morphemes from Kiwi, with the terms of school life, whether or not the words stand apart.

Kiwi costs about 2 s and 300 MB to load; that happens in `warm_up`, never at import.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from bots.text import normalise

TERMS: Final = Path(__file__).parent / "data" / "terms.txt"
SYNONYMS: Final = TERMS.with_name("synonyms.txt")

_CONTENT: Final = frozenset(
    ("NNG", "NNP", "NNB", "NP", "NR", "VV", "VA", "MAG", "MM", "XR", "XPN", "XSN", "IC", "SL", "SN", "SH")
)


class Morpheme(NamedTuple):
    """A morpheme and its part of speech, a tag of the Sejong set without Kiwi's mark of irregular verbs."""

    form: str
    tag: str

    @property
    def content(self) -> bool:
        """Whether it carries meaning by itself, as particles, endings and punctuation do not."""
        return self.tag in _CONTENT


class Morphemes:
    """Cuts text into morphemes. Call `warm_up` once, from any thread, before anything else.

    Afterwards it may be used from several threads.
    """

    def __init__(self, terms: Path = TERMS, synonyms: Path = SYNONYMS) -> None:
        self._terms = terms
        self._synonyms = read_synonyms(synonyms)
        self._kiwi: Any = None
        self._meanings: dict[str, tuple[Morpheme, ...]] = {}

    def warm_up(self) -> None:
        """Load Kiwi and the terms, unless that was done."""
        if self._kiwi is not None:
            return
        from kiwipiepy import Kiwi

        # The dictionary of Wikipedia titles (load_multi_dict) costs 200 MB and changes no figure.
        kiwi = Kiwi(num_workers=-1, load_multi_dict=False)
        terms = read_terms(self._terms)
        self._meanings = {
            term: tuple(one for one in made(kiwi.tokenize(meaning)) if one.content)
            for term, meaning in terms.items()
        }
        for term in terms:
            kiwi.add_user_word(term, "NNG")
        self._kiwi = kiwi

    def cut(self, text: str) -> list[Morpheme]:
        """Cut one text into morphemes, in their order."""
        return made(self._warm().tokenize(normalise(text), normalize_coda=True))

    def cut_all(self, texts: Iterable[str]) -> Iterator[list[Morpheme]]:
        """Cut many texts, on all cores, one result each, in order."""
        for tokens in self._warm().tokenize(map(normalise, texts), normalize_coda=True):
            yield made(tokens)

    def meaning(self, cut: Iterable[Morpheme]) -> list[Morpheme]:
        """Say in common morphemes what the terms of school life among these mean."""
        return [common for one in cut for common in self._meanings.get(one.form, ())]

    def synonyms(self, cut: Iterable[Morpheme]) -> list[str]:
        """Name the groups of synonyms that these belong to, by a name that no morpheme has."""
        return [group for one in cut if one.content for group in self._synonyms.get(one.form, ())]

    def _warm(self) -> Any:
        if self._kiwi is None:
            raise RuntimeError("Morphemes.warm_up was not called")
        return self._kiwi


def read_terms(path: Path) -> dict[str, str]:
    """Read terms and their meanings in common words, `term = meaning` a line; after a # comes a remark."""
    terms: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        term, _, meaning = (part.strip() for part in line.partition("#")[0].partition("="))
        if term:
            terms[term] = meaning
    return terms


def read_synonyms(path: Path) -> dict[str, tuple[str, ...]]:
    """Read groups of words that mean the same, a group a line; gives each word the names of its groups."""
    groups: dict[str, tuple[str, ...]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].split()
        for word in words:
            groups[word] = (*groups.get(word, ()), f"={words[0]}")
    return groups


def made(tokens: Iterable[Any]) -> list[Morpheme]:
    """Make morphemes of Kiwi's tokens."""
    return [Morpheme(token.form, token.tag.partition("-")[0]) for token in tokens]
