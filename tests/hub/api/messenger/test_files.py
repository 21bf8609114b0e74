import pytest

from config.settings import Limits
from rooms.events import FileRef
from rooms.ids import FileId, RoomId, new_cid
from tests.support.web import Web
from tests.support.web import web as run_web

TEXT = bytes(range(256)) * 40


async def sent(web: Web, key: str, room: RoomId, file: FileId) -> int:
    """Send a file with a message, through the rules."""
    person = web.office.people[key]
    return (await (await web.services.messages.send(person, room, new_cid(), "파일", files=[file]))).seq


async def recall(web: Web, key: str, room: RoomId, seq: int) -> None:
    await (await web.services.messages.recall(web.office.people[key], room, seq, new_cid()))


async def test_a_file_goes_up_and_comes_down(web: Web) -> None:
    client = await web.as_("teacher_a")
    answer = await client.post("/files", files={"file": ("../가정통신문.pdf", TEXT, "application/pdf")})
    assert answer.status_code == 201
    file = answer.json()
    assert file == {"id": file["id"], "name": "가정통신문.pdf", "size": len(TEXT), "type": "application/pdf"}
    down = await client.get(f"/files/{file['id']}")
    assert (down.status_code, down.content) == (200, TEXT)
    headers = down.headers
    assert headers["content-type"] == "application/pdf"
    assert headers["content-length"] == str(len(TEXT))
    assert headers["content-disposition"].startswith("inline; ")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox"
    assert headers["cache-control"] == "private, no-cache"
    assert headers["accept-ranges"] == "bytes"


async def test_uploads_are_limited(mongod_url: str, database_name: str) -> None:
    async with run_web(mongod_url, database_name, limits=Limits(files_per_hour=2)) as web:
        client = await web.as_("student_a")
        file = {"file": ("a.txt", b"x", "text/plain")}
        repeated = [
            await client.post("/files", files=file, headers={"idempotency-key": "one"}) for _ in range(3)
        ]
        assert {answer.status_code for answer in repeated} == {201}
        assert (await client.post("/files", files=file)).status_code == 201
        refused = await client.post("/files", files=file)
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert 0 < refused.json()["retry_after"] <= 3_600
        assert (await (await web.as_("teacher_a")).post("/files", files=file)).status_code == 201
        web.clock.advance(3_600)
        assert (await (await web.as_("student_a")).post("/files", files=file)).status_code == 201


async def test_a_page_is_never_shown_as_one(web: Web) -> None:
    client = await web.as_("teacher_a")
    file = (await client.post("/files", files={"file": ("a.html", b"<script>", "text/html")})).json()
    down = await client.get(f"/files/{file['id']}")
    assert down.headers["content-disposition"].startswith("attachment; ")
    assert down.headers["content-security-policy"] == "sandbox"


@pytest.mark.parametrize(
    ("header", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10000-", 206, slice(10000, None)),
        ("bytes=-100", 206, slice(-100, None)),
        ("bytes=0-", 206, slice(None)),
        ("bytes=0-1,3-4", 200, slice(None)),
        ("nonsense", 200, slice(None)),
    ],
)
async def test_ranges(web: Web, header: str, status: int, part: slice) -> None:
    file = await web.keep("teacher_a", "a.txt", TEXT)
    client = await web.as_("teacher_a")
    answer = await client.get(f"/files/{file}", headers={"range": header})
    assert (answer.status_code, answer.content) == (status, TEXT[part])
    assert answer.headers["content-length"] == str(len(TEXT[part]))
    if status == 206:
        start, stop, _ = part.indices(len(TEXT))
        assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(TEXT)}"


async def test_a_range_outside(web: Web) -> None:
    file = await web.keep("teacher_a", "a.txt", TEXT)
    answer = await (await web.as_("teacher_a")).get(
        f"/files/{file}", headers={"range": f"bytes={len(TEXT)}-"}
    )
    assert (answer.status_code, answer.json()["code"]) == (416, "bad_request")
    assert answer.headers["content-range"] == f"bytes */{len(TEXT)}"


async def test_a_range_larger_than_one_piece_of_storage(web: Web) -> None:
    content = TEXT * 60  # three pieces of 256 KiB
    file = await web.keep("teacher_a", "a.bin", content, "application/octet-stream")
    client = await web.as_("teacher_a")
    answer = await client.get(f"/files/{file}", headers={"range": "bytes=262140-524300"})
    assert answer.content == content[262140:524301]


async def test_validators(web: Web) -> None:
    file = await web.keep("teacher_a", "a.txt", TEXT)
    client = await web.as_("teacher_a")
    etag = (await client.get(f"/files/{file}")).headers["etag"]
    same = await client.get(f"/files/{file}", headers={"if-none-match": etag})
    assert (same.status_code, same.content) == (304, b"")
    ranged = {"range": "bytes=0-4", "if-range": etag}
    assert (await client.get(f"/files/{file}", headers=ranged)).status_code == 206
    ranged["if-range"] = '"another"'
    assert (await client.get(f"/files/{file}", headers=ranged)).status_code == 200
    head = await client.head(f"/files/{file}", headers={"range": "bytes=0-4"})
    assert (head.status_code, head.headers["content-length"], head.content) == (206, "5", b"")


async def test_an_empty_file_is_a_file(web: Web) -> None:
    client = await web.as_("teacher_a")
    file = (await client.post("/files", files={"file": ("a.txt", b"", "text/plain")})).json()
    assert file["size"] == 0
    assert (await client.get(f"/files/{file['id']}")).content == b""


async def test_a_file_has_a_largest_size_exactly(mongod_url: str, database_name: str) -> None:
    most = 300_000
    async with run_web(mongod_url, database_name, limits=Limits(file_bytes=most)) as web:
        client = await web.as_("teacher_a")
        fits = await client.post("/files", files={"file": ("a.bin", b"x" * most)})
        assert (fits.status_code, fits.json()["size"]) == (201, most)
        for size in (most + 1, most + 100_000):
            exceeds = await client.post("/files", files={"file": ("a.bin", b"x" * size)})
            assert (exceeds.status_code, exceeds.json()["code"]) == (413, "too_large")
        request = client.build_request("POST", "/files", files={"file": ("a.bin", b"x" * (most + 100_000))})
        del request.headers["content-length"]  # it is counted, whatever is announced
        assert (await client.send(request)).status_code == 413
        assert await web.office.mongo["files"].count_documents({}) == 1
        assert await web.office.mongo["content.chunks"].count_documents({}) == 2


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"", "multipart/form-data", 400),
        (b"nonsense", "multipart/form-data; boundary=x", 400),
        (
            b'--x\r\ncontent-disposition: form-data; name="file"\r\n\r\nplain\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            400,
        ),
        (
            b'--x\r\ncontent-disposition: form-data; name="other"; filename="a"\r\n\r\nplain\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            400,
        ),
        (
            b'--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nno end',
            "multipart/form-data; boundary=x",
            400,
        ),
    ],
)
async def test_what_is_no_upload(web: Web, content: bytes, media_type: str, status: int) -> None:
    client = await web.as_("teacher_a")
    answer = await client.post("/files", content=content, headers={"content-type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (status, "bad_request"), answer.text


async def test_a_repeated_upload_is_kept_once(web: Web) -> None:
    client = await web.as_("teacher_a")
    headers = {"idempotency-key": "k1"}
    first = await client.post("/files", files={"file": ("a.txt", b"one")}, headers=headers)
    again = await client.post("/files", files={"file": ("a.txt", b"one")}, headers=headers)
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    for other in (("a.txt", b"two"), ("b.txt", b"one")):
        assert (await client.post("/files", files={"file": other}, headers=headers)).status_code == 409
    assert await web.office.mongo["files"].count_documents({}) == 1


async def test_who_may_have_a_file(web: Web) -> None:
    file = await web.keep("teacher_a", "a.txt", TEXT)

    async def may(key: str) -> bool:
        status = (await (await web.as_(key)).get(f"/files/{file}")).status_code
        assert status in {200, 404}
        return status == 200

    assert await may("teacher_a")
    assert not await may("head_a")
    assert not await may("admin")
    room = await web.office.group("teacher_a", "head_a", "guardian_a")
    seq = await sent(web, "teacher_a", room, file)
    assert await may("head_a")
    assert await may("guardian_a")
    assert not await may("teacher_a2")
    owner = await web.as_("teacher_a")
    await owner.post(f"/rooms/{room}/members", json={"remove": [web.office.people["guardian_a"]]})
    assert not await may("guardian_a")
    # one who comes later does not see what was said before, so not its files either
    await owner.post(f"/rooms/{room}/members", json={"add": [web.office.people["teacher_a2"]]})
    assert not await may("teacher_a2")
    await recall(web, "teacher_a", room, seq)
    assert not await may("head_a")
    assert await may("teacher_a")


async def test_a_file_sent_twice_is_there_while_one_message_is(web: Web) -> None:
    file = await web.keep("teacher_a", "a.txt", TEXT)
    rooms = [await web.office.group("teacher_a", "head_a") for _ in range(2)]
    first, again = [await sent(web, "teacher_a", rooms[0], file) for _ in range(2)]
    elsewhere = await sent(web, "teacher_a", rooms[1], file)
    client = await web.as_("head_a")
    for room, seq, status in ((rooms[0], first, 200), (rooms[1], elsewhere, 200), (rooms[0], again, 404)):
        await recall(web, "teacher_a", room, seq)
        assert (await client.get(f"/files/{file}")).status_code == status


async def test_claiming_a_file_gives_it_to_nobody_yet(web: Web) -> None:
    file = await web.keep("teacher_a", "a.txt", TEXT)
    room = await web.office.group("teacher_a", "head_a")
    # as where the process ends between attaching the file and storing the message
    claimed = await web.services.files.claim(web.office.people["teacher_a"], room, [file])
    assert claimed == [FileRef(file, "a.txt", len(TEXT), "text/plain")]
    assert (await (await web.as_("head_a")).get(f"/files/{file}")).status_code == 404


async def test_nobody_sends_what_is_somebody_elses(web: Web) -> None:
    file = await web.keep("teacher_a", "a.txt", TEXT)
    room = await web.office.group("head_a", "officer")
    answer = await (await web.as_("head_a")).post(f"/rooms/{room}/events", json={"text": "", "files": [file]})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert (await (await web.as_("officer")).get(f"/files/{file}")).status_code == 404


@pytest.mark.parametrize("file", ["f000000000000", "x", "%2e%2e", "f" * 65])
async def test_no_such_file(web: Web, file: str) -> None:
    assert (await (await web.as_("teacher_a")).get(f"/files/{file}")).status_code == 404
