"""What a connection leaves behind in a real server process: nothing, without the garbage collector's help."""

import json
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

PROGRAM = """
import asyncio, gc, json, os, signal, sys, threading, time
from websockets.asyncio.client import connect
from config.reading import load
from hub import serve

settings = load(json.loads(sys.argv[1]))
KINDS = ("ConfiguredProtocol", "HTTPChannel", "HubRequest", "FrameQueue", "DaphneOutlet", "Connection")

def alive():
    kinds = [type(one) for one in gc.get_objects()]
    return sum(kind.__name__ in KINDS and kind.__module__ != "pymongo.synchronous.pool" for kind in kinds)

async def visit(address):
    async with connect(address) as line:
        await line.send('{"id":1,"ping":{}}')
        await line.recv()

async def visits(address):
    for _ in range(10):
        await asyncio.gather(*(visit(address) for _ in range(10)))
    async with connect(address):
        return alive()

def client(address):
    gc.disable()
    most, deadline = asyncio.run(visits(address)), time.monotonic() + 20
    while (left := alive()) and time.monotonic() < deadline:
        time.sleep(0.1)
    print(json.dumps([most, left]), flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

listening = serve.listen("127.0.0.1", 0)
address = "ws://127.0.0.1:%d/ws" % listening.getsockname()[1]
ready = threading.Thread(target=client, args=(address,), daemon=True).start
sys.exit(serve.run_worker(settings, settings.mongodb_url, listening, ready))
"""


def test_connections_that_have_ended_are_freed_at_once(mongod_url: str, tmp_path: Path) -> None:
    told = {
        "MADANG_MONGODB_URL": mongod_url,
        "MADANG_MONGODB_DATABASE": f"server_{secrets.token_hex(4)}",
        "MADANG_DATA": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, json.dumps(told)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    most, left = json.loads(done.stdout.splitlines()[-1])
    assert most > 0
    assert left == 0
