"""One connection to Redis that never reconnects by itself: whoever holds it must learn that it ended."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

AWAY: Final = (RedisError, OSError, TimeoutError)
"""What talking to Redis raises where it is away, stalled, or refuses."""
CLIENT_CONNECTIONS: Final = 16


def reason(error: BaseException) -> str:
    """Say in a few words why Redis is away."""
    return str(error) or type(error).__name__


def make_client(url: str, seconds: float) -> Redis:
    """Make a client for single commands, which waits at most so long and never tries twice.

    The client of redis-py as it is tries again for seconds, and opens a connection for every
    command under way: a stalled Redis would hold up whoever asks, and then meet a crowd.
    """
    return Redis.from_pool(
        BlockingConnectionPool.from_url(
            url,
            max_connections=CLIENT_CONNECTIONS,
            timeout=seconds,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
    )


class RedisLink:
    """A connection; see `redis_link`."""

    def __init__(self, connection: Any, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds

    async def send(self, commands: Iterable[Sequence[bytes | str]]) -> None:
        """Write commands in one go. Raises one of AWAY, TimeoutError where nobody takes them."""
        packed = self._connection.pack_commands(commands)
        async with asyncio.timeout(self._seconds):
            await self._connection.send_packed_command(packed, check_health=False)

    async def receive(self) -> Any:
        """Wait for the next reply or message, for ever. Raises one of AWAY."""
        return await self._connection.read_response(timeout=math.inf)


@asynccontextmanager
async def redis_link(url: str, seconds: float) -> AsyncIterator[RedisLink]:
    """Open a connection, closed at the end of the block; opening and writing take at most `seconds`.

    Raises one of AWAY.
    """
    # The pool makes one connection and never sees it again; it knows which kind the URL asks for.
    pool: Any = ConnectionPool.from_url(
        url, protocol=2, socket_timeout=None, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), 0)
    )
    connection = pool.make_connection()
    try:
        async with asyncio.timeout(seconds):
            await connection.connect()
        yield RedisLink(connection, seconds)
    finally:
        await connection.disconnect(nowait=True)
