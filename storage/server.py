"""What kind of MongoDB there is, and whether it will do."""

from datetime import datetime
from typing import Final

from msgspec import Struct

from storage.mongo import Mongo

LEAST_VERSION: Final = (6, 0)
REPLICA_SET: Final = (
    "Start mongod with --replSet rs0 and run rs.initiate() once: one server is enough for a replica set."
)


class Server(Struct, frozen=True):
    """A MongoDB; `kind` is None where it is neither a replica set nor a sharded cluster."""

    version: str
    kind: str | None
    time: datetime | None

    @property
    def fault(self) -> tuple[str, str] | None:
        """What is wrong with it, and what to do about it; None where it will do."""
        if numbers(self.version) < LEAST_VERSION:
            return f"version {self.version}", f"Use MongoDB {dotted(LEAST_VERSION)} or newer."
        if self.kind is None:
            return f"version {self.version}, but no replica set", REPLICA_SET
        return None


async def look(mongo: Mongo) -> Server:
    """See which MongoDB it is. Raises PyMongoError."""
    hello = await mongo.admin("hello")
    version = str((await mongo.admin("buildInfo"))["version"])
    name = hello.get("setName")
    kind = f"replica set {name} of {len(hello.get('hosts', ()))}" if name else None
    if hello.get("msg") == "isdbgrid":
        kind = "sharded cluster"
    time = hello.get("localTime")
    return Server(version, kind, time if isinstance(time, datetime) else None)


def numbers(version: str) -> tuple[int, ...]:
    """Read the first two numbers of a version."""
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def dotted(version: tuple[int, ...]) -> str:
    """Write numbers as a version."""
    return ".".join(map(str, version))
