"""Large bodies and slow readers, at a real hub: they cost it no memory, and others nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from pymongo import MongoClient

from hub.api.bodies import FORM_BYTES, JSON_BYTES
from hub.server.requests import SLACK
from tests.support.hub_process import HubProcess
from tests.support.school import school_in
from tests.support.waiting import eventually

MIB = 2**20
MOST = 96 * MIB
LITTLE = 48 * MIB
PATIENCE = 30.0
DATABASE = "test_requests"
BOUNDARY = "b0undary"
HEAD = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'.encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()
PIECE = bytes(range(256)) * 256


@pytest.fixture(scope="module")
def hub(mongod_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    data = tmp_path_factory.mktemp("requests") / "data"
    settings = {"MONGODB_URL": mongod_url, "MONGODB_DATABASE": DATABASE, "LIMIT_FILE_BYTES": MOST}
    with HubProcess(data, **settings) as running:
        yield running
    with MongoClient[dict[str, object]](mongod_url) as client:
        client.drop_database(DATABASE)


@pytest.fixture
async def client(hub: HubProcess, mongod_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with school_in(mongod_url, DATABASE) as school:
        (teacher,) = await school.people("teacher")
    headers = {"authorization": f"Bearer {teacher.token()}"}
    async with httpx.AsyncClient(base_url=f"{hub.url}/api/v1", headers=headers, timeout=60) as made:
        yield made


async def form(size: int) -> AsyncIterator[bytes]:
    """Write a form with a file of this many bytes."""
    yield HEAD
    for at in range(0, size, len(PIECE)):
        yield PIECE[: size - at]
    yield TAIL


async def upload(client: httpx.AsyncClient, size: int, *, announced: bool = True) -> httpx.Response:
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    if announced:
        headers["content-length"] = str(len(HEAD) + size + len(TAIL))
    return await client.post("/files", content=form(size), headers=headers)


def on_disk(hub: HubProcess) -> dict[str, int]:
    """List the temporary files that the hub holds open, which have no name any more, with their sizes."""
    found = {}
    for fd in Path(f"/proc/{hub.pid}/fd").iterdir():
        try:
            target = str(fd.readlink())
            if target.endswith("(deleted)") and not target.startswith("/memfd:"):  # which is no disk
                found[target] = fd.stat().st_size
        except FileNotFoundError:
            continue  # closed meanwhile
    return found


@pytest.mark.parametrize("announced", [True, False])
async def test_an_upload_takes_little_memory(
    hub: HubProcess, client: httpx.AsyncClient, announced: bool
) -> None:
    before = hub.peak(anew=True)
    answer = await upload(client, MOST, announced=announced)
    assert (answer.status_code, answer.json()["size"]) == (201, MOST)
    assert hub.peak() - before < LITTLE
    down = await client.get(f"/files/{answer.json()['id']}", headers={"range": f"bytes={MOST - 300}-"})
    assert down.content == PIECE[-300:]


async def test_clients_that_take_nothing_cost_little_memory(
    hub: HubProcess, client: httpx.AsyncClient
) -> None:
    file = (await upload(client, MOST)).json()["id"]
    before = hub.peak(anew=True)
    request = (
        f"GET /api/v1/files/{file} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n"
        f"Authorization: {client.headers['authorization']}\r\n\r\n"
    ).encode()
    lines = [await asyncio.open_connection("127.0.0.1", hub.port, limit=65_536) for _ in range(6)]
    for _, writer in lines:
        writer.write(request)
        await writer.drain()
    whole = await client.get(f"/files/{file}")  # somebody else is served meanwhile
    assert len(whole.content) == MOST
    assert hub.peak() - before < LITTLE
    got = await asyncio.gather(*(reader.read(-1) for reader, _ in lines[:2]))
    for answer in got:  # and they get everything once they take it
        assert answer.partition(b"\r\n\r\n")[2] == whole.content
    for _, writer in lines:
        writer.close()
    assert hub.peak() - before < LITTLE


async def test_a_client_that_leaves_in_the_middle_leaves_nothing_running(
    hub: HubProcess, client: httpx.AsyncClient
) -> None:
    file = (await upload(client, MOST)).json()["id"]
    async with client.stream("GET", f"/files/{file}") as answer:
        async for _ in answer.aiter_raw():
            break
    before = set(on_disk(hub))
    _, writer = await asyncio.open_connection("127.0.0.1", hub.port)
    request = (
        "POST /api/v1/files HTTP/1.1\r\nHost: hub\r\nContent-Length: 1000000\r\n"
        f"Authorization: {client.headers['authorization']}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\nthe beginning"
    )
    writer.write(request.encode())
    await writer.drain()
    await eventually(lambda: set(on_disk(hub)) - before, what="the beginning of the body waits on disk")
    writer.close()
    await eventually(lambda: not set(on_disk(hub)) - before, what="no file on disk is held open for them")
    assert (await client.get("/me")).status_code == 200
    assert "Traceback" not in hub.log


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("shown", [{}, {"cookie": "madang_session=made-up"}, {"authorization": "Bearer no"}])
async def test_a_file_of_somebody_who_is_not_signed_in_fills_no_disk(
    hub: HubProcess, shown: dict[str, str], announced: bool
) -> None:
    most = 0

    async def watched(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        nonlocal most
        async for piece in pieces:
            yield piece
            most = max(most, sum(on_disk(hub).values()))

    async def words() -> AsyncIterator[bytes]:
        for _ in range(JSON_BYTES // 1_000):
            yield b" " * 1_000

    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", "origin": hub.url, **shown}
    if announced:
        headers["content-length"] = str(len(HEAD) + 8 * MIB + len(TAIL))
    async with httpx.AsyncClient(base_url=f"{hub.url}/api/v1", timeout=60) as stranger:
        answer = await stranger.post("/files", content=watched(form(8 * MIB)), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert most <= len(PIECE)
        most, headers = 0, {"content-type": "application/json", "origin": hub.url, **shown}
        if announced:
            headers["content-length"] = str(JSON_BYTES // 1_000 * 1_000)
        answer = await stranger.post("/rooms", content=watched(words()), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert most == 0


@pytest.mark.parametrize("announced", [True, False])
async def test_a_file_that_is_a_little_too_large_is_refused_in_words(
    client: httpx.AsyncClient, announced: bool
) -> None:
    answer = await upload(client, MOST + FORM_BYTES, announced=announced)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert (await client.get("/me")).status_code == 200


async def test_a_json_body_that_is_too_large_is_refused_in_words(client: httpx.AsyncClient) -> None:
    body = b'{"text":"' + b"x" * (2 * JSON_BYTES) + b'"}'
    answer = await client.post("/rooms", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def beginning(headers: str) -> str:
    return f"POST /api/v1/files HTTP/1.1\r\nHost: hub\r\n{headers}\r\n\r\n"


async def raw(hub: HubProcess, head: str, body: AsyncIterator[bytes], most: int = 200) -> bytes:
    """Send a request for as long as the hub takes it, and return the beginning of what comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
    writer.write(head.encode())

    async def pour() -> None:
        try:
            async for piece in body:
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            return

    pouring = asyncio.create_task(pour())
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await reader.read(most)
    except ConnectionError:
        answer = b""
    pouring.cancel()
    await asyncio.wait([pouring])
    writer.close()
    return answer


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"10000\r\n" + PIECE + b"\r\n"


async def test_who_announces_far_too_much_is_cut_off_at_once(hub: HubProcess) -> None:
    length = 2 * JSON_BYTES + SLACK + 1
    head = beginning(f"Content-Type: application/json\r\nContent-Length: {length}")

    async def nothing() -> AsyncIterator[bytes]:
        return
        yield b""

    answer = await raw(hub, head, nothing(), most=10_000)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"\r\ncontent-type: application/problem+json\r\n" in answer
    told = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (told["status"], told["code"]) == (413, "too_large")
    assert "256 KB" in told["detail"]


async def test_who_sends_without_end_is_cut_off(hub: HubProcess, client: httpx.AsyncClient) -> None:
    before = hub.peak(anew=True)
    for kind in ("application/json", f"multipart/form-data; boundary={BOUNDARY}"):
        head = beginning(f"Content-Type: {kind}\r\nTransfer-Encoding: chunked")
        answer = await raw(hub, head, endless())
        assert answer == b"" or answer.startswith(b"HTTP/1.1 413 ")
    assert hub.peak() - before < LITTLE
    assert (await client.get("/me")).status_code == 200


async def test_requests_that_come_all_at_once_and_in_pieces_are_all_answered(hub: HubProcess) -> None:
    """Each connection: one request whole, one in two pieces, then two one after the other, unasked."""
    request = b"GET /api/v1/bots/nobody HTTP/1.1\r\nHost: hub\r\n\r\n"

    async def ask(number: int) -> list[int]:
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
        told = []
        for pieces in ([request], [request[: 7 * number % 40], request[7 * number % 40 :]], [request * 2]):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            for _ in range(b"".join(pieces).count(b"GET")):
                head = await reader.readuntil(b"\r\n\r\n")
                told.append(int(head.split()[1]))
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length))
        writer.close()
        return told

    async with asyncio.timeout(PATIENCE):
        assert await asyncio.gather(*map(ask, range(50))) == [[404] * 4] * 50
