"""How a connection is kept: its state, its pauses between failures, and its figures. No camera is needed for that."""

import logging
import threading

import pytest

from core.errors import ModelError, SourceError, SourceRefused
from edge.channel import Credentials
from edge.connection import Connection
from edge.rtsp.client import RtspClient
from tests.patience import PATIENCE_S

GONE = SourceError("camera 10.0.0.7 does not answer")


class Waits(threading.Event):
    """Notes how long somebody would have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0.0)
        return self.is_set()


class Script:
    """A connection that goes through a script, one step a client, and is closed at its end.

    A step is an error, raised at once, or one after so many packets were lost and a picture came.
    """

    def __init__(self, *steps: Exception | tuple[int, Exception], stream: str = "") -> None:
        self.connection = Connection("gerbang", "rtsp://127.0.0.1:1/main", Credentials("", ""), stream=stream)
        self.seen: list[tuple[str, str]] = []  # state and reason when a client is new, and after a picture
        self.waits = self.connection._closed = Waits()
        self._steps = iter(steps)
        self.connection.keep(self._once)

    def _once(self, client: RtspClient) -> None:
        self._look()
        step = next(self._steps, None)
        if step is None:
            self.connection.close()
        elif isinstance(step, Exception):
            raise step
        else:
            client.counts.lost, error = step
            self.connection.alive()
            self._look()
            raise error

    def _look(self) -> None:
        self.seen.append((self.connection.state, self.connection.reason))


@pytest.fixture(autouse=True)
def without_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: 1.0)


def test_pauses_between_failures_grow() -> None:
    assert Script(*[GONE] * 6).waits.seconds[:6] == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_they_begin_anew_after_a_picture() -> None:
    assert Script(*[GONE] * 4, (0, GONE), GONE).waits.seconds[:6] == [1.0, 2.0, 4.0, 8.0, 1.0, 2.0]


def test_a_refusal_waits_long() -> None:
    assert Script(GONE, SourceRefused("refused the password")).waits.seconds[:2] == [1.0, 60.0]


def test_it_is_failed_with_the_last_reason_until_a_picture_comes() -> None:
    script = Script(GONE, SourceError("its stall"), (0, GONE))
    assert script.seen == [
        ("connecting", ""),
        ("failed", str(GONE)),
        ("failed", "its stall"),
        ("ok", ""),
        ("failed", str(GONE)),
    ]


def test_a_reason_names_the_stream_where_it_is_the_stream_s() -> None:
    script = Script(GONE, ModelError("model x: fails"), stream="sub stream")
    assert [reason for _, reason in script.seen] == ["", f"sub stream: {GONE}", "model x: fails"]


def test_a_mistake_of_ours_is_logged_and_told(caplog: pytest.LogCaptureFixture) -> None:
    script = Script(ZeroDivisionError("a mistake"))
    assert script.seen[-1] == ("failed", "its analysis broke (ZeroDivisionError); see the edge's log")
    (told,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert told.exc_info


def test_figures_are_of_all_its_connections() -> None:
    connection = Script((3, GONE), GONE, (2, GONE)).connection
    assert (connection.lost, connection.reconnects) == (5, 3)


def test_one_that_is_closed_before_it_begins_reads_nothing() -> None:
    connection = Connection("gerbang", "rtsp://127.0.0.1:1/main", Credentials("", ""))
    connection.close()
    read: list[RtspClient] = []
    connection.keep(read.append)
    assert read == []


@pytest.mark.parametrize("step", [GONE, (0, GONE)])
def test_who_waits_learns_of_the_first_picture_and_of_the_first_failure(
    step: Exception | tuple[int, Exception],
) -> None:
    assert Script(step).connection.wait(0)
    assert not Script().connection.wait(0)


def test_an_address_that_is_none_is_a_failure_too() -> None:
    """It is told like others, in place of ending the thread."""
    connection = Connection("gerbang", "http://127.0.0.1/main", Credentials("", ""))
    read: list[RtspClient] = []
    keeping = threading.Thread(target=connection.keep, args=(read.append,))
    keeping.start()
    assert connection.wait(PATIENCE_S)
    connection.close()
    keeping.join()
    assert (connection.state, read) == ("failed", [])
    assert "rtsp://" in connection.reason
