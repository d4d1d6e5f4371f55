"""Our contender: the real edge, with tracking, rules, outbox, MQTT and the ring for clips; a centre that only acks."""

import asyncio
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import nats
from nats.aio.client import Client

from core.clock import SystemClock
from core.events import Command, Media, encode
from core.ids import new_id
from core.process import descendants, die_with_parent
from core.tasks import stop
from core.topics import subject
from ekamling.bench.contender import Tally
from ekamling.demo_site import free_ports
from ingest.accounts import Account, Accounts
from ingest.broker import Broker
from ingest.consumer import Consumer
from ingest.intake import Intake, Sinks
from ingest.media import MediaFolder
from ingest.settings import BrokerSettings
from ingest.sinks import Fate, Heartbeat, MediaKind, Received

EDGE, SECRET, AREA = "bench", "bench-secret", "33.03.05.1005"


class OurEdge:
    """`ekamling edge` on many cameras. `sub`: main and sub streams in pairs; `idle`: keyframes only when idle."""

    def __init__(self, *, sub: bool, idle: bool = False) -> None:
        self._sub = sub
        self._idle = idle
        self._folder = tempfile.TemporaryDirectory(prefix="ekamling-bench-")
        self._centre = _AckingCentre(Path(self._folder.name))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, urls: Sequence[str]) -> None:
        folder = Path(self._folder.name)
        self._centre.start()
        (folder / "secret").write_text(SECRET)
        config = folder / "edge.toml"
        config.write_text(_edge(folder, self._centre.mqtt_port, urls, sub=self._sub, idle=self._idle))
        with (folder / "edge.log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                [sys.executable, "-m", "ekamling", "edge", "--config", str(config)],
                stderr=log,
                preexec_fn=die_with_parent,
            )

    def pids(self) -> list[int]:
        return [self._process.pid, *descendants(self._process.pid)] if self._process else []

    def tally(self) -> Tally:
        return self._centre.tally()

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(60)
        self._centre.stop()
        self._folder.cleanup()


class _AckingCentre:
    """A broker and a consumer whose sinks keep figures only; its processor time is the load generator's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.mqtt_port, self._port, self._monitor = free_ports(3)
        self._sink = _Sink()
        self._up = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._end: asyncio.Event | None = None
        self._client: Client | None = None
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),), daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._up.wait(20)

    def tally(self) -> Tally:
        """Ask the edge how it is, and return the figures of its answer."""
        self._sink.heard.clear()
        asyncio.run_coroutine_threadsafe(self._ask(), self._loop).result(10)
        self._sink.heard.wait(10)
        return self._sink.tally()

    async def _ask(self) -> None:
        if self._client:
            await self._client.publish(subject(EDGE, "cmd"), encode(Command(id=new_id(), name="status")))

    def stop(self) -> None:
        if self._end:
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(20)
        self._loop.close()

    async def _run(self) -> None:
        self._end = asyncio.Event()
        settings = BrokerSettings(mqtt_port=self.mqtt_port, port=self._port, monitor_port=self._monitor)
        broker = Broker(settings, Accounts([Account(EDGE, "bench", AREA, SECRET)]), self._folder / "broker")
        await broker.start()
        sinks = Sinks(events=self._sink, media=self._sink, fleet=self._sink, tally=self._sink)
        intake = Intake(sinks, MediaFolder(self._folder / "media"), SystemClock())
        consumer = asyncio.create_task(Consumer(broker.access, intake).run())
        self._client = await nats.connect(broker.url, user=broker.user, password=broker.password)
        self._up.set()
        await self._end.wait()
        await self._client.close()
        await stop(consumer)
        await broker.stop()


class _Sink:
    """Takes everything, keeps figures."""

    def __init__(self) -> None:
        self._analysed: dict[str, int] = {}
        self._latencies: list[float] = []
        self.heard = threading.Event()

    def tally(self) -> Tally:
        return Tally([count for _, count in sorted(self._analysed.items())], list(self._latencies))

    async def put_events(self, batch: Sequence[Received]) -> list[bool]:
        for received in batch:
            self._latencies.append((received.event.at - received.event.frame_at).total_seconds() * 1000)
        return [True] * len(batch)

    async def media_fate(self, kind: MediaKind, edge: str, event: str, media: Media | None) -> Fate:
        return "stored"

    async def put_media(self, kind: MediaKind, edge: str, event: str, media: Media) -> Fate:
        return "stored"

    async def put_statuses(self, batch: Sequence[Heartbeat]) -> None:
        for heartbeat in batch:
            for camera in heartbeat.status.cameras:
                self._analysed[camera.id] = camera.counts.frames_analysed
        self.heard.set()

    async def put_hearing(self, at: datetime) -> None:
        return

    async def count(self, name: str, amount: int = 1) -> None:
        return


def _edge(folder: Path, mqtt_port: int, urls: Sequence[str], *, sub: bool, idle: bool) -> str:
    head = f"""\
id = "{EDGE}"
data = "{folder / "edge"}"

[centre]
mqtt_host = "127.0.0.1"
mqtt_port = {mqtt_port}
url = "http://127.0.0.1:9"
secret_file = "{folder / "secret"}"
"""
    return head + "".join(_camera(number, url, sub=sub, idle=idle) for number, url in enumerate(urls))


def _camera(number: int, url: str, *, sub: bool, idle: bool) -> str:
    streams = f'url = "{url}/main"\nsub_url = "{url}/sub"' if sub else f'url = "{url}/main"'
    return f"""
[[cameras]]
id = "camera-{number:03}"
name = "Kamera {number}"
area = "{AREA}"
{streams}
keyframes_when_idle = {str(idle).lower()}
[[cameras.rules]]
id = "halaman"
zone = [[0, 0], [1, 0], [1, 1], [0, 1]]
"""
