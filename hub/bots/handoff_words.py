"""What stands in rooms about hand-offs, in the office's language."""

from collections.abc import Sequence
from typing import Final

from bots.small_talk import TALK, SmallTalk
from hub.bots.words import BotWords
from rooms.conversations import Turn
from rooms.faq.plain import plain
from rooms.handoff import SUMMARY_CHARS, TITLE_CHARS, Phase, Request

ANSWER_CHARS: Final = 200
READ_CHARS: Final = 4 * ANSWER_CHARS
"""What of an answer is looked at for marks."""


class RoomWords:
    """`rooms.handoff.HandoffWords`."""

    def __init__(self, words: BotWords, locale: str) -> None:
        self._words = words
        self._locale = locale
        self._talk = SmallTalk()
        # Who speaks of ending their life is answered without a search too, which is no small talk.
        self._crisis = {known["crisis"] for known in words.sentences.values() if "crisis" in known}

    def matter(self, turns: Sequence[Turn]) -> str:
        """Find the last question that was about a matter, neither small talk nor the wish for a person."""
        for turn in reversed(turns):
            told = turn.band != TALK and self._talk.kind(turn.question) is None
            if told or turn.answer in self._crisis:
                return turn.question
        return ""

    def title(self, request: Request) -> str:
        """Name the room of a hand-off."""
        asked = request.turns[-1][0] if request.turns else ""
        about = request.about or request.text or asked or self._say("handoff_nothing")
        return self._say("handoff_title", about=" ".join(about.split())[:TITLE_CHARS])

    def summary(self, request: Request) -> str:
        """Tell what was asked and answered."""
        lines = []
        for question, answer in request.turns:
            lines.append(self._say("handoff_question", text=question))
            if answer:
                short = " ".join(plain(answer[:READ_CHARS]).split())
                short = short if len(short) <= ANSWER_CHARS else short[:ANSWER_CHARS].rstrip() + "…"
                lines.append(self._say("handoff_answer", text=short))
        return "\n".join(lines)[-SUMMARY_CHARS:] or self._say("handoff_nothing")

    def card(self, request: Request, phase: Phase) -> str:
        """Tell the unit's room that somebody waits, or left a message: what was asked, answered and said."""
        told = self._say("handoff_waits" if phase is Phase.WAITING else "handoff_left")
        more = self.more(request)
        summary = self.summary(request) if request.turns or not request.text else ""
        return "\n".join(line for line in (told, summary, more) if line)

    def said(self, request: Request) -> str:
        """Give what somebody wrote to the person, and how to reach them, as they would say it themselves."""
        contact = self._say("handoff_contact", text=request.contact) if request.contact else ""
        return "\n".join(line for line in (request.text, contact) if line)

    def more(self, request: Request) -> str:
        """Tell the unit's room what was said, or added to a hand-off."""
        lines = [self._say("handoff_text", text=request.text)] if request.text else []
        if request.contact:
            lines.append(self._say("handoff_contact", text=request.contact))
        return "\n".join(lines)

    def waits_long(self) -> str:
        """Remind the unit's room that nobody has taken it yet."""
        return self._say("handoff_waits_long")

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
