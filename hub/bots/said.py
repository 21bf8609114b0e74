"""What an answer comes to when it is read to its end: one message in a room."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bots.parts import (
    Abort,
    DataSuggestions,
    Error,
    SourceDocument,
    SourceUrl,
    Suggestion,
    TextDelta,
    TextEnd,
    decode,
)
from hub.bots.words import BotWords


@dataclass(slots=True)
class Said:
    """What an answer comes to, part by part."""

    text: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)
    stopped: bool = False
    failed: str | None = None

    def take(self, parts: Sequence[str]) -> None:
        """Take the next parts."""
        for part in map(decode, parts):
            match part:
                case TextDelta(_, delta):
                    self.text.append(delta)
                case TextEnd():
                    self.text.append("\n")
                case SourceUrl(_, url, title):
                    self.sources.append(f"{title} {url}")
                case SourceDocument(_, _, title):
                    self.sources.append(title)
                case DataSuggestions(offered):
                    self.suggestions = offered
                case Abort():
                    self.stopped = True
                case Error(text):
                    self.failed = text
                case _:
                    continue

    def written(self, words: BotWords, locale: str, most: int) -> str:
        """Write it as one message of `most` characters; nothing where it was stopped before it began."""
        if self.failed is not None and not self.text:
            return self.failed
        lines = ["".join(self.text).strip()]
        if self.stopped:
            return f"{lines[0]}\n\n{words.say(locale, 'room_stopped')}" if lines[0] else ""
        if self.sources:
            lines += ["", words.say(locale, "room_source", names=", ".join(dict.fromkeys(self.sources)))]
        lines += [f"{number}. {one.question}" for number, one in enumerate(self.suggestions, 1)]
        if self.failed is not None:
            lines += ["", self.failed]
        return "\n".join(lines)[:most].strip()
