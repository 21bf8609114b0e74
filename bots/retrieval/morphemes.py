"""Korean morphemes from Kiwi, with the terms of school life, whether or not the words stand apart.

Kiwi costs about 2 s and 300 MB to load; that happens in `warm_up`, never at import.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, NamedTuple

from bots.retrieval.text import normalise

TERMS: Final = Path(__file__).parents[1] / "data" / "terms.txt"
SYNONYMS: Final = TERMS.with_name("synonyms.txt")

SPACES: Final = 2
"""Spaces within one morpheme that a question may have: 전 학, 출 석인정. Entries have none."""
_TAGS: Final = 100
"""Kiwi's numbers of morphemes begin with those of its parts of speech, which are fewer than this."""
_CONTENT: Final = frozenset(
    ("NNG", "NNP", "NNB", "NP", "NR", "VV", "VA", "MAG", "MM", "XR", "XPN", "XSN", "IC", "SL", "SN", "SH")
)

_BOUND: Final = ("J", "E", "XSN", "VCP")
"""With what the names of parts of speech begin that stand in one word with what is before them."""
_OPENING: Final = ("N", "M", "I", "VV", "VA", "VX", "VCN", "XR", "XPN")
"""With what the names of those begin before which a space may stand."""


class Morpheme(NamedTuple):
    """A morpheme and its part of speech, a tag of the Sejong set without Kiwi's mark of irregular verbs.

    `known` says whether it is in Kiwi's dictionary, or was only guessed from where it stands.
    """

    form: str
    tag: str
    known: bool = True

    @property
    def content(self) -> bool:
        """Whether it carries meaning by itself, as particles, endings and punctuation do not."""
        return self.tag in _CONTENT


class Typed(NamedTuple):
    """What somebody typed, as it is read: its text without the spaces within words, and its morphemes.

    `apart` is the text with a space wherever one may stand.
    """

    text: str
    cut: Sequence[Morpheme]
    apart: str


Coming = Callable[[], Typed]
"""Gives what is being read."""


class Morphemes:
    """Cuts text into morphemes. Call `warm_up` once, from any thread, before anything else.

    Afterwards it may be used from several threads.
    """

    def __init__(self, terms: Path = TERMS, synonyms: Path = SYNONYMS) -> None:
        self._terms = terms
        self._synonyms_file = synonyms
        self._synonyms = read_synonyms(synonyms)
        self._alike = _alike(self._synonyms)
        self._kiwi: Any = None
        self._typing: Any = None
        self._meanings: dict[str, tuple[Morpheme, ...]] = {}
        self._guessed: frozenset[int] = frozenset()

    @property
    def fingerprint(self) -> str:
        """Name the dictionary: with another, texts may be cut otherwise."""
        made_of = sha256(self._terms.read_bytes())
        made_of.update(self._synonyms_file.read_bytes())
        made_of.update(f"{version('kiwipiepy')} {version('kiwipiepy_model')}".encode())
        return made_of.hexdigest()

    def warm_up(self) -> None:
        """Load Kiwi and the terms, unless that was done."""
        if self._kiwi is not None:
            return
        from kiwipiepy import Kiwi

        # The dictionary of Wikipedia titles (load_multi_dict) costs 200 MB and changes no figure.
        kiwi = Kiwi(num_workers=-1, load_multi_dict=False)
        terms = read_terms(self._terms)
        # First of all: Kiwi makes its dictionary ready when it first cuts anything, and again after a word.
        for term in terms:
            kiwi.add_user_word(term, "NNG")
        self._meanings = {
            term: tuple(one for one in made(kiwi.tokenize(meaning)) if one.content)
            for term, meaning in terms.items()
        }
        # What is guessed has the number of its part of speech, which has no form.
        self._guessed = frozenset(number for number in range(_TAGS) if not kiwi.morpheme(number).form)
        self._typing = replace(kiwi.global_config, space_tolerance=SPACES)
        self._kiwi = kiwi

    def cut(self, text: str) -> list[Morpheme]:
        """Cut one text into morphemes, in their order."""
        return made(self._warm().tokenize(normalise(text), normalize_coda=True), self._guessed)

    def cut_question(self, text: str) -> Typed:
        """Cut what somebody typed.

        Common slips (왜출 for 외출, 어떡게) are read as what was meant, as are spaces within words.
        """
        return self._typed(text := normalise(text), self._tokens(text))

    def begin_question(self, text: str) -> Coming:
        """Begin to do the same on another core, in a thread of Kiwi's own; call what is returned once.

        Whoever calls before it is done keeps the interpreter until then.
        """
        coming = self._tokens([text := normalise(text)])
        return lambda: self._typed(text, next(coming))

    def cut_all(self, texts: Iterable[str]) -> Iterator[list[Morpheme]]:
        """Cut many texts, on all cores, in order; gives of each its morphemes with a meaning."""
        for tokens in self._warm().tokenize(map(normalise, texts), normalize_coda=True):
            yield [
                Morpheme(one.form, tag, one.id not in self._guessed)
                for one in tokens
                if (tag := _plain(one.tag)) in _CONTENT
            ]

    def meaning(self, cut: Iterable[Morpheme]) -> list[Morpheme]:
        """Say in common morphemes what the terms of school life among these mean."""
        return [common for one in cut for common in self._meanings.get(one.form, ())]

    def synonyms(self, cut: Iterable[Morpheme]) -> list[str]:
        """Name the groups of synonyms that these belong to, by a name that no morpheme has."""
        return [group for one in cut if one.content for group in self._synonyms.get(one.form, ())]

    def alike(self, form: str) -> tuple[str, ...]:
        """List the words that mean the same as this one, as form/TAG."""
        return self._alike.get(form, ())

    def _tokens(self, texts: str | list[str]) -> Any:
        return self._warm().tokenize(texts, normalize_coda=True, typos="basic", override_config=self._typing)

    def _typed(self, text: str, tokens: Sequence[Any]) -> Typed:
        together, apart = _spaced(text, tokens)
        return Typed(together, made(tokens, self._guessed), apart)

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


@cache
def _plain(tag: str) -> str:
    """Leave Kiwi's mark of irregular verbs out (VV-I); there are some sixty tags."""
    return tag.partition("-")[0]


def made(tokens: Iterable[Any], guessed: Container[int] = ()) -> list[Morpheme]:
    """Make morphemes of Kiwi's tokens; those of a number among `guessed` are not known."""
    return [Morpheme(one.form, _plain(one.tag), one.id not in guessed) for one in tokens]


def _spaced(text: str, tokens: Sequence[Any]) -> tuple[str, str]:
    """Take out the spaces within morphemes, and before those that no word begins with.

    Also gives the same with a space before all those that may have one.
    """
    within: set[int] = set()
    openings: set[int] = set()
    ended = 0
    for one in tokens:
        # What is drawn together (해 of 하 and 어) begins where the one before it does.
        begin = min(ended, one.start) if one.tag.startswith(_BOUND) else one.start
        if " " in text[begin : one.end]:
            within.update(place for place in range(begin, one.end) if text[place] == " ")
        if 0 < ended <= one.start and one.tag.startswith(_OPENING):
            openings.add(one.start)
        ended = one.end
    if not within and not openings:
        return text, text
    together = [char for place, char in enumerate(text) if place not in within]
    apart = [
        f" {char}" if place in openings else char for place, char in enumerate(text) if place not in within
    ]
    return "".join(together), " ".join("".join(apart).split())


def _alike(synonyms: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Turn words and their groups into words and those of their groups, as nouns, verbs and adjectives."""
    groups: dict[str, list[str]] = {}
    for word, names in synonyms.items():
        for name in names:
            groups.setdefault(name, []).append(word)
    return {
        word: tuple(f"{one}/{tag}" for name in names for one in groups[name] for tag in ("NNG", "VV", "VA"))
        for word, names in synonyms.items()
    }
