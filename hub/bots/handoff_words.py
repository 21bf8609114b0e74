"""What stands in rooms about hand-offs, in the office's language."""

from typing import Final

from hub.bots.words import BotWords
from rooms.handoff import SUMMARY_CHARS, TITLE_CHARS, Phase, Request

ANSWER_CHARS: Final = 200


class RoomWords:
    """`rooms.handoff.HandoffWords`."""

    def __init__(self, words: BotWords, locale: str) -> None:
        self._words = words
        self._locale = locale

    def title(self, request: Request) -> str:
        """Name the room of a hand-off."""
        first = request.turns[-1][0] if request.turns else request.text
        return self._say("handoff_title", about=" ".join(first.split())[:TITLE_CHARS])

    def summary(self, request: Request) -> str:
        """Tell what was asked and answered."""
        lines = []
        for question, answer in request.turns:
            lines.append(self._say("handoff_question", text=question))
            if answer:
                short = " ".join(answer.split())
                short = short if len(short) <= ANSWER_CHARS else short[:ANSWER_CHARS] + "…"
                lines.append(self._say("handoff_answer", text=short))
        if request.text:
            lines.append(self._say("handoff_text", text=request.text))
        return "\n".join(lines)[-SUMMARY_CHARS:] or self._say("handoff_nothing")

    def card(self, request: Request, phase: Phase, summary: str) -> str:
        """Tell the unit's room that somebody waits, or left a message."""
        lines = [self._say("handoff_waits" if phase is Phase.WAITING else "handoff_left"), summary]
        if request.contact:
            lines.append(self._say("handoff_contact", text=request.contact))
        return "\n".join(lines)

    def more(self, request: Request) -> str:
        """Tell what was added to a hand-off."""
        lines = [self._say("handoff_text", text=request.text)] if request.text else []
        if request.contact:
            lines.append(self._say("handoff_contact", text=request.contact))
        return "\n".join(lines)

    def taken(self, name: str) -> str:
        """Tell the unit's room who took it."""
        return self._say("handoff_taken", who=name)

    def taken_over(self, name: str, before: str) -> str:
        """Tell the unit's room who took it over, and from whom."""
        return self._say("handoff_taken_over", who=name, before=before)

    def given_back(self, name: str) -> str:
        """Tell the unit's room who gave it back."""
        return self._say("handoff_given_back", who=name)

    def guest(self, number: str) -> str:
        """Name a visitor, who has no name."""
        return self._say("handoff_guest", number=number)

    def _say(self, name: str, **params: str) -> str:
        return self._words.say(self._locale, name, **params)
