import multiprocessing
from datetime import date
from multiprocessing.connection import Connection
from typing import Any

import msgspec
import pytest

from core.events import CameraCounts, CameraStatus, Media
from edge.channel import (
    NO_STREAM,
    Assignment,
    Credentials,
    Failed,
    Found,
    FromShard,
    Ready,
    Recorded,
    Report,
    receive,
    receive_assignment,
    send,
)
from edge.rules.settings import RuleSettings
from edge.settings import CameraSettings, Detection
from tests.edge.fakes import an_event

Pipe = tuple["Connection[Any, Any]", "Connection[Any, Any]"]
STATUS = CameraStatus(
    id="gerbang", name="Gerbang", area="33.03", state="ok", fps=4.9, counts=CameraCounts(frames_decoded=7)
)


@pytest.fixture
def pipe() -> Pipe:
    return multiprocessing.Pipe()


@pytest.mark.parametrize(
    "message",
    [
        Found(an_event(), b"\xff\xd8\xff"),
        Recorded([an_event().id, an_event().id], Media.of(b"a clip")),
        Report([STATUS, STATUS]),
        Ready(),
        Failed("no model is called 'x'"),
    ],
)
def test_what_a_shard_says_arrives_as_it_was(pipe: Pipe, message: FromShard) -> None:
    send(pipe[0], message)
    assert receive(pipe[1]) == message


def test_an_assignment_arrives_as_it_was(pipe: Pipe) -> None:
    rule = RuleSettings(id="halaman", zone=[(0, 0), (1, 0), (1, 1)], schedule=["22:00-05:00"])
    camera = CameraSettings(id="gerbang", name="Gerbang", area="33.03", url="rtsp://10.0.0.7/main", rules=[rule])
    logins, detection = [Credentials("kamling", "rahasia")], Detection(shards=2)
    work = Assignment("pos-1", [camera], logins, detection, "Asia/Jakarta", [date(2026, 8, 17)], "clips")
    send(pipe[0], work)
    assert receive_assignment(pipe[1]) == work


def test_the_end_of_the_other_side_is_noticed(pipe: Pipe) -> None:
    pipe[0].close()
    with pytest.raises(EOFError):
        receive(pipe[1])
    with pytest.raises(OSError, match="Broken pipe"):
        send(pipe[1], Ready())


def test_a_message_of_another_kind_is_refused(pipe: Pipe) -> None:
    pipe[0].send_bytes(msgspec.msgpack.encode({"type": "surprise"}))
    with pytest.raises(msgspec.ValidationError):
        receive(pipe[1])


def test_the_stand_in_for_a_stream_is_of_the_contract() -> None:
    assert an_event().stream == NO_STREAM
    assert msgspec.convert(msgspec.to_builtins(an_event()), type(an_event()))
