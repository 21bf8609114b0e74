import asyncio
import subprocess
import sys
from typing import Any

from channels.consumer import AsyncConsumer
from channels.layers import get_channel_layer
from django.conf import settings

from config.django import configure


def test_channels_runs_with_it() -> None:
    configure()
    configure()
    assert settings.configured
    assert get_channel_layer() is None

    class Echo(AsyncConsumer):  # type: ignore[misc]
        async def test_ask(self, message: dict[str, Any]) -> None:
            await self.send({"type": "test.answer", "word": message["word"]})

    async def talk() -> dict[str, Any]:
        asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        asked.put_nowait({"type": "test.ask", "word": "안녕"})
        running = asyncio.create_task(Echo.as_asgi()({"type": "test"}, asked.get, answers.put))
        answer = await asyncio.wait_for(answers.get(), 10)
        running.cancel()
        return answer

    assert asyncio.run(talk()) == {"type": "test.answer", "word": "안녕"}


def test_it_is_enough_in_a_fresh_process_and_leaves_logging_alone() -> None:
    program = """
import logging
logging.getLogger().setLevel(logging.ERROR)
before = list(logging.Logger.manager.loggerDict)
from config.django import configure
configure(); configure()
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.generic.websocket import AsyncWebsocketConsumer
AsyncWebsocketConsumer.as_asgi()
assert logging.getLogger().level == logging.ERROR
assert not logging.getLogger("django").handlers
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
