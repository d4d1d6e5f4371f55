"""A centre that only listens and answers what a test tells it to."""

from types import TracebackType
from typing import Self

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

from core.events import Ack, Command, Event, Snapshot, Status, decode, encode
from core.topics import parse_subject, subject
from tests.brokers import RunningBroker
from tests.patience import until


class ListeningCentre:
    """Hears what one edge publishes. With `acks` it acknowledges events and pictures at once."""

    def __init__(self, broker: RunningBroker, edge: str = "pos-1", *, acks: bool = False) -> None:
        self._broker = broker
        self._edge = edge
        self._client: Client | None = None
        self.acks = acks
        self.heard: list[tuple[str, bytes]] = []

    def __enter__(self) -> Self:
        self._broker.loop.run(self._connect())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client:
            self._broker.loop.run(self._client.close())

    async def _connect(self) -> None:
        self._client = await nats.connect(
            self._broker.url,
            user=self._broker.user,
            password=self._broker.password,
            reconnect_time_wait=0.1,
            max_reconnect_attempts=-1,
        )
        await self._client.subscribe(subject(self._edge, ">"), cb=self._hear)
        await self._client.flush()

    async def _hear(self, message: Msg) -> None:
        if message.subject == subject(self._edge, "ack") or message.subject == subject(self._edge, "cmd"):
            return
        _, channel = parse_subject(message.subject)
        self.heard.append((channel, message.data))
        if self.acks and channel == "event":
            event = decode(Event, message.data)
            await self._send("ack", Ack(stream=event.stream, seqs=[event.seq]))
        if self.acks and channel == "snapshot":
            snapshot = decode(Snapshot, message.data)
            await self._send("ack", Ack(stream=snapshot.stream, snapshots=[snapshot.event]))

    async def _send(self, channel: str, message: Ack | Command) -> None:
        assert self._client
        await self._client.publish(subject(self._edge, channel), encode(message))

    def send(self, message: Ack | Command) -> None:
        """Tell the edge something."""
        self._broker.loop.run(self._send("ack" if isinstance(message, Ack) else "cmd", message))

    def send_raw(self, channel: str, payload: bytes) -> None:
        """Tell the edge what may be no message at all."""
        assert self._client
        self._broker.loop.run(self._client.publish(subject(self._edge, channel), payload))

    def of(self, channel: str) -> list[bytes]:
        """What was heard on a channel, in order, repeats included."""
        return [payload for heard, payload in self.heard if heard == channel]

    @property
    def events(self) -> list[int]:
        """Numbers of the events that came, in order, repeats included."""
        return [decode(Event, payload).seq for payload in self.of("event")]

    @property
    def statuses(self) -> list[Status]:
        return [decode(Status, payload) for payload in self.of("status")]

    def await_status(self, *, online: bool) -> Status:
        """The first status of that kind, now or soon."""
        return until(lambda: next((status for status in self.statuses if status.online == online), None))
