"""Peer: Python `websockets.broadcast`, on uvloop; installed with the hub, which uses the library itself.

Run as a program: PORT.
"""

import asyncio
import signal
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve


async def main(port: int) -> None:
    """Send every text to everybody, until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    everybody: set[ServerConnection] = set()

    async def serve_one(connection: ServerConnection) -> None:
        everybody.add(connection)
        try:
            async for text in connection:
                broadcast(everybody, text)
        finally:
            everybody.discard(connection)

    async with serve(serve_one, "127.0.0.1", port, compression=None, backlog=4096):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1])))
