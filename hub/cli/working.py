"""Running what a command does on the data, and putting what can go wrong there into one line."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from config.settings import Settings
from hub.app import rules
from hub.cli.common import Failed, mongodb
from hub.services import Services
from storage.migrations import DataTooNew
from storage.mongo import PyMongoError, connected, plainly
from storage.server import look

T = TypeVar("T")


def check_mongodb(settings: Settings, url: str) -> None:
    """See that the MongoDB that was named is there and will do. Raises Failed."""

    async def check() -> None:
        async with connected(url, settings.mongodb_database) as mongo:
            fault = (await look(mongo)).fault
        if fault is not None:
            raise Failed(f"MongoDB: {fault[0]}. {fault[1]}")

    try:
        asyncio.run(check())
    except PyMongoError as error:
        raise _silent(error) from error


def run(settings: Settings, work: Callable[[Services], Awaitable[T]]) -> T:
    """Open the database and do `work` with the rules. Raises Failed."""

    async def within(url: str) -> T:
        async with rules(settings, url) as services:
            return await work(services)

    try:
        with mongodb(settings) as url:
            return asyncio.run(within(url))
    except DataTooNew as error:
        raise Failed(str(error)) from error
    except PyMongoError as error:
        raise _silent(error) from error


def _silent(error: PyMongoError) -> Failed:
    return Failed(f"MongoDB does not answer as it should: {plainly(error)}")
