"""The publisher over a real broker, with a centre that answers only when it is told to."""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.errors import StorageError
from core.events import Ack, Command, Reply, Status, decode, encode
from core.ids import new_id
from edge import publisher as publisher_module
from edge.outbox import Outbox
from edge.publisher import ACK_TIMEOUT_S, CONFIRM_S, UNDER_WAY, Publisher
from edge.settings import CentreLink
from ekamling.demo_site import free_ports
from tests.brokers import EDGES, HOST, RunningBroker
from tests.edge.centre import ListeningCentre
from tests.edge.fakes import an_event, opened
from tests.patience import pause, until

StartPublisher = Callable[..., Publisher]


class Host:
    """An edge without cameras, which dances when it is asked to."""

    broken = False

    def status(self, *, online: bool) -> Status:
        if self.broken:
            raise StorageError("edge-data: the outbox cannot be used: disk I/O error")
        return Status(online=online, version="test")

    def answer(self, command: Command) -> Reply:
        return Reply(command=command.id, ok=command.name == "dance", message=command.args.get("how", ""))


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    box = opened(tmp_path / "edge")
    yield box
    box.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def start(
    broker: RunningBroker, outbox: Outbox, clock: ManualClock, host: Host, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StartPublisher]:
    monkeypatch.setattr(publisher_module, "FIRST_RETRY_S", (1, 1))
    monkeypatch.setattr(publisher_module, "LATER_RETRY_S", (1, 1))
    started: list[Publisher] = []

    def begin(*, port: int = 0, secret: str = EDGES["pos-1"]) -> Publisher:
        link = CentreLink(
            mqtt_host=HOST, url="http://127.0.0.1:1", secret_file="unused", mqtt_port=port or broker.mqtt_port
        )
        publisher = Publisher("pos-1", link, secret, outbox, clock, host)
        publisher.start()
        started.append(publisher)
        return publisher

    yield begin
    for publisher in started:
        publisher.stop(Status(online=False))


@pytest.fixture
def centre(broker: RunningBroker) -> Iterator[ListeningCentre]:
    with ListeningCentre(broker) as listening:
        yield listening


def test_what_waits_is_sent_and_forgotten_only_on_the_centres_ack(
    start: StartPublisher, centre: ListeningCentre, outbox: Outbox
) -> None:
    events = [outbox.record(an_event(), b"\xff\xd8\xff one") for _ in range(3)]
    start()
    until(lambda: len(centre.events) == 3 and len(centre.of("snapshot")) == 3)
    assert centre.events == [1, 2, 3]
    assert centre.of("event") == [encode(event) for event in events]
    assert outbox.waiting("event", 9) == outbox.waiting("snapshot", 9) == [1, 2, 3]
    centre.send(Ack(stream=outbox.stream, seqs=[1, 3]))
    until(lambda: outbox.waiting("event", 9) == [2])
    centre.send(Ack(stream=outbox.stream, seqs=[2], snapshots=[event.id for event in events]))
    until(lambda: not outbox.status().events + outbox.status().snapshots)


def test_a_new_event_is_sent_at_once(start: StartPublisher, centre: ListeningCentre, outbox: Outbox) -> None:
    publisher = start()
    until(publisher.connected.is_set)
    outbox.record(an_event(), b"jpeg")
    publisher.wake()
    until(lambda: centre.events == [1])


def test_the_edge_introduces_itself_before_its_events_and_events_come_before_pictures(
    start: StartPublisher, centre: ListeningCentre, outbox: Outbox
) -> None:
    for _ in range(2):
        outbox.record(an_event(), b"jpeg")
    start()
    until(lambda: len(centre.heard) == 5)
    assert [channel for channel, _ in centre.heard] == ["status", "event", "event", "snapshot", "snapshot"]
    assert centre.statuses == [Status(online=True, version="test")]


def test_what_is_not_acknowledged_in_time_is_sent_again_and_not_before(
    start: StartPublisher, centre: ListeningCentre, outbox: Outbox, clock: ManualClock
) -> None:
    publisher = start()
    outbox.record(an_event(), b"jpeg")
    publisher.wake()
    until(lambda: centre.events == [1])
    clock.advance(ACK_TIMEOUT_S - 0.1)
    publisher.wake()
    pause(0.2)
    assert centre.events == [1]
    clock.advance(0.2)
    publisher.wake()
    until(lambda: centre.events == [1, 1])
    assert centre.of("event")[0] == centre.of("event")[1]


def test_while_the_centre_says_nothing_repeats_become_rare(
    start: StartPublisher, centre: ListeningCentre, outbox: Outbox, clock: ManualClock
) -> None:
    publisher = start()
    for _ in range(2):
        outbox.record(an_event(), b"")
    publisher.wake()
    until(lambda: centre.events == [1, 2])

    def pass_time(seconds: float) -> list[int]:
        pause(0.1)  # for the broker's word on what was sent last
        publisher.wake()
        pause(0.1)
        clock.advance(seconds)
        publisher.wake()
        pause(0.2)
        return centre.events[2:]

    assert pass_time(ACK_TIMEOUT_S + 0.1) == [1, 2]
    assert pass_time(ACK_TIMEOUT_S + 0.1) == [1, 2]
    assert pass_time(ACK_TIMEOUT_S) == [1, 2, 1, 2]
    centre.send(Ack(stream=outbox.stream, seqs=[1]))
    until(lambda: outbox.waiting("event", 9) == [2])
    assert pass_time(ACK_TIMEOUT_S + 0.1) == [1, 2, 1, 2, 2]


def test_a_picture_goes_when_its_event_has_gone(
    start: StartPublisher, centre: ListeningCentre, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The centre refuses a picture whose event it does not have."""
    monkeypatch.setitem(publisher_module.WINDOW, "event", 2)
    events = [outbox.record(an_event(), b"jpeg") for _ in range(4)]
    start()
    until(lambda: len(centre.of("snapshot")) == 2)
    pause(0.2)
    assert (centre.events, len(centre.of("snapshot"))) == ([1, 2], 2)
    centre.send(Ack(stream=outbox.stream, seqs=[1, 2], snapshots=[event.id for event in events[:2]]))
    until(lambda: len(centre.of("snapshot")) == 4)
    assert centre.events == [1, 2, 3, 4]


def test_only_so_many_are_on_their_way_at_a_time(
    start: StartPublisher, centre: ListeningCentre, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher_module, "WINDOW", {"event": 2, "snapshot": 1})
    for _ in range(5):
        outbox.record(an_event(), b"jpeg")
    publisher = start()
    until(lambda: len(centre.of("snapshot")) == 1)
    publisher.wake()
    pause(0.2)
    assert centre.events == [1, 2]
    centre.send(Ack(stream=outbox.stream, seqs=[1]))
    until(lambda: centre.events == [1, 2, 3])
    centre.send(Ack(stream=outbox.stream, seqs=[2, 3]))
    until(lambda: centre.events == [1, 2, 3, 4, 5])


def test_on_a_link_that_confirms_nothing_little_is_under_way_and_nothing_twice(
    broker: RunningBroker, start: StartPublisher, centre: ListeningCentre, outbox: Outbox, clock: ManualClock
) -> None:
    publisher = start()
    until(publisher.connected.is_set)
    broker.halt()
    try:
        for _ in range(100):
            outbox.record(an_event(), b"jpeg")
        publisher.wake()
        until(lambda: publisher.published == sum(UNDER_WAY.values()))
        for _ in range(3):
            clock.advance(CONFIRM_S / 4)
            publisher.wake()
            pause(0.1)
        assert publisher.published == sum(UNDER_WAY.values())
    finally:
        broker.go_on()
    until(lambda: len(centre.events) >= 100)
    pause(0.2)
    assert centre.events == list(range(1, 101))


def test_a_broker_that_confirms_nothing_for_long_is_connected_to_anew(
    broker: RunningBroker, start: StartPublisher, centre: ListeningCentre, outbox: Outbox, clock: ManualClock
) -> None:
    publisher = start()
    until(publisher.connected.is_set)
    broker.halt()
    try:
        outbox.record(an_event(), b"jpeg")
        publisher.wake()
        until(lambda: publisher.published == 2)
        clock.advance(CONFIRM_S + 1)
        publisher.wake()
        until(lambda: not publisher.connected.is_set())
    finally:
        broker.go_on()
    until(lambda: len(centre.of("snapshot")) >= 1)
    assert set(centre.events) == {1}


def test_after_the_broker_restarts_what_waits_is_sent_again(
    broker: RunningBroker, start: StartPublisher, centre: ListeningCentre, outbox: Outbox
) -> None:
    publisher = start()
    outbox.record(an_event(), b"jpeg")
    publisher.wake()
    until(lambda: centre.events == [1])
    broker.stop()
    until(lambda: not publisher.connected.is_set())
    outbox.record(an_event(), b"jpeg")
    publisher.wake()
    broker.start()
    centre.acks = True
    until(lambda: not outbox.status().events + outbox.status().snapshots)
    assert set(centre.events) == {1, 2}


def test_a_wrong_password_is_one_line_however_often_it_is_tried(
    start: StartPublisher, outbox: Outbox, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals: list[str] = []
    tell = Publisher._tell_once

    def count(publisher: Publisher, trouble: str) -> None:
        refusals.append(trouble)
        tell(publisher, trouble)

    monkeypatch.setattr(Publisher, "_tell_once", count)
    publisher = start(secret="wrong")
    until(lambda: len(refusals) >= 2)
    told = [record.getMessage() for record in caplog.records if record.name == "edge.publisher"]
    assert told == [f"the broker {HOST} refuses edge pos-1: Not authorized"]
    assert not publisher.connected.is_set()
    assert outbox.record(an_event(), b"jpeg").seq == 1


def test_a_broker_that_cannot_be_reached_is_one_line_and_found_when_it_comes(
    broker: RunningBroker, start: StartPublisher, caplog: pytest.LogCaptureFixture
) -> None:
    broker.stop()
    publisher = start()
    until(lambda: caplog.records)
    broker.start()
    until(publisher.connected.is_set)
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert told == [f"the broker {HOST}:{broker.mqtt_port} cannot be reached; events wait on disk"]


def test_a_publisher_without_a_broker_stops_soon(start: StartPublisher) -> None:
    (port,) = free_ports(1)
    publisher = start(port=port)
    publisher.stop(Status(online=False))
    assert "publisher" not in {thread.name for thread in threading.enumerate()}


def test_the_last_word_of_an_edge_is_that_it_goes(start: StartPublisher, centre: ListeningCentre) -> None:
    publisher = start()
    until(publisher.connected.is_set)
    publisher.stop(Status(online=False, version="goodbye"))
    until(lambda: len(centre.statuses) == 2)
    assert centre.statuses[-1] == Status(online=False, version="goodbye")


def test_a_heartbeat_is_sent_while_connected_and_never_kept(
    broker: RunningBroker, start: StartPublisher, centre: ListeningCentre
) -> None:
    publisher = start()
    until(publisher.connected.is_set)
    publisher.publish_status(Status(online=True, version="now"))
    until(lambda: centre.statuses[-1:] == [Status(online=True, version="now")])
    broker.stop()
    until(lambda: not publisher.connected.is_set())
    publisher.publish_status(Status(online=True, version="old"))
    broker.start()
    until(lambda: len(centre.statuses) >= 3)
    assert Status(online=True, version="old") not in centre.statuses


def test_a_command_is_answered(start: StartPublisher, centre: ListeningCentre) -> None:
    start()
    until(lambda: centre.statuses)  # told after it listens
    for name in ("dance", "sleep"):
        centre.send(Command(id=new_id(), name=name, args={"how": "slowly"}))
    until(lambda: len(centre.of("reply")) == 2)
    replies = [decode(Reply, payload) for payload in centre.of("reply")]
    assert [(reply.ok, reply.message) for reply in replies] == [(True, "slowly"), (False, "slowly")]


def test_nonsense_from_the_centre_is_told_and_survived(
    start: StartPublisher, centre: ListeningCentre, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    start()
    until(lambda: centre.statuses)  # told after it listens
    outbox.record(an_event(), b"jpeg")
    centre.send_raw("ack", b'{"stream": 7}')
    centre.send_raw("cmd", b"\xff\xfe")
    centre.send_raw("cmd", b"")
    centre.send(Ack(stream="f" * 16, seqs=[1]))
    centre.send(Command(id=new_id(), name="dance"))
    until(lambda: centre.of("reply"))
    assert caplog.text.count("the centre sent what this edge does not understand") == 3
    assert outbox.waiting("event", 9) == [1]


def test_a_failing_disk_does_not_end_the_link(
    start: StartPublisher, centre: ListeningCentre, outbox: Outbox, host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    host.broken = True
    outbox.record(an_event(), b"jpeg")
    publisher = start()
    until(lambda: centre.events == [1])
    assert "disk I/O error" in caplog.text
    outbox.close()
    centre.send(Ack(stream=outbox.stream, seqs=[1]))
    until(lambda: "closed database" in caplog.text)
    centre.send(Command(id=new_id(), name="dance"))
    until(lambda: centre.of("reply"))
    assert publisher.connected.is_set()


CHILD = """
import sys, threading
from pathlib import Path
from core.clock import SystemClock
from edge.publisher import Publisher
from edge.settings import CentreLink
from tests.edge.test_outbox import opened
from tests.edge.test_publisher import Host
link = CentreLink(mqtt_host="127.0.0.1", url="http://127.0.0.1:1", secret_file="", mqtt_port=int(sys.argv[2]))
publisher = Publisher("pos-1", link, sys.argv[3], opened(Path(sys.argv[1])), SystemClock(), Host())
publisher.start()
publisher.connected.wait()
print("connected", flush=True)
threading.Event().wait()
"""


def test_the_broker_tells_when_an_edge_dies(broker: RunningBroker, centre: ListeningCentre, tmp_path: Path) -> None:
    arguments = [str(tmp_path / "other"), str(broker.mqtt_port), EDGES["pos-1"]]
    with subprocess.Popen([sys.executable, "-c", CHILD, *arguments], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        assert child.stdout.readline() == "connected\n"
        assert centre.await_status(online=True)
        child.kill()
    assert centre.await_status(online=False) == Status(online=False)
