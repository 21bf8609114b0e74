"""Ports for the servers of the tests."""

import os
import secrets
import socket

# Below those that Linux gives to outgoing connections, so that they stay free in between.
_FIRST, _EACH, _PROCESSES = 20_000, 3_000, 4
_given: set[int] = set()


def free_port() -> int:
    """Find a free port, which nobody else in this run is given: not even while its server is down."""
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _PROCESSES
    while True:
        port = _FIRST + process * _EACH + secrets.randbelow(_EACH)
        with socket.socket() as probe:
            if port not in _given and probe.connect_ex(("127.0.0.1", port)) != 0:
                _given.add(port)
                return port
