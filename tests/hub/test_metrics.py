import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.metrics import Metrics
from hub.worker_metrics import FOLDER, forget_worker, shared_metrics

ROOT = Path(__file__).parents[2]

WORKER = """
from hub.metrics import Metrics
metrics = Metrics()
metrics.connected({connections})
metrics.command("send", "ok")
metrics.committed(10, 0.004)
metrics.http("GET", "/api/v1/me", 200, 0.02)
metrics.sample(deliveries=5, gaps=1, dropped=0, people=2, rooms=3, waiting=4)
print(__import__("os").getpid())
print(metrics.render().decode())
"""


def lines(text: str) -> set[str]:
    return {line for line in text.splitlines() if not line.startswith("#")}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(FOLDER, raising=False)
    with shared_metrics():
        pass  # at its end the library reads the environment again
    yield
    monkeypatch.undo()
    with shared_metrics():
        pass


def test_a_process_alone_tells_its_own_numbers() -> None:
    metrics = Metrics()
    metrics.connected(3)
    metrics.command("send", "ok")
    metrics.command("send", "ok")
    metrics.command("send", "forbidden")
    metrics.slow_close()
    metrics.committed(7, 0.004)
    metrics.http("GET", "/api/v1/me", 200, 0.02)
    told = lines(metrics.render().decode())
    assert told >= {
        "madang_connections 3.0",
        'madang_commands_total{outcome="ok",verb="send"} 2.0',
        'madang_commands_total{outcome="forbidden",verb="send"} 1.0',
        "madang_slow_closes_total 1.0",
        "madang_events_appended_total 7.0",
        'madang_commit_events_bucket{le="5.0"} 0.0',
        'madang_commit_events_bucket{le="10.0"} 1.0',
        'madang_http_requests_total{method="GET",route="/api/v1/me",status="200"} 1.0',
        'madang_http_seconds_count{route="/api/v1/me"} 1.0',
    }
    assert any(line.startswith("process_cpu_seconds_total") for line in told)


def test_totals_that_are_counted_elsewhere_are_taken_over() -> None:
    metrics = Metrics()
    metrics.sample(deliveries=5, gaps=1, dropped=0, people=2, rooms=3, waiting=4)
    metrics.sample(deliveries=9, gaps=1, dropped=2, people=1, rooms=3, waiting=0)
    assert lines(metrics.render().decode()) >= {
        "madang_deliveries_total 9.0",
        "madang_gaps_filled_total 1.0",
        "madang_bus_dropped_total 2.0",
        "madang_present_people 1.0",
        "madang_subscribed_rooms 3.0",
        "madang_log_waiting 0.0",
    }


def test_metrics_of_two_hubs_do_not_meet() -> None:
    one, other = Metrics(), Metrics()
    one.slow_close()
    assert "madang_slow_closes_total 0.0" in lines(other.render().decode())


def test_whichever_worker_is_asked_tells_the_sum() -> None:
    with shared_metrics():
        pids, told = [], ""
        for connections in (3, 4):
            program = WORKER.format(connections=connections)
            run = subprocess.run(
                [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
            )
            pid, _, told = run.stdout.partition("\n")
            pids.append(int(pid))
        assert lines(told) >= {
            "madang_connections 7.0",
            'madang_commands_total{outcome="ok",verb="send"} 2.0',
            "madang_events_appended_total 20.0",
            'madang_commit_events_bucket{le="10.0"} 2.0',
            "madang_deliveries_total 10.0",
            "madang_present_people 4.0",
        }
        forget_worker(pids[0])
        program = "from hub.metrics import Metrics; print(Metrics().render().decode())"
        run = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert lines(run.stdout) >= {"madang_connections 4.0", "madang_events_appended_total 20.0"}


def test_the_folder_of_the_workers_is_there_for_as_long_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    with shared_metrics():
        folder = Path(os.environ[FOLDER])
        assert folder.is_dir()
    assert not folder.exists()
    assert FOLDER not in os.environ
    monkeypatch.setenv(FOLDER, "/elsewhere")
    with shared_metrics():
        assert os.environ[FOLDER] != "/elsewhere"
    assert os.environ[FOLDER] == "/elsewhere"
    monkeypatch.delenv(FOLDER)
    forget_worker(1)  # of workers that share nothing there is nothing to forget
