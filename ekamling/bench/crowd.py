"""Thousands of edges in one process, without cameras: each with its own connection, heartbeats, events, acks and
repeats, as `edge.publisher` has them."""

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, cast

from core.clock import SystemClock
from core.events import Ack, CameraStatus, Event, OutboxStatus, Status, decode, encode
from core.ids import new_id
from core.topics import topic
from edge.publisher import ACK_TIMEOUT_S, FIRST_RETRY_S, KEEPALIVE_S, LATER_RETRY_S
from edge.supervisor import HEARTBEAT_S
from ekamling.bench import mqtt

STREAM = "00000000000000bb"
CAMERA = "kamera-1"
TICK_S = 0.05
CLOCK = SystemClock()


@dataclass(frozen=True)
class Orders:
    """What a crowd is made of. `start_s`: over how long its edges come, each at a moment of its own."""

    port: int
    edges: Sequence[tuple[str, str, str]]  # name, password, area
    start_s: float


@dataclass
class Told:
    """What a crowd did so far. `waits`: seconds from an event to its ack, of those acknowledged since the last time."""

    connected: int
    made: int
    acknowledged: int
    repeats: int
    waits: list[float]


@dataclass
class _Waiting:
    body: bytes
    made: float  # monotonic
    sent: float


@dataclass(eq=False)
class _Edge(asyncio.Protocol):
    """One edge; its connection comes and goes."""

    crowd: "_Crowd"
    name: str
    password: str
    area: str
    ready: bool = False
    next_seq: int = 1
    waiting: dict[int, _Waiting] = field(default_factory=dict)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def live(self, first_s: float) -> None:
        """Stay connected, for ever."""
        await asyncio.sleep(first_s)
        first, later = random.uniform(*FIRST_RETRY_S), random.uniform(*LATER_RETRY_S)  # noqa: S311 - no secret
        pause = first
        while True:
            self.gone.clear()
            try:
                await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self.crowd.port)
                await self._beat()
                pause = first
            except OSError:
                pass
            await asyncio.sleep(pause)
            pause = min(2 * pause, later)

    async def _beat(self) -> None:
        """Keep the connection alive until it is gone."""
        due = 0.0
        while not self.gone.is_set():
            now = CLOCK.monotonic()
            if self.ready and now >= due:
                due = now + HEARTBEAT_S
                self._publish("status", self._status())
            elif self.ready:
                self._transport.write(mqtt.PING)
            try:
                async with asyncio.timeout(KEEPALIVE_S if due else 0.5):
                    await self.gone.wait()
            except TimeoutError:
                continue

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._reader, self._number = cast(asyncio.Transport, transport), mqtt.Reader(), 1
        will = encode(Status(online=False))
        self._transport.write(mqtt.connect(self.name, self.password, KEEPALIVE_S, topic(self.name, "status"), will))

    def connection_lost(self, _error: Exception | None) -> None:
        self.ready = False
        self.gone.set()

    def data_received(self, data: bytes) -> None:
        for kind, _, body in self._reader.feed(data):
            if kind == mqtt.CONNACK:
                if body[1]:
                    self._transport.close()
                    return
                self._transport.write(mqtt.subscribe(topic(self.name, "ack"), 1))
            elif kind == mqtt.SUBACK:
                self.ready = True
                self._publish("status", self._status())
                for seq in self.waiting:
                    self._send(seq, again=True)
            elif kind == mqtt.PUBLISH:
                self._hear(decode(Ack, mqtt.payload(body)))

    def _hear(self, ack: Ack) -> None:
        now = CLOCK.monotonic()
        for seq in ack.seqs:
            known = self.waiting.pop(seq, None)
            if known:
                self.crowd.acknowledged += 1
                self.crowd.waits.append(now - known.made)

    def _status(self) -> bytes:
        now = CLOCK.now()
        camera = CameraStatus(id=CAMERA, name="Kamera 1", area=self.area, state="ok")
        outbox = OutboxStatus(events=len(self.waiting), recorded=self.next_seq - 1)
        return encode(Status(online=True, at=now, started_at=now, stream=STREAM, cameras=[camera], outbox=outbox))

    def _publish(self, channel: str, body: bytes) -> None:
        self._number = self._number % 65_535 + 1
        self._transport.write(mqtt.publish(topic(self.name, channel), body, self._number))

    def tell(self) -> str:
        """Make an event, and send it if the link is up; its id."""
        now, seq = CLOCK.now(), self.next_seq
        self.next_seq += 1
        event = Event(
            id=new_id(), stream=STREAM, seq=seq, camera=CAMERA, rule="halaman", kind="intrusion", severity=2, at=now,
            frame_at=now, label="person", score=0.8, track=seq, box=(0.1, 0.2, 0.3, 0.4), zone="halaman",
            model="bench",
        )  # fmt: skip
        moment = CLOCK.monotonic()
        self.waiting[seq] = _Waiting(encode(event), moment, moment)
        self._send(seq, again=False)
        return event.id

    def _send(self, seq: int, *, again: bool) -> None:
        if self.ready:
            self.crowd.repeats += again
            self.waiting[seq].sent = CLOCK.monotonic()
            self._publish("event", self.waiting[seq].body)

    def look(self, now: float) -> None:
        """Send again what had no ack for long."""
        for seq, each in self.waiting.items():
            if now - each.sent > ACK_TIMEOUT_S:
                self._send(seq, again=True)


class _Crowd:
    """All edges of this process."""

    def __init__(self, orders: Orders, pipe: "Connection[Any, Any]") -> None:
        self.port = orders.port
        self.acknowledged, self.repeats = 0, 0
        self.waits: list[float] = []
        self._pipe = pipe
        self._rate = 0.0
        self._ids: list[str] = []
        self._edges = [_Edge(self, *edge) for edge in orders.edges]
        self._turn = deque(self._edges)
        self._start_s = orders.start_s

    async def run(self) -> None:
        """Live until the pipe says the end."""
        ending = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._pipe.fileno(), self._obey, ending)
        lives = [
            asyncio.create_task(edge.live(random.uniform(0, self._start_s)))  # noqa: S311 - no secret
            for edge in self._edges
        ]
        owed, looked, before = 0.0, 0.0, CLOCK.monotonic()
        while not ending.is_set():
            await asyncio.sleep(TICK_S)
            now = CLOCK.monotonic()
            owed, before = owed + self._rate * (now - before), now
            while owed >= 1:
                owed -= 1
                self._ids.append(self._turn[0].tell())
                self._turn.rotate(-1)
            if now - looked >= 1:
                looked = now
                for edge in self._edges:
                    edge.look(now)
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)

    def _obey(self, ending: asyncio.Event) -> None:
        match self._pipe.recv():
            case float(rate):
                self._rate = rate
            case "told":
                connected = sum(edge.ready for edge in self._edges)
                waits, self.waits = self.waits, []
                self._pipe.send(Told(connected, len(self._ids), self.acknowledged, self.repeats, waits))
            case "ids":
                self._pipe.send(self._ids)
            case _:
                ending.set()


def work(orders: Orders, pipe: "Connection[Any, Any]") -> None:
    """Entry of the process. The pipe takes a rate (events a second), "told", "ids" or None."""
    asyncio.run(_Crowd(orders, pipe).run())
