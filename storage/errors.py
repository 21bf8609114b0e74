"""What MongoDB's errors mean to the rules."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from pymongo.errors import PyMongoError

from rooms.ports import LogUnavailable

DUPLICATE_KEY: Final = 11000
"""The code of a write that a unique index refused."""

P = ParamSpec("P")
T = TypeVar("T")


def available(method: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Say LogUnavailable where the database does not answer."""

    @wraps(method)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await method(*args, **kwargs)
        except PyMongoError as error:
            raise LogUnavailable(str(error)) from error

    return wrapper
