"""Live view through a whole edge: supervisor, shard, relay and a broker, with a viewer on loopback."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.clock import SystemClock
from core.events import Answer, Command, decode
from core.ids import new_id
from core.process import descendants
from edge import supervisor as supervisor_module
from edge.supervisor import Supervisor
from tests.brokers import RunningBroker
from tests.edge.centre import ListeningCentre
from tests.edge.conftest import StartCameras
from tests.edge.test_supervisor import settings
from tests.edge.viewers import Viewer, loopback
from tests.patience import PATIENCE_S, until

__all__ = ["loopback"]
LIVE: dict[str, Any] = {"viewers": 1, "addresses": ["127.0.0.1"]}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "STOP_S", 1.0)  # clips have nowhere to go here


def start(folder: Path, urls: dict[str, str], broker: RunningBroker, live: dict[str, Any]) -> Iterator[Supervisor]:
    given = settings(folder, urls, mqtt_port=broker.mqtt_port, live=live, detection={"shards": 1})
    supervisor = Supervisor(given, "test", SystemClock())
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    yield supervisor
    supervisor.stop()
    thread.join()


@pytest.fixture
def edge(tmp_path: Path, cameras: StartCameras, broker: RunningBroker) -> Iterator[Supervisor]:
    """One camera, one viewer at a time."""
    yield from start(tmp_path, {"a": cameras().url("a/sub")}, broker, LIVE)


@pytest.fixture
def blind(tmp_path: Path, cameras: StartCameras, broker: RunningBroker) -> Iterator[Supervisor]:
    """An edge whose installer wants no live view."""
    yield from start(tmp_path, {"a": cameras().url("a/sub")}, broker, {"viewers": 0})


def answers(centre: ListeningCentre, command: str) -> list[Answer]:
    found = [decode(Answer, payload) for payload in centre.of("live")]
    return [each for each in found if each.command == command]


def ask(centre: ListeningCentre, name: str, **args: str) -> Answer:
    command = Command(id=new_id(), name=name, args=args)
    centre.send(command)
    return until(lambda: next(iter(answers(centre, command.id)), None))


@contextmanager
def listening(broker: RunningBroker) -> Iterator[ListeningCentre]:
    """A centre that the edge hears already: what is said before that reaches nobody."""
    with ListeningCentre(broker, acks=True) as centre:

        def heard() -> bool:
            centre.send(Command(id=new_id(), name="status"))
            return bool(centre.statuses)

        until(heard)
        yield centre


def relays() -> list[int]:
    """The processes of relays below this one."""
    found = []
    for pid in descendants(os.getpid()):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"edge.live" in words:
            found.append(pid)
    return found


@pytest.mark.usefixtures("edge", "loopback")
def test_a_viewer_watches_a_camera_of_the_edge_until_the_lease_is_over(broker: RunningBroker) -> None:
    with listening(broker) as centre:
        asyncio.run(watch(centre))


async def watch(centre: ListeningCentre) -> None:
    viewer, second = Viewer(), Viewer()
    try:
        offer = await viewer.offer()
        answer = Answer(command=new_id(), ok=False)
        async with asyncio.timeout(PATIENCE_S):
            while not answer.ok:  # until the camera is there
                answer = await asyncio.to_thread(ask, centre, "live", camera="a", sdp=offer, lease_s="30")
                assert answer.ok or answer.code in ("no-picture", "unavailable")
        await viewer.accept(answer.sdp)
        for _ in range(5):
            picture = await viewer.picture()
        assert (picture.width, picture.height) == (512, 384)
        refused = await asyncio.to_thread(ask, centre, "live", camera="a", sdp=await second.offer())
        assert refused.code == "full"
        still = await asyncio.to_thread(ask, centre, "live-picture", camera="a")
        assert still.jpeg.startswith(b"\xff\xd8\xff")
        centre.send(Command(id=new_id(), name="live-keep", args={"views": answer.command, "lease_s": "0"}))
        said = await asyncio.to_thread(until, lambda: answers(centre, answer.command)[1:])
        assert [each.code for each in said] == ["lapsed"]
    finally:
        await viewer.close()
        await second.close()


@pytest.mark.usefixtures("edge")
def test_a_relay_that_is_killed_comes_back_and_its_views_are_said_to_have_ended(broker: RunningBroker) -> None:
    with listening(broker) as centre:
        until(lambda: ask(centre, "live-picture", camera="a").ok)
        (victim,) = relays()
        os.kill(victim, signal.SIGKILL)
        gone = new_id()

        def ended() -> bool:  # the centre renews again and again; what went into a dying pipe is lost
            centre.send(Command(id=new_id(), name="live-keep", args={"views": gone}))
            return "ended" in [each.code for each in answers(centre, gone)]

        until(ended)
        until(lambda: ask(centre, "live-picture", camera="a").ok)
        assert relays() != [victim]


@pytest.mark.usefixtures("blind")
def test_an_edge_without_live_view_says_so_and_runs_no_relay(broker: RunningBroker) -> None:
    with listening(broker) as centre:
        for name in ("live", "live-picture"):
            answer = ask(centre, name, camera="a")
            assert (answer.ok, answer.code) == (False, "off")
            assert answer.message == "this edge gives no live view; see live.viewers in its edge.toml"
        assert relays() == []


def test_nothing_of_it_is_left_when_the_edge_ends(tmp_path: Path, broker: RunningBroker) -> None:
    running = start(tmp_path, {"a": "rtsp://127.0.0.1:1/sub"}, broker, LIVE)
    next(running)
    (pid,) = until(lambda: [found] if (found := relays()) else None)
    folder = Path(Path(f"/proc/{pid[0]}/cmdline").read_bytes().split(b"\0")[-2].decode()).parent
    assert folder.is_dir()
    next(running, None)
    assert relays() == []
    assert not folder.exists()
