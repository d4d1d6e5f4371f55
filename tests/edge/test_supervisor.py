"""A whole edge on simulated cameras: shards that die, signals, and settings that cannot work."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.clock import SystemClock
from core.errors import EkamlingError, ServiceError
from core.events import CameraStatus, Command, Event, Snapshot, Status, decode
from core.ids import new_id
from core.process import descendants
from edge import shards as shards_module
from edge import supervisor as supervisor_module
from edge.arming import Arming
from edge.channel import Assignment
from edge.roster import RESTARTING
from edge.settings import EdgeSettings
from edge.shards import assignments, deal, logins
from edge.supervisor import Supervisor
from tests.brokers import EDGES, RunningBroker
from tests.edge.centre import ListeningCentre
from tests.edge.conftest import Cameras, StartCameras
from tests.patience import until

EVERYWHERE = [[0, 0], [1, 0], [1, 1], [0, 1]]


def settings(folder: Path, urls: dict[str, str], *, mqtt_port: int = 1, **changes: Any) -> EdgeSettings:
    secret = folder / "edge.secret"
    secret.write_text(EDGES["pos-1"])
    cameras = [
        {
            "id": name,
            "name": name,
            "area": "33.03.05.1005",
            "url": url,
            "rules": [{"id": "halaman", "zone": EVERYWHERE}],
        }
        for name, url in urls.items()
    ]
    raw = {
        "id": "pos-1",
        "data": str(folder / "edge"),
        "centre": {
            "mqtt_host": "127.0.0.1",
            "mqtt_port": mqtt_port,
            "url": "http://127.0.0.1:1",
            "secret_file": str(secret),
        },
        "cameras": cameras,
        "detection": {"shards": 2},
    }
    return msgspec.convert(raw | changes, EdgeSettings)


@dataclass
class RunningEdge:
    """A supervisor at work in a thread."""

    supervisor: Supervisor
    thread: threading.Thread

    def cameras(self) -> dict[str, CameraStatus]:
        return {camera.id: camera for camera in self.supervisor.status(online=True).cameras}

    def all_ok(self) -> bool:
        return all(camera.state == "ok" for camera in self.cameras().values())


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards_module, "RESTART_S", 0.05)
    monkeypatch.setattr(shards_module, "STOP_S", 3.0)
    monkeypatch.setattr(supervisor_module, "STOP_S", 3.0)


@pytest.fixture
def plugged(cameras: StartCameras) -> Cameras:
    return cameras()


@pytest.fixture
def edge(tmp_path: Path, plugged: Cameras, broker: RunningBroker) -> Iterator[RunningEdge]:
    """Two cameras, two shards."""
    urls = {"a": plugged.url("a/main"), "b": plugged.url("b/main")}
    supervisor = Supervisor(settings(tmp_path, urls, mqtt_port=broker.mqtt_port), "test", SystemClock())
    running = RunningEdge(supervisor, threading.Thread(target=supervisor.run))
    running.thread.start()
    yield running
    supervisor.stop()
    running.thread.join()


def shards_of(pid: int) -> list[int]:
    """Processes of shards below one."""
    found = []
    for child in descendants(pid):
        try:
            arguments = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"edge.shard" in arguments:
            found.append(child)
    return found


def test_a_shard_that_is_killed_comes_back_and_disturbs_no_other(edge: RunningEdge) -> None:
    until(edge.all_ok)
    before, (victim, other) = edge.cameras(), shards_of(os.getpid())
    os.kill(victim, signal.SIGKILL)
    lost = until(lambda: next((one for one in edge.cameras().values() if one.state == "failed"), None))
    assert lost.reason == RESTARTING
    until(edge.all_ok)
    after = shards_of(os.getpid())
    assert other in after
    assert victim not in after
    assert len(after) == 2
    for name, camera in edge.cameras().items():
        assert camera.counts.frames_decoded >= before[name].counts.frames_decoded


def test_events_reach_the_centre_and_the_end_is_told(edge: RunningEdge, broker: RunningBroker) -> None:
    with ListeningCentre(broker, acks=True) as centre:
        event = decode(Event, until(lambda: centre.of("event"))[0])
        snapshot = decode(Snapshot, until(lambda: centre.of("snapshot"))[0])
        assert (event.camera in "ab", event.rule, event.label, event.clip_follows) == (True, "halaman", "person", True)
        assert snapshot.event == event.id
        centre.send(Command(id=new_id(), name="dance"))
        until(lambda: any(b"does not know the command 'dance'" in reply for reply in centre.of("reply")))
        heard = len(centre.statuses)
        centre.send(Command(id=new_id(), name="status"))
        until(lambda: len(centre.statuses) > heard)
        edge.supervisor.stop()
        farewell = centre.await_status(online=False)
    edge.thread.join()
    assert isinstance(farewell, Status)
    assert {camera.id for camera in farewell.cameras} == {"a", "b"}
    assert shards_of(os.getpid()) == []


def test_rules_groups_and_cameras_change_while_the_others_go_on(
    edge: RunningEdge, plugged: Cameras, tmp_path: Path, broker: RunningBroker
) -> None:
    """Camera `a` gets another group and no rules, `b` goes, `c` comes: `a` keeps its connection and its shard."""
    until(edge.all_ok)
    shards, connected = set(shards_of(os.getpid())), plugged.connections
    urls = {"a": plugged.url("a/main"), "c": plugged.url("b/main")}
    given = settings(tmp_path, urls, mqtt_port=broker.mqtt_port)
    a, c = given.cameras
    a = msgspec.structs.replace(a, group="blok-a", rules=[])
    edge.supervisor.apply(msgspec.structs.replace(given, cameras=[a, c]))
    until(lambda: set(edge.cameras()) == {"a", "c"} and edge.all_ok() and edge.cameras()["a"].group == "blok-a")
    assert set(shards_of(os.getpid())) == shards
    assert plugged.connections == connected + 1
    assert edge.cameras()["a"].counts.reconnects == 0


def test_settings_that_cannot_work_change_nothing(edge: RunningEdge, plugged: Cameras, tmp_path: Path) -> None:
    until(edge.all_ok)
    given = settings(tmp_path, {"z": plugged.url("a/main")})
    (camera,) = given.cameras
    camera = msgspec.structs.replace(camera, password_file=str(tmp_path / "missing"))
    with pytest.raises(EkamlingError, match="cannot read the password of camera z"):
        edge.supervisor.apply(msgspec.structs.replace(given, cameras=[camera]))
    assert set(edge.cameras()) == {"a", "b"}
    assert edge.all_ok()


def test_what_needs_a_new_start_is_said(
    edge: RunningEdge, plugged: Cameras, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    urls = {"a": plugged.url("a/main"), "b": plugged.url("b/main")}
    edge.supervisor.apply(settings(tmp_path, urls, time_zone="Asia/Makassar"))
    assert "changes of centre, time_zone take effect when the edge is started again" in caplog.text


def test_the_centre_arms_a_group_without_a_break(edge: RunningEdge, broker: RunningBroker, plugged: Cameras) -> None:
    until(edge.all_ok)
    connected = plugged.connections
    with ListeningCentre(broker, acks=True) as centre:
        centre.send(Command(id=new_id(), name="arm", args={"group": "main", "mode": "disarmed"}))
        until(lambda: all(camera.mode == "disarmed" for camera in edge.cameras().values()))
        until(lambda: any(camera.mode == "disarmed" for status in centre.statuses for camera in status.cameras))
        quiet = [camera.counts.events for camera in edge.cameras().values()]
        decoded = sum(camera.counts.frames_decoded for camera in edge.cameras().values())
        until(lambda: sum(camera.counts.frames_decoded for camera in edge.cameras().values()) > decoded + 100)
        assert [camera.counts.events for camera in edge.cameras().values()] == quiet
        centre.send(Command(id=new_id(), name="arm", args={"group": "main", "mode": "mudik"}))
        heard = until(lambda: [e for e in map(partial(decode, Event), centre.of("event")) if e.severity == 1])
        assert heard[0].kind == "intrusion"
    assert plugged.connections == connected


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ({"group": "blok-z", "mode": "armed"}, "has no group 'blok-z'; it has main"),
        ({"group": "main", "mode": "asleep"}, "'asleep' is not a mode"),
        ({}, "has no group ''"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(edge: RunningEdge, args: dict[str, str], why: str) -> None:
    reply = edge.supervisor.answer(Command(id=new_id(), name="arm", args=args))
    assert reply is not None
    assert not reply.ok
    assert why in reply.message


def test_a_mode_set_on_the_edge_itself_is_taken_over(edge: RunningEdge, tmp_path: Path) -> None:
    until(edge.all_ok)
    Arming(tmp_path / "edge").set("main", "night")
    until(lambda: all(camera.mode == "night" for camera in edge.cameras().values()))


PROGRAM = """
import signal, sys
import msgspec
from core.clock import SystemClock
from edge.settings import EdgeSettings
from edge.supervisor import Supervisor
supervisor = Supervisor(msgspec.json.decode(sys.argv[1], type=EdgeSettings), "test", SystemClock())
signal.signal(signal.SIGTERM, lambda *_: supervisor.stop())
supervisor.run()
"""


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_edge(tmp_path: Path, plugged: Cameras, signum: signal.Signals) -> None:
    given = msgspec.json.encode(settings(tmp_path, {"a": plugged.url("a/sub"), "b": plugged.url("b/sub")})).decode()
    with subprocess.Popen([sys.executable, "-c", PROGRAM, given]) as program:
        shards = until(lambda: found if len(found := shards_of(program.pid)) == 2 else None)
        until(lambda: plugged.connections >= 2)
        program.send_signal(signum)
        assert program.wait() == (0 if signum == signal.SIGTERM else -signum)
        until(lambda: not any(Path(f"/proc/{shard}").exists() for shard in shards))


def test_a_model_that_is_not_there_ends_the_edge_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    wrong = settings(tmp_path, {"a": "rtsp://127.0.0.1:1/main"}, detection={"model": "dream-9000"})
    with pytest.raises(ServiceError, match=r"^no model is called 'dream-9000'\. There are: nanodet-g-416\.$"):
        Supervisor(wrong, "test", SystemClock()).run()
    assert shards_of(os.getpid()) == []
    assert "starts again" not in caplog.text


def test_a_password_file_that_is_missing_is_named_with_its_camera(tmp_path: Path) -> None:
    given = settings(tmp_path, {"a": "rtsp://127.0.0.1:1/main"})
    (camera,) = given.cameras
    camera = msgspec.structs.replace(camera, password_file=str(tmp_path / "missing"))
    with pytest.raises(EkamlingError, match="missing: cannot read the password of camera a: No such file"):
        Supervisor(msgspec.structs.replace(given, cameras=[camera]), "test", SystemClock())


def work_of(given: EdgeSettings) -> list[Assignment]:
    return assignments(given, logins(given.cameras), {}, [])


@pytest.mark.parametrize(
    ("cameras", "before", "dealt"),
    [
        ("abcd", ["ac", "bd"], ["ac", "bd"]),
        ("abcde", ["ac", "bd"], ["ace", "bd"]),
        ("bcd", ["ac", "bd"], ["c", "bd"]),
        ("bd", ["ac", "bd"], ["d", "b"]),
        ("wxyz", ["ac", "bd"], ["wy", "xz"]),
        ("ab", ["ab", ""], ["a", "b"]),
    ],
)
def test_a_camera_stays_with_its_shard_while_others_come_and_go(
    cameras: str, before: list[str], dealt: list[str]
) -> None:
    assert [sorted(hand) for hand in deal(cameras, before, 2)] == [sorted(hand) for hand in dealt]


@pytest.mark.parametrize(
    ("cameras", "shards", "dealt"),
    [(5, 2, ["ace", "bd"]), (4, 4, ["a", "b", "c", "d"]), (2, 8, ["a", "b"]), (6, 1, ["abcdef"]), (1, 1, ["a"])],
)
def test_cameras_are_dealt_evenly(tmp_path: Path, cameras: int, shards: int, dealt: list[str]) -> None:
    urls = {name: f"rtsp://10.0.0.7/{name}" for name in "abcdef"[:cameras]}
    work = work_of(settings(tmp_path, urls, detection={"shards": shards}))
    assert ["".join(camera.id for camera in one.cameras) for one in work] == dealt
    assert all(len(one.credentials) == len(one.cameras) for one in work)


def test_by_default_there_is_a_shard_for_each_core(tmp_path: Path) -> None:
    urls = {f"c{number}": f"rtsp://10.0.0.7/{number}" for number in range(100)}
    work = work_of(settings(tmp_path, urls, detection={"shards": 0}))
    assert len(work) == min(100, len(os.sched_getaffinity(0)))


def test_passwords_go_with_their_cameras(tmp_path: Path) -> None:
    given = settings(tmp_path, {name: f"rtsp://10.0.0.7/{name}" for name in "abc"})
    changed = []
    for camera in given.cameras:
        secret = tmp_path / f"{camera.id}.secret"
        secret.write_text(f"rahasia-{camera.id}\n")
        changed.append(msgspec.structs.replace(camera, username=f"user-{camera.id}", password_file=str(secret)))
    for work in work_of(msgspec.structs.replace(given, cameras=changed)):
        for camera, login in zip(work.cameras, work.credentials, strict=True):
            assert (login.username, login.password) == (f"user-{camera.id}", f"rahasia-{camera.id}")
