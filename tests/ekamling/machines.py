"""Processes of one centre in any number, and edges that send to them until all is acknowledged."""

import asyncio
import contextlib
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy import func, select

from alerts.store.database import Database
from alerts.store.schema import events, incidents
from core import config
from core.events import Ack, decode, encode
from core.ids import new_id
from core.topics import topic
from ekamling.children import Child
from ekamling.settings import CentreSettings
from tests.brokers import EDGES
from tests.ingest.conftest import MqttEdge
from tests.messages import a_camera, a_status, an_event
from tests.patience import PATIENCE_S

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
    """The events that the centre has."""
    database = await Database.open(settings.database_url)
    try:
        async with database.read() as connection:
            rows = await connection.execute(select(events.c.id, func.count()).group_by(events.c.id))
            return Counter({row[0]: row[1] for row in rows})
    finally:
        await database.close()


async def counted(settings: CentreSettings) -> int:
    """Of how many events its incidents say that they consist, those apart that no event made."""
    database = await Database.open(settings.database_url)
    try:
        async with database.read() as connection:
            made = incidents.c.id.in_(select(events.c.incident))  # what was put into another has none any more
            return int((await connection.execute(select(func.sum(incidents.c.event_count)).where(made))).scalar() or 0)
    finally:
        await database.close()
