"""A refusal that tells of every field what is wrong with it."""

from collections.abc import Mapping

from rooms.errors import ErrorCode, Refusal


class FieldRefusal(Refusal):
    """Refuses a form, or answers to one; `fields` tells by field why, each with a sentence of its own."""

    def __init__(self, reason: str, fields: Mapping[str, Refusal]) -> None:
        super().__init__(ErrorCode.BAD_REQUEST, reason)
        self.fields = dict(fields)
