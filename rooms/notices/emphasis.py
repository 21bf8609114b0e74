"""Emphasis in Korean text. Pure.

CommonMark (section 6.2) tells by the spaces around whether `**` opens or closes. Korean puts its
particles behind a word at once, so that in `**12월 3일(목)**에` nothing closes: before the `**` stands a
bracket, behind it a letter. Here Hangul, Kanji and Kana beside such a mark count as the space that other
scripts would have there.
"""

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline.state_inline import Scanned, StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType
from typing_extensions import override

_WITHOUT_SPACES: Final = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af]")


class _State(StateInline):
    @override
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        plain = super().scanDelims(start, canSplitWord)
        end = start + plain.length
        before = self.src[start - 1] if start > 0 else " "
        behind = self.src[end] if end < self.posMax else " "
        # Only a mark between such a letter and a sign is read otherwise than CommonMark reads it.
        if _is_sign(before) and _WITHOUT_SPACES.match(behind):
            return Scanned(plain.can_open, True, plain.length)
        if _WITHOUT_SPACES.match(before) and _is_sign(behind):
            return Scanned(True, plain.can_close, plain.length)
        return plain


class _Inline(ParserInline):
    @override
    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def read_korean(maker: MarkdownIt) -> None:
    """Let a maker, before its rules are chosen, read emphasis in Korean text."""
    maker.inline = _Inline()


def _is_sign(char: str) -> bool:
    return not isWhiteSpace(ord(char)) and (isMdAsciiPunct(ord(char)) or isPunctChar(char))
