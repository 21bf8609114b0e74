"""Peer: a Channels consumer on Daphne, with RedisPubSubChannelLayer, as the documentation of Channels shows.

Installed by `madang bench fanout --peer channels` (pip install --target below var/bench/peers/channels, see
requirements.txt; PYTHONPATH leads there). Redis is a `redis-server` of its own, measured beside it. Run as
an application: `python -m daphne -p PORT server:application` with BENCH_REDIS set to the URL of Redis.
"""

import os

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter
from django.conf import settings

ROOM = "room"

settings.configure(
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [os.environ["BENCH_REDIS"]]},
        }
    }
)
django.setup()


class Everybody(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """Sends every text to everybody."""

    groups = (ROOM,)

    async def receive(self, text_data: str | None = None, **_: object) -> None:
        """Pass a text on."""
        await self.channel_layer.group_send(ROOM, {"type": "said", "text": text_data})

    async def said(self, event: dict[str, str]) -> None:
        """Tell the client."""
        await self.send(text_data=event["text"])


application = ProtocolTypeRouter({"websocket": Everybody.as_asgi()})
