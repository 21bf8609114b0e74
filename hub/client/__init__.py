"""The Python client of Madang's wire; hub/web/lib/client.js is its twin."""

from hub.client.client import Client
from hub.client.items import Ended, Refused, RoomEvent, State, StateChanged
from hub.protocol import Sent

__all__ = ["Client", "Ended", "Refused", "RoomEvent", "Sent", "State", "StateChanged"]
