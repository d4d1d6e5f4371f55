"""Three brokers, two workers and PostgreSQL: whatever is killed under load, nothing is lost or doubled."""

import asyncio
import os
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from core.clock import SystemClock
from core.events import Command, Reply, Status
from edge.outbox import Outbox
from edge.publisher import Publisher
from edge.settings import CentreLink
from ekamling.demo_site import free_ports
from ekamling.settings import CentreSettings
from tests.brokers import EDGES, HOST
from tests.edge.fakes import an_event, opened
from tests.ekamling.machines import Machines, counted, stored
from tests.faults.faulty_link import FaultyLink
from tests.loop_thread import LoopThread
from tests.messages import a_camera, a_status
from tests.patience import pause, until

pytestmark = pytest.mark.timeout(300)
NAMES = ("satu", "dua", "tiga")
WORKERS = ("ingest-1", "ingest-2")
PAUSE_S = 0.02  # between the events of an edge
THROUGH = 100  # events that every edge brings through after each kill


class Brokers:
    """A cluster of three, each as a process of its own."""

    def __init__(self, machines: Machines, folder: Path) -> None:
        self._machines = machines
        self._key = folder / "broker.key"
        handle = os.open(self._key, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
        self.ports = {name: free_ports(4) for name in NAMES}  # for edges, for the centre, for looks, for the others
        for name in NAMES:
            self._configure(name)

    def _configure(self, name: str) -> None:
        mqtt_port, port, monitor_port, cluster_port = self.ports[name]
        others = [f"{HOST}:{self.ports[other][3]}" for other in NAMES if other != name]
        broker = {"mqtt_port": mqtt_port, "port": port, "monitor_port": monitor_port, "replicas": 3, "sync": "always"}
        cluster = {"name": name, "host": HOST, "port": cluster_port, "others": others}
        self._machines.settings(name, f"data-{name}", {**broker, "key_file": str(self._key), "cluster": cluster})

    def workers(self) -> CentreSettings:
        """What those who take in are told of the cluster."""
        servers = [f"{HOST}:{self.ports[name][1]}" for name in NAMES]
        return self._machines.settings(
            "ingest", "data", {"servers": servers, "replicas": 3, "key_file": str(self._key)}
        )

    def of_edge(self, link: FaultyLink) -> str:
        return next(name for name in NAMES if self.ports[name][0] == link.reached)

    def of_workers(self) -> str:
        """The broker at which most workers are."""
        return max(NAMES, key=lambda name: self._look(name, "connz").text.count('"name": "ingest"'))

    def is_whole(self, name: str) -> bool:
        """Whether a broker holds all that the others hold."""
        try:
            return self._look(name, "healthz").status_code == 200
        except httpx.HTTPError:
            return False

    def _look(self, name: str, what: str) -> httpx.Response:
        return httpx.get(f"http://{HOST}:{self.ports[name][2]}/{what}", trust_env=False)


class Sender:
    """An edge without cameras that records events until it is told to stop, and sends them as edges do."""

    def __init__(self, name: str, folder: Path, link: FaultyLink) -> None:
        self.link = link
        self.ids: list[str] = []
        self._box: Outbox = opened(folder / name)
        centre = CentreLink(mqtt_host=HOST, mqtt_port=link.port, url="http://127.0.0.1:1", secret_file="unused")
        self._publisher = Publisher(name, centre, EDGES[name], self._box, SystemClock(), self)
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._record)

    def status(self, *, online: bool) -> Status:
        return a_status(a_camera(), online=online)

    def answer(self, command: Command) -> Reply:
        return Reply(command=command.id, ok=True)

    def start(self) -> None:
        self._publisher.start()
        self._thread.start()

    def _record(self) -> None:
        while not self._enough.wait(PAUSE_S):
            self.ids.append(self._box.record(an_event(), b"").id)
            self._publisher.wake()

    def rest(self) -> None:
        """Record no more."""
        self._enough.set()
        self._thread.join()

    @property
    def waiting(self) -> int:
        return self._box.status().events

    @property
    def through(self) -> int:
        """How many events the centre has acknowledged."""
        return len(self.ids) - self.waiting

    @property
    def published(self) -> int:
        return self._publisher.published

    def stop(self) -> None:
        self.rest()
        self._publisher.stop(Status(online=False))
        self._box.close()


@contextmanager
def senders(brokers: Brokers, folder: Path) -> Iterator[list[Sender]]:
    """Edges that send all the while, each to the broker that it prefers, or to another that answers."""
    with ExitStack() as stack:
        loop = stack.enter_context(LoopThread())
        made = []
        for number, name in enumerate(EDGES):
            ports = [brokers.ports[other][0] for other in NAMES]
            first, *others = ports[number:] + ports[:number]
            link = FaultyLink(loop, first, 0, *others)
            stack.callback(link.close)
            made.append(Sender(name, folder, link))
            made[-1].start()
            stack.callback(made[-1].stop)
        yield made


def flows(edges: list[Sender]) -> None:
    """Wait until every edge has brought so many more events through."""
    for edge in edges:
        before = edge.through
        until(lambda edge=edge, before=before: edge.through >= before + THROUGH)  # type: ignore[misc]


def test_a_cluster_loses_nothing_whatever_of_it_is_killed_under_load(
    machines: Machines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brokers = Brokers(machines, tmp_path)
    for name in NAMES:
        machines.start(name, "broker")
    machines.ready(*NAMES)
    settings = brokers.workers()
    for worker in WORKERS:
        machines.start(worker, "ingest", "ingest")
    machines.ready(*WORKERS)
    with senders(brokers, tmp_path) as edges:
        flows(edges)
        choices: list[Callable[[], str]] = [
            lambda: brokers.of_edge(edges[0].link),
            brokers.of_workers,
            lambda: WORKERS[0],
        ]
        for choose in choices:
            victim = choose()
            machines.kill(victim)
            flows(edges)
            machines.start(victim, *("broker",) if victim in NAMES else ("ingest", "ingest"))
            machines.ready(victim)
            until(lambda: all(map(brokers.is_whole, NAMES)))
            flows(edges)
        for edge in edges:
            edge.rest()
        until(lambda: not any(edge.waiting for edge in edges))
        pause(0.5)  # for what came twice to be counted as well
        promised = Counter(each for edge in edges for each in edge.ids)
        sent = sum(edge.published for edge in edges)
    lost = promised - asyncio.run(stored(settings))
    doubled = asyncio.run(counted(settings)) - promised.total()
    with capsys.disabled():
        told = f"{promised.total()} events, {sent} messages, 3 kills, {lost.total()} lost, {doubled} doubled"
        os.write(1, f"\ncluster: {told}\n".encode())
    assert not lost
    assert doubled == 0
