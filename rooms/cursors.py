"""Cursors: where a page of a list ended, as an opaque word that asks for the next one."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec

from rooms.errors import bad_request

T = TypeVar("T")


def write_cursor(place: object) -> str:
    """Write a place (numbers, strings and tuples of them) as a word that is safe in URLs."""
    return urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def read_cursor(cursor: str, place: type[T]) -> T:
    """Read a place of this type back. Raises Refusal(bad_request) for what `write_cursor` never wrote."""
    try:
        return msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=place)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise bad_request("bad_cursor") from error
