"""A centre and eight edges as real processes, each edge behind a link that can be spoiled, and what they promised."""

import asyncio
import secrets
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from sqlalchemy import Select, func, select

from alerts.store.database import Database
from alerts.store.schema import counters, events, incidents, media
from ekamling.demo_site import free_ports
from tests.faults.edge_driver import Entry
from tests.faults.faulty_link import FaultyLink
from tests.faults.kept import Kept
from tests.faults.shard_driver import QUIET, RATE
from tests.faults.small_disk import SmallDisk
from tests.faults.wrong_clock import FILE
from tests.loop_thread import LoopThread

EDGES, CAMERAS = 8, 2  # of each edge
HOST = "127.0.0.1"


class Edge:
    """One edge: its disk, its link, its process and its ledger."""

    def __init__(self, number: int, folder: Path, link: FaultyLink, environment: dict[str, str]) -> None:
        self.name = f"pos-{number}"
        self.area = f"33.03.05.{1000 + number}"
        self.disk = SmallDisk(folder / "disk")
        self.link = link
        self.clock = folder / "clock"
        self.ledger = folder / "ledger"
        self.settings = folder / "edge.toml"
        command = [sys.executable, "-m", "tests.faults.edge_driver", str(self.settings), str(self.ledger)]
        self.process = Kept(command, folder / "log", environment | {FILE: str(self.clock)})

    def promised(self) -> list[Entry]:
        """All that was recorded, in that order. A kill may have cut the last line of a life short."""
        decode = msgspec.json.Decoder(Entry).decode
        lines = self.ledger.read_bytes().split(b"\n") if self.ledger.exists() else []
        return [decode(line) for line in lines if line.startswith(b"[") and line.endswith(b"]")]

    def refused(self) -> int:
        """How many events the disk did not take, which was told."""
        return self.ledger.read_bytes().count(b"refused\n") if self.ledger.exists() else 0


@dataclass(frozen=True)
class Stored:
    """What the centre has of one event."""

    edge: str
    stream: str
    seq: int
    camera: str
    pictures: int


class Rig:
    """Everything; begins with `with`, and ends with it."""

    def __init__(self, folder: Path, database: str, *, rate: float, seed: int) -> None:
        self.database = database
        self._folder = folder
        self._stack = ExitStack()
        self._quiet = folder / "quiet"
        self.http, self.mqtt, nats, monitor = free_ports(4)
        self._environment = {QUIET: str(self._quiet), RATE: str(rate)}
        self.clock = folder / "clock"
        self.clock.write_text("0")
        self.centre_folder = folder / "centre"
        self.config = folder / "centre.toml"
        command = [sys.executable, "-m", "tests.faults.centre_driver", "server", "--config", str(self.config)]
        self.centre = Kept(command, folder / "centre.log", {FILE: str(self.clock)})
        loop = self._stack.enter_context(LoopThread())
        self.edges = [self._edge(number, FaultyLink(loop, self.mqtt, seed + number)) for number in range(1, EDGES + 1)]
        self.config.write_text(self._centre(nats, monitor), encoding="utf-8")

    def _edge(self, number: int, link: FaultyLink) -> Edge:
        folder = self._folder / f"edge-{number}"
        folder.mkdir()
        self._stack.callback(link.close)
        edge = Edge(number, folder, link, self._environment)
        edge.clock.write_text("0")
        secret = folder / "secret"
        secret.touch(0o600)
        secret.write_text(secrets.token_hex(16))
        cameras = "".join(_camera(edge.area, camera) for camera in range(1, CAMERAS + 1))
        edge.settings.write_text(
            f'id = "{edge.name}"\ndata = "{edge.disk.folder}/outbox"\n'
            "[live]\nviewers = 0\n[limits]\noutbox_mb = 16\n[detection]\nshards = 1\n"
            f'[centre]\nmqtt_host = "{HOST}"\nmqtt_port = {link.port}\n'
            f'url = "http://{HOST}:{self.http}"\nsecret_file = "{secret}"\n{cameras}',
            encoding="utf-8",
        )
        return edge

    def _centre(self, nats: int, monitor: int) -> str:
        accounts = "".join(
            f'[[edges]]\nid = "{edge.name}"\nname = "{edge.name}"\narea = "{edge.area}"\n'
            f'secret_file = "{edge.settings.parent}/secret"\n'
            for edge in self.edges
        )
        return (
            f'data = "{self.centre_folder}"\ndatabase = "{self.database}"\n[http]\nport = {self.http}\n'
            f"[broker]\nmqtt_port = {self.mqtt}\nport = {nats}\nmonitor_port = {monitor}\n{accounts}"
        )

    def __enter__(self) -> Self:
        try:
            self.centre.start()
            self._stack.callback(self.centre.stop)
            for edge in self.edges:
                edge.disk.open()
                self._stack.callback(edge.disk.close)
                edge.process.start()
                self._stack.callback(edge.process.stop)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def broker(self) -> int:
        """The broker's process; 0 while there is none."""
        for pid in self.centre.below:
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            if b"nats-server" in command.split(b"\0")[0]:
                return pid
        return 0

    def be_quiet(self) -> None:
        """Let nothing more happen in front of the cameras."""
        self._quiet.touch()

    def promised(self) -> dict[str, Entry]:
        """All that the edges recorded, by id."""
        return {entry.id: entry for edge in self.edges for entry in edge.promised()}

    def stored(self) -> dict[str, Stored]:
        """All that the centre has, by id."""
        pictures = select(func.count()).where(media.c.event == events.c.id).scalar_subquery()
        rows = self._read(
            select(
                events.c.id, events.c.edge, events.c.stream, events.c.seq, events.c.camera, pictures.label("pictures")
            )
        )
        return {row.id: Stored(row.edge, row.stream, row.seq, row.camera, row.pictures) for row in rows}

    def folded(self) -> list[tuple[str, str]]:
        """(event, incident) of all that the centre has, as it came."""
        statement = select(events.c.id, events.c.incident).order_by(
            events.c.stored_at, events.c.received_at, events.c.id
        )
        return [(event, incident) for event, incident in self._read(statement)]

    def counted(self) -> tuple[int, dict[str, int]]:
        """Events that the incidents say they consist of, and the centre's own counters."""
        total = self._read(select(func.sum(incidents.c.event_count)))[0][0]
        return int(total or 0), dict(self._read(select(counters.c.name, counters.c.value)))

    def _read(self, statement: "Select[Any]") -> list[Any]:
        async def read() -> list[Any]:
            database = await Database.open(self.database)
            try:
                async with database.read() as connection:
                    return list((await connection.execute(statement)).all())
            finally:
                await database.close()

        return asyncio.run(read())


def _camera(area: str, number: int) -> str:
    return (
        f'[[cameras]]\nid = "kamera-{number}"\nname = "Kamera {number}"\narea = "{area}/RW0{number}"\n'
        f'url = "rtsp://{HOST}:1/{number}"\n'
    )
