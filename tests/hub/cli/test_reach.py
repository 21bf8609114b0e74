import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis as blocking_redis
from pymongo import MongoClient

from config.settings import Settings
from hub.cli import reach
from hub.cli.findings import Finding, State
from storage import server
from storage.embedded.mongo import EmbeddedMongo, MongodMissing, find_mongod
from storage.embedded.mongod import Mongod
from storage.mongo import Mongo
from tests.support.oidc_provider import LocalProvider
from tests.support.redis_server import RedisProcess
from tests.support.waiting import PATIENCE, wait_until

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WORD = "pass-word-1"


def now() -> datetime:
    return datetime.now(UTC)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for what is there, whatever else the machine does."""
    monkeypatch.setattr(reach, "SECONDS", PATIENCE)
    monkeypatch.setattr(reach, "SLOW_WRITE", PATIENCE)


@pytest.fixture
def impatient(patient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for what is not there."""
    monkeypatch.setattr(reach, "SECONDS", 0.2)


def only(found: list[Finding]) -> Finding:
    (finding,) = found
    assert WORD not in f"{finding.found} {finding.do}"
    return finding


async def test_mongodb_that_is_well(
    mongod_url: str, database_name: str, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    found = only(await reach.mongodb(Settings(mongodb_url=mongod_url, mongodb_database=database_name), now))
    assert found.state is State.OK, found.found
    for word in ("version 6.", "replica set", "of 1", "ping", "durable write"):
        assert word in found.found
    assert mongo_client[database_name].list_collection_names() == []


async def test_a_slow_mongodb_and_a_clock_that_is_off(
    mongod_url: str, database_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "SLOW_WRITE", 0.0)
    settings = Settings(mongodb_url=mongod_url, mongodb_database=database_name)
    write, clock = await reach.mongodb(settings, lambda: now() + timedelta(hours=1))
    assert (write.about, write.state) == ("MongoDB", State.WARNING)
    assert (clock.about, clock.state) == ("Clock", State.WARNING)
    found = re.fullmatch(r"It is (\d+) s ahead of that of MongoDB\.", clock.found)
    assert found is not None
    assert 3_600 - PATIENCE < int(found[1]) <= 3_600, "less by no more than the answer took"
    _, clock = await reach.mongodb(settings, lambda: now() - timedelta(hours=1))
    assert "behind" in clock.found


async def test_a_mongodb_that_is_slow_to_answer_has_no_other_time(
    mongod_url: str, database_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = timedelta()

    async def look_long(mongo: Mongo) -> server.Server:
        nonlocal late
        late = timedelta(minutes=1)  # that have passed here once the answer is there
        return await server.look(mongo)

    monkeypatch.setattr(reach, "look", look_long)
    settings = Settings(mongodb_url=mongod_url, mongodb_database=database_name)
    only(await reach.mongodb(settings, lambda: now() + late))


async def test_a_mongodb_that_is_too_old(
    mongod_url: str, database_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LEAST_VERSION", (99, 0))
    found = only(await reach.mongodb(Settings(mongodb_url=mongod_url, mongodb_database=database_name), now))
    assert found.state is State.FAULT


@pytest.mark.usefixtures("impatient")
async def test_mongodb_that_is_not_there() -> None:
    url = f"mongodb://me:{WORD}@127.0.0.1:{closed_port()}/?replicaSet=rs0"
    found = only(await reach.mongodb(Settings(mongodb_url=url), now))
    assert found.state is State.FAULT
    assert "No primary answered" in found.found


@pytest.mark.parametrize(
    "url",
    [f"mongodb://me:{WORD}@x@127.0.0.1/", f"mongodb://me:{WORD}/x@127.0.0.1", "mongodb://h:99999"],
)
async def test_a_mongodb_url_that_is_none(url: str) -> None:
    found = only(await reach.mongodb(Settings(mongodb_url=url), now))
    assert found.state is State.FAULT
    assert "MADANG_MONGODB_URL is not a URL" in found.found


@contextmanager
def guarded_mongod(folder: Path, *options: str) -> Iterator[str]:
    """Run a MongoDB that asks for passwords; whoever is first may make the first user."""
    found, port = find_mongod(), closed_port()
    with subprocess.Popen(
        [
            *(found.program, "--dbpath", folder, "--port", str(port), "--bind_ip", "127.0.0.1", "--auth"),
            *options,
        ],
        env={**os.environ, **found.environment},
        stdout=subprocess.DEVNULL,
    ) as process:
        wait_until(lambda: _connects(port), what="mongod answers")
        yield f"127.0.0.1:{port}"
        process.terminate()


def _connects(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_mongodb_that_asks_for_a_password_and_is_no_replica_set(tmp_path: Path) -> None:
    with guarded_mongod(tmp_path) as place:
        settings = Settings(mongodb_url=f"mongodb://me:{WORD}@{place}/")
        found = only(await reach.mongodb(settings, now))
        assert (found.state, found.do) == (State.FAULT, "Correct MADANG_MONGODB_URL.")
        with MongoClient[dict[str, Any]](f"mongodb://{place}/") as first:
            first.admin.command("createUser", "me", pwd=WORD, roles=["root"])
        found = only(await reach.mongodb(settings, now))
        assert found.state is State.FAULT
        assert "no replica set" in found.found
        assert "rs.initiate()" in found.do


async def test_a_user_who_may_not_write(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("a" * 64)
    key.chmod(0o600)
    data = tmp_path / "data"
    data.mkdir()
    with guarded_mongod(data, "--replSet", "rs0", "--keyFile", str(key)) as place:
        with MongoClient[dict[str, Any]](f"mongodb://{place}/", directConnection=True) as first:
            members = [{"_id": 0, "host": place}]
            first.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
            wait_until(lambda: first.admin.command("hello")["isWritablePrimary"], what="a primary")
            first.admin.command("createUser", "root", pwd="root", roles=["root"])
        with MongoClient[dict[str, Any]](f"mongodb://root:root@{place}/") as root:
            root.admin.command("createUser", "me", pwd=WORD, roles=[{"role": "read", "db": "madang"}])
        found = only(await reach.mongodb(Settings(mongodb_url=f"mongodb://me:{WORD}@{place}/"), now))
        assert (found.state, found.found) == (State.FAULT, "The user may not write.")
        assert "readWrite" in found.do


async def test_the_private_mongodb_is_found_and_not_begun(tmp_path: Path) -> None:
    found = only(await reach.mongodb(Settings(data=tmp_path / "data"), now))
    assert found.state is State.OK
    assert "it has no data yet" in found.found
    assert not (tmp_path / "data").exists()


async def test_the_private_mongodb_that_has_data_is_examined(tmp_path: Path) -> None:
    EmbeddedMongo.start(tmp_path).close()
    found = only(await reach.mongodb(Settings(data=tmp_path), now))
    assert found.state is State.OK
    assert found.found.startswith("private, version ")


async def test_a_machine_without_mongod(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing() -> Mongod:
        raise MongodMissing("There is no mongod.")

    monkeypatch.setattr(reach, "find_mongod", missing)
    found = only(await reach.mongodb(Settings(data=tmp_path), now))
    assert (found.state, found.found) == (State.FAULT, "There is no mongod.")
    assert "MADANG_MONGODB_URL" in found.do


async def test_redis_that_is_well(redis_url: str) -> None:
    found = await reach.redis(Settings(redis_url=redis_url))
    assert found.state is State.OK
    assert "round trip" in found.found


async def test_no_redis_is_fine_for_one_process() -> None:
    assert (await reach.redis(Settings())).state is State.OK


async def test_a_redis_that_is_too_old(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "LEAST_REDIS", (99, 0))
    assert (await reach.redis(Settings(redis_url=redis_url))).state is State.FAULT


async def test_redis_that_is_not_there() -> None:
    found = only([await reach.redis(Settings(redis_url=f"redis://:{WORD}@127.0.0.1:{closed_port()}/0"))])
    assert found.state is State.FAULT
    assert "cannot be reached" in found.found


@pytest.mark.usefixtures("impatient")
async def test_redis_that_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        found = await reach.redis(Settings(redis_url=url))
    assert found.state is State.FAULT
    assert "cannot be reached" in found.found


@pytest.mark.parametrize("url", [f"redis://:{WORD}@h:99999/0", f"redis://h/{WORD}", f"redis://:{WORD}@[::1"])
async def test_a_redis_url_that_is_none(url: str) -> None:
    assert only([await reach.redis(Settings(redis_url=url))]).state is State.FAULT


@pytest.mark.parametrize("login", ["", f":{WORD}@", f"me:{WORD}@"])
async def test_redis_with_another_password(redis_process: RedisProcess, login: str) -> None:
    with blocking_redis.Redis.from_url(redis_process.url) as client:
        client.config_set("requirepass", "another")
    url = redis_process.url.replace("redis://", f"redis://{login}")
    found = only([await reach.redis(Settings(redis_url=url))])
    assert (found.state, found.found) == (State.FAULT, "It does not accept the password.")


async def test_the_identity_provider() -> None:
    assert await reach.identity_provider(Settings(), NOW) is None
    with LocalProvider(NOW) as local:
        settings = Settings(
            oidc_issuer=local.issuer, oidc_client_id="c", oidc_client_secret=WORD, public_url="https://a"
        )
        found = await reach.identity_provider(settings, NOW)
        assert found is not None
        assert found.state is State.OK
        local.answers["/keys"] = lambda: (200, {}, b'{"keys":[]}')
        found = await reach.identity_provider(settings, NOW)
        assert found is not None
        assert found.state is State.FAULT
        assert "/keys" in found.found
