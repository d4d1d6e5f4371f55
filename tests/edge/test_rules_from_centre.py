"""Rules that the centre sends to a running edge: one camera follows, the others see nothing of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core import rules
from core.clock import SystemClock
from core.events import CameraStatus, Command, Event, Reply, decode
from core.ids import new_id
from core.rules import RulesDocument
from edge import shards as shards_module
from edge import supervisor as supervisor_module
from edge.settings import EdgeSettings
from edge.supervisor import Supervisor
from tests.brokers import EDGES, RunningBroker
from tests.edge.centre import ListeningCentre
from tests.edge.conftest import Cameras, StartCameras
from tests.patience import until

EVERYWHERE = [[0, 0], [1, 0], [1, 1], [0, 1]]
SKY = [[0, 0], [0.02, 0], [0.02, 0.02], [0, 0.02]]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards_module, "STOP_S", 3.0)
    monkeypatch.setattr(supervisor_module, "STOP_S", 3.0)


@pytest.fixture
def plugged(cameras: StartCameras) -> Cameras:
    return cameras()


@pytest.fixture
def given(tmp_path: Path, plugged: Cameras, broker: RunningBroker) -> EdgeSettings:
    """Two cameras in one shard; `a` looks for people in a corner of the sky only."""
    secret = tmp_path / "edge.secret"
    secret.write_text(EDGES["pos-1"])
    rule = {"id": "halaman", "cooldown_s": 1}
    raw = {
        "id": "pos-1",
        "data": str(tmp_path / "edge"),
        "centre": {
            "mqtt_host": "127.0.0.1",
            "mqtt_port": broker.mqtt_port,
            "url": "http://127.0.0.1:1",
            "secret_file": str(secret),
        },
        "cameras": [
            {"id": name, "name": name, "area": "33.03", "url": plugged.url(path), "rules": [rule | {"zone": zone}]}
            for name, path, zone in (("a", "a/main", SKY), ("b", "b/main", EVERYWHERE))
        ],
        "detection": {"shards": 1},
    }
    return msgspec.convert(raw, EdgeSettings)


@contextmanager
def running(settings: EdgeSettings) -> Iterator[Supervisor]:
    supervisor = Supervisor(settings, "test", SystemClock())
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
        thread.join()


def cameras_of(supervisor: Supervisor) -> dict[str, CameraStatus]:
    return {camera.id: camera for camera in supervisor.status(online=True).cameras}


def asked(centre: ListeningCentre, name: str, **args: str) -> Reply:
    """The edge's answer to a command."""
    command = Command(id=new_id(), name=name, args=args)
    centre.send(command)
    replies = map(partial(decode, Reply), until(lambda: [each for each in centre.of("reply") if _of(each, command)]))
    return next(iter(replies))


def _of(payload: bytes, command: Command) -> bool:
    return decode(Reply, payload).command == command.id


def order(centre: ListeningCentre, version: int, *tables: dict[str, Any]) -> Reply:
    document = RulesDocument(camera="a", version=version, rules=list(tables))
    return asked(centre, rules.ORDER, document=rules.encode(document))


def told_by(centre: ListeningCentre, rule: str) -> list[Event]:
    found = [decode(Event, payload) for payload in centre.of("event")]
    return [event for event in found if (event.camera, event.rule) == ("a", rule)]


def test_a_zone_from_the_centre_is_watched_at_once_and_after_a_restart(
    given: EdgeSettings, plugged: Cameras, broker: RunningBroker
) -> None:
    with ListeningCentre(broker, acks=True) as centre:
        with running(given) as edge:
            until(lambda: all(camera.state == "ok" for camera in cameras_of(edge).values()))
            before, connected = cameras_of(edge), plugged.connections
            reply = order(centre, 1, {"id": "teras", "zone": EVERYWHERE, "severity": 1})
            assert (reply.ok, rules.digest(reply.document)) == (True, cameras_of(edge)["a"].rules)
            assert asked(centre, rules.READ, camera="a").document == reply.document
            event = until(lambda: told_by(centre, "teras"))[0]
            assert (event.kind, event.severity) == ("intrusion", 1)
            after = cameras_of(edge)
            assert (after["a"].rules_from, after["a"].rules_version) == ("centre", 1)
            assert (after["b"].rules_from, after["b"].rules) == ("file", before["b"].rules)
            assert plugged.connections == connected
            assert [camera.counts.reconnects for camera in after.values()] == [0, 0]
        with running(given) as edge:
            assert (cameras_of(edge)["a"].rules_from, cameras_of(edge)["a"].rules_version) == ("centre", 1)
            seen = len(told_by(centre, "teras"))
            until(lambda: len(told_by(centre, "teras")) > seen)
            assert told_by(centre, "halaman") == []


def test_rules_that_cannot_be_are_refused_and_the_last_good_ones_go_on(
    given: EdgeSettings, broker: RunningBroker
) -> None:
    with ListeningCentre(broker, acks=True) as centre, running(given) as edge:
        until(lambda: edge.status(online=True).cameras[0].state == "ok" and centre.statuses)
        assert order(centre, 1, {"id": "teras", "zone": EVERYWHERE, "cooldown_s": 1}).ok
        digest = cameras_of(edge)["a"].rules
        refused = order(centre, 2, {"id": "teras", "zone": [[0, 0], [1, 0], [1, 7]]})
        assert (refused.ok, refused.message) == (False, "camera a: rules[teras].zone[2][1]: expected float <= 1.0")
        broken = asked(centre, rules.ORDER, document="{")
        assert not broken.ok
        assert "the rules are not of the contract" in broken.message
        unknown = asked(centre, rules.READ, camera="z")
        assert (unknown.ok, unknown.message) == (False, "this edge has no camera 'z'; it has a, b")
        assert (cameras_of(edge)["a"].rules, cameras_of(edge)["a"].rules_version) == (digest, 1)
        seen = len(told_by(centre, "teras"))
        until(lambda: len(told_by(centre, "teras")) > seen)


def test_the_edges_own_file_counts_again_and_may_change_meanwhile(given: EdgeSettings, broker: RunningBroker) -> None:
    with ListeningCentre(broker) as centre, running(given) as edge:
        until(lambda: centre.statuses)
        own = cameras_of(edge)["a"].rules
        assert order(centre, 1).ok
        assert cameras_of(edge)["a"].rules != own
        edge.apply(msgspec.structs.replace(given, country="MY"))
        assert cameras_of(edge)["a"].rules_from == "centre"
        dropped = RulesDocument(camera="a", version=2, rules=None)
        assert asked(centre, rules.ORDER, document=rules.encode(dropped)).ok
        camera = cameras_of(edge)["a"]
        assert (camera.rules, camera.rules_from, camera.rules_version) == (own, "file", 2)
