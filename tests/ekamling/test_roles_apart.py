"""The centre as several processes: each does its part, any of them may be killed, and nothing is lost or doubled."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from alerts.store.database import Database
from alerts.store.schema import events
from core import config
from core.events import Ack, decode, encode
from core.ids import new_id
from core.topics import topic
from ekamling.children import Child
from ekamling.cli import main
from ekamling.demo_site import free_ports
from ekamling.people import accounts, link_url
from ekamling.settings import CentreSettings
from tests import postgres
from tests.brokers import EDGES
from tests.ingest.conftest import MqttEdge
from tests.messages import a_camera, a_status, an_event
from tests.patience import PATIENCE_S, until

pytestmark = pytest.mark.timeout(180)
READY_S = 60.0
AREA = "33.03.05.1005"


class Machines:
    """Processes of one centre. Each has a configuration of its own, and a data folder that some share."""

    def __init__(self, folder: Path, database: str) -> None:
        self._folder = folder
        self._database = database
        self._running: dict[str, Child] = {}
        for edge, secret in EDGES.items():
            (folder / f"{edge}.secret").write_text(secret)

    def settings(self, name: str, data: str, broker: dict[str, object], http_port: int = 1) -> CentreSettings:
        """Write a configuration."""
        edges = [
            {"id": edge, "name": edge, "area": AREA, "secret_file": str(self._folder / f"{edge}.secret")}
            for edge in EDGES
        ]
        path = self._folder / f"{name}.toml"
        document = {
            "data": str(self._folder / data),
            "database": self._database,
            "http": {"port": http_port},
            "broker": broker,
            "edges": edges,
        }
        path.write_text("".join(f"{key} = {toml(value)}\n" for key, value in document.items()))
        return config.load(path, CentreSettings)

    def start(self, name: str, role: str, of: str = "") -> None:
        """Start a process with the configuration of this name, or `of` another."""
        arguments = ["server", "--config", str(self._folder / f"{of or name}.toml"), "--role", role]
        self._running[name] = Child(name, arguments, self._folder / f"{name}.log")

    def ready(self, *names: str) -> None:
        for name in names:
            self._running[name].ready(READY_S)

    def kill(self, name: str) -> None:
        """As sudden as a power cut; its broker ends with it."""
        child = self._running.pop(name)
        os.kill(child.pid, signal.SIGKILL)
        child.stop()

    def stop(self) -> None:
        for child in reversed(self._running.values()):
            child.stop()


@pytest.fixture
def machines(tmp_path: Path, postgres_server: postgres.Server, postgres_template: str) -> Iterator[Machines]:
    with postgres_server.database(postgres_template) as name:
        machines = Machines(tmp_path, postgres_server.url(name))
        try:
            yield machines
        finally:
            machines.stop()


def toml(value: object) -> str:
    """A value in one line; strings, numbers and lists are written as in JSON."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(toml(each) for each in value) + "]"
    return json.dumps(value)


class Sender:
    """An edge that sends events until the centre has them."""

    def __init__(self, edge: str, port: int) -> None:
        self._edge = MqttEdge(edge, port)
        self.name = edge
        self.ids: list[str] = []

    async def start(self) -> None:
        assert await self._edge.start()
        assert await self._edge.subscribe(topic(self.name, "ack")) == [True]
        await self._edge.publish("status", encode(a_status(a_camera())))

    async def stop(self) -> None:
        await self._edge.stop()

    async def send(self, count: int) -> None:
        """Send so many, each again until it is acknowledged."""
        waiting = {}
        for seq in range(len(self.ids) + 1, len(self.ids) + count + 1):
            waiting[seq] = an_event(id=new_id(), seq=seq)
        self.ids += [event.id for event in waiting.values()]
        async with asyncio.timeout(PATIENCE_S):
            while waiting:
                for event in list(waiting.values()):
                    await self._edge.publish("event", encode(event))
                await asyncio.sleep(0.2)
                acked = {seq for _, payload in self._edge.received for seq in decode(Ack, payload).seqs}
                waiting = {seq: event for seq, event in waiting.items() if seq not in acked}


@contextlib.asynccontextmanager
async def sending(*ports: tuple[str, int]) -> AsyncIterator[list[Sender]]:
    senders = [Sender(edge, port) for edge, port in ports]
    for sender in senders:
        await sender.start()
    try:
        yield senders
    finally:
        for sender in senders:
            await sender.stop()


async def stored(settings: CentreSettings) -> Counter[str]:
    database = await Database.open(settings.database_url)
    try:
        async with database.read() as connection:
            rows = await connection.execute(select(events.c.id, func.count()).group_by(events.c.id))
            return Counter({row[0]: row[1] for row in rows})
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def console(settings: CentreSettings, name: str) -> AsyncIterator[httpx.AsyncClient]:
    async with accounts(settings) as people:
        await people.add(name, name.title(), "operator", "33.03")
        token = link_url(settings, await people.link(name)).partition("#token=")[2]
    async with httpx.AsyncClient(base_url=settings.http.url, trust_env=False) as client:
        assert (await client.post("/api/v1/session/link", json={"token": token})).status_code == 200
        yield client


async def test_the_roles_of_a_centre_work_as_processes_of_their_own(machines: Machines) -> None:
    mqtt_port, port, monitor_port, one_port, other_port = free_ports(5)
    broker: dict[str, object] = {"mqtt_port": mqtt_port, "port": port, "monitor_port": monitor_port}
    one = machines.settings("one", "data", broker, one_port)
    other = machines.settings("other", "data", broker, other_port)
    machines.start("broker", "broker", "one")
    machines.ready("broker")
    for name, role, of in (
        ("ingest-1", "ingest", "one"), ("ingest-2", "ingest", "one"), ("alerts", "alerts", "one"),
        ("one", "web", "one"), ("other", "web", "other"),
    ):  # fmt: skip
        machines.start(name, role, of)
    machines.ready("ingest-1", "ingest-2", "alerts", "one", "other")
    async with sending(("pos-1", mqtt_port)) as (edge,), console(one, "siti") as siti, console(other, "budi") as budi:
        await edge.send(100)
        machines.kill("ingest-1")
        await edge.send(100)
        assert await stored(one) == Counter(edge.ids)
        (incident,) = (await siti.get("/api/v1/incidents")).json()["incidents"]
        address = f"/api/v1/incidents/{incident['id']}"
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if await called(siti, address):
                    break
                await asyncio.sleep(0.1)
        assert (await budi.post(f"{address}/acknowledge")).status_code == 200
        answer = await siti.get(address)
        assert answer.status_code == 200, answer.text
        assert answer.json()["incident"]["acknowledged_by"] is not None


async def called(console: httpx.AsyncClient, address: str) -> bool:
    """Whether the process of the alerts has carried out a step."""
    return any(step["state"] == "done" for step in (await console.get(address)).json()["ladder"])


async def test_a_cluster_of_brokers_outlives_each_of_them(machines: Machines, tmp_path: Path) -> None:
    """Each is killed and comes back, while edges at the two others send."""
    names = ["satu", "dua", "tiga"]
    ports = {name: free_ports(4) for name in names}
    servers = [f"127.0.0.1:{port}" for _, port, _, _ in ports.values()]
    for name in names:
        mqtt_port, port, monitor_port, cluster_port = ports[name]
        others = [f"127.0.0.1:{ports[other][3]}" for other in names if other != name]
        cluster = {"name": name, "host": "127.0.0.1", "port": cluster_port, "others": others}
        machines.settings(
            name, f"data-{name}",
            {"mqtt_port": mqtt_port, "port": port, "monitor_port": monitor_port, "replicas": 3, "sync": "always",
             "cluster": cluster},
        )  # fmt: skip
    for name in names:
        machines.start(name, "broker")
        if name == names[0]:
            machines.ready(name)
            for other in names[1:]:  # all machines of a centre know one key
                (tmp_path / f"data-{other}").mkdir()
                shutil.copy(tmp_path / f"data-{name}" / "broker.key", tmp_path / f"data-{other}" / "broker.key")
    machines.ready(*names[1:])
    settings = machines.settings("ingest", "data-satu", {"servers": servers, "replicas": 3})
    for name in ("ingest-1", "ingest-2"):
        machines.start(name, "ingest", "ingest")
    machines.ready("ingest-1", "ingest-2")
    sent = Counter[str]()
    for victim in names:
        living = [ports[name][0] for name in names if name != victim]
        machines.kill(victim)
        async with sending(*zip(EDGES, living, strict=True)) as edges:
            for edge in edges:
                await edge.send(50)
                sent.update(edge.ids)
        machines.start(victim, "broker")
        machines.ready(victim)
        await asyncio.to_thread(until, lambda monitor_port=ports[victim][2]: has_caught_up(monitor_port))
    assert await stored(settings) == sent


def has_caught_up(monitor_port: int) -> bool:
    """Whether a broker holds all that the others hold."""
    try:
        return httpx.get(f"http://127.0.0.1:{monitor_port}/healthz", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def test_sqlite_is_refused_where_several_processes_share_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "centre.toml"
    path.write_text(f'data = "{tmp_path}/data"\n')
    for role in ("ingest", "web,alerts", "broker,ingest,web"):
        assert main(["server", "--config", str(path), "--role", role]) == 1
        said = capsys.readouterr().err
        assert "SQLite cannot" in said and "postgresql+psycopg://" in said and said.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_a_role_that_is_none_is_named_with_those_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["server", "--config", str(tmp_path / "centre.toml"), "--role", "ingest,wep"])
    assert "'wep' is not a valid Role; choose of broker, ingest, alerts, web" in capsys.readouterr().err


def test_a_broker_waits_for_nobody_before_it_is_ready(machines: Machines) -> None:
    """Of a cluster that is switched on one by one the first is well, too."""
    mqtt_port, port, monitor_port, cluster_port, nobody = free_ports(5)
    cluster = {"name": "satu", "host": "127.0.0.1", "port": cluster_port, "others": [f"127.0.0.1:{nobody}"]}
    machines.settings(
        "satu", "data", {"mqtt_port": mqtt_port, "port": port, "monitor_port": monitor_port, "cluster": cluster}
    )
    machines.start("satu", "broker")
    machines.ready("satu")


def test_the_key_of_the_broker_is_kept_and_its_owners_alone(machines: Machines, tmp_path: Path) -> None:
    mqtt_port, port, monitor_port = free_ports(3)
    machines.settings("satu", "data", {"mqtt_port": mqtt_port, "port": port, "monitor_port": monitor_port})
    machines.start("satu", "broker")
    machines.ready("satu")
    key = tmp_path / "data" / "broker.key"
    assert key.stat().st_mode & 0o777 == 0o600
    before = key.read_bytes()
    machines.kill("satu")
    until(lambda: free(port))
    machines.start("satu", "broker")
    machines.ready("satu")
    assert key.read_bytes() == before


def free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0
