"""A shard as the supervisor starts it: a process at the other end of a pipe."""

import multiprocessing
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import pytest

from edge.channel import Assignment, Credentials, Failed, FromShard, Ready, Recorded, Report, receive, send
from edge.settings import CameraSettings, Detection
from tests.edge.conftest import StartCameras
from tests.patience import PATIENCE_S


@dataclass
class RunningShard:
    """The process, and our end of its pipe."""

    process: subprocess.Popen[bytes]
    pipe: "Connection[Any, Any]"

    def hear(self, kind: type[FromShard]) -> FromShard:
        """The next message of that kind."""
        while True:
            assert self.pipe.poll(PATIENCE_S)
            message = receive(self.pipe)
            if isinstance(message, kind):
                return message

    def rest(self) -> list[FromShard]:
        """All that it still says before it ends."""
        said: list[FromShard] = []
        while True:
            try:
                said.append(receive(self.pipe))
            except EOFError:
                return said


@pytest.fixture
def shard() -> Iterator[RunningShard]:
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        handle = theirs.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "edge.shard", str(handle)], pass_fds=[handle], stdin=subprocess.DEVNULL
        )
        theirs.close()
        yield RunningShard(process, ours)
    process.kill()
    process.wait()


def work(url: str, model: str = "nanodet-g-416") -> Assignment:
    camera = CameraSettings(id="gerbang", name="Gerbang", area="33.03.05.1005", url=url)
    return Assignment("pos-1", [camera], [Credentials("", "")], Detection(model=model), "Asia/Jakarta", [], "clips")


def test_it_reads_its_cameras_until_it_is_told_to_end(shard: RunningShard, cameras: StartCameras) -> None:
    """Ctrl-C reaches every process of a terminal; a shard leaves its end to the supervisor."""
    send(shard.pipe, work(cameras().url("a/main")))
    shard.hear(Ready)
    shard.process.send_signal(signal.SIGINT)
    decoded = 0
    while not decoded:
        report = shard.hear(Report)
        assert isinstance(report, Report)
        decoded = report.cameras[0].counts.frames_decoded
    shard.process.terminate()
    (last,) = [said for said in shard.rest() if not isinstance(said, Recorded)][-1:]
    assert isinstance(last, Report)
    assert last.cameras[0].counts.frames_decoded >= decoded
    assert shard.process.wait(PATIENCE_S) == 0


def test_it_ends_when_its_supervisor_is_gone(shard: RunningShard, cameras: StartCameras) -> None:
    send(shard.pipe, work(cameras().url("a/main")))
    shard.hear(Ready)
    shard.pipe.close()
    assert shard.process.wait(PATIENCE_S) == 0


def test_it_ends_when_it_never_gets_any_work(shard: RunningShard) -> None:
    shard.pipe.close()
    assert shard.process.wait(PATIENCE_S) == 0


def test_a_model_that_is_not_there_is_one_clear_line(shard: RunningShard) -> None:
    send(shard.pipe, work("rtsp://127.0.0.1:1/main", model="dream-9000"))
    assert shard.hear(Failed) == Failed("no model is called 'dream-9000'. There are: nanodet-g-416.")
    assert shard.process.wait(PATIENCE_S) == 1
