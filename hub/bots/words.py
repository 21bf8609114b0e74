"""The few sentences that the chatbot says of its own accord, in each language."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from hub.wording import SPOKEN


class BotWords:
    """The catalogues; `default` is the language of people who have not chosen one, and has every sentence."""

    def __init__(self, default: str = "ko") -> None:
        self.sentences = {language: _load(language) for language in SPOKEN}
        self.default = default

    def say(self, locale: str, name: str, **params: Any) -> str:
        """Give a sentence, in the language asked for where there is a catalogue of it."""
        known = self.sentences.get(locale, {})
        sentence = known[name] if name in known else self.sentences[self.default][name]
        return sentence.format(**params) if params else sentence


@cache
def _load(language: str) -> dict[str, str]:
    file = resources.files("hub.wording").joinpath(f"bot.{language}.toml")
    sentences: dict[str, str] = tomllib.loads(file.read_text(encoding="utf-8"))["sentences"]
    return sentences
