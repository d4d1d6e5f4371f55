"""The consumer: pulls the edges' messages from JetStream, hands batches to the intake, and sends the acks.

Any number of consumers share the work: the stream is a work queue, and a message that one of them does not settle in
time is given to another.
"""

import asyncio
from collections.abc import Iterator, Sequence
from time import monotonic

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig

from core.events import encode
from core.topics import subject
from ingest import mailbox
from ingest.intake import Intake, Message, Outcome, Verdict
from ingest.link import Access, stay_connected

DURABLE = "ingest"
USUAL, MOST = 200, 800  # messages of a batch: a large one takes less time a message, and lets those behind it wait
FETCH_S = 5.0
HEARD_S = 5.0  # between two looks at what waits with the broker
ACK_WAIT_S = 30.0
MAX_PENDING = 4 * MOST
RETRY_S = 1.0
EARLY_TRIES = 5  # after a database that failed a picture may come before its event, which was put back, comes again


class Consumer:
    """One worker. `run` works until it is cancelled; `ready` is set once the stream stands, so that the broker keeps
    what edges send (before that they have to send it again)."""

    def __init__(self, access: Access, intake: Intake, replicas: int = 1) -> None:
        self._access = access
        self._intake = intake
        self._replicas = replicas
        self.ready = asyncio.Event()
        self._looked = 0.0

    async def run(self) -> None:
        """Work until cancelled, with a new connection after every failure of the broker."""
        await stay_connected(self._access, "ingest", self._consume)

    async def _consume(self, client: Client) -> None:
        subscription = await _subscribe(client.jetstream(), self._replicas)
        self.ready.set()
        room = USUAL
        while True:
            try:
                messages = await subscription.fetch(room, timeout=FETCH_S)
            except TimeoutError:
                messages = []
            room = MOST if messages and messages[-1].metadata.num_pending > MOST else USUAL
            for part in _in_turn(messages):
                await self._settle(client, part)
            await self._look_behind(subscription)

    async def _look_behind(self, subscription: JetStreamContext.PullSubscription) -> None:
        """Now and then, where no more than one batch waits: tell that the edges were heard out."""
        now = monotonic()
        if now - self._looked < HEARD_S:
            return
        self._looked = now
        if ((await subscription.consumer_info()).num_pending or 0) < MOST:
            await self._intake.heard_out()

    async def _settle(self, client: Client, messages: list[Msg]) -> None:
        """Take in a batch, tell the edges what is committed, then tell the broker what is done with."""
        outcome = await self._intake.handle([Message(message.subject, message.data) for message in messages])
        await self._acknowledge(client, outcome)
        for message, verdict in zip(messages, outcome.verdicts, strict=True):
            match verdict:
                case Verdict.DONE:
                    await message.ack()
                case Verdict.REFUSED:
                    await message.term()
                case Verdict.EARLY if message.metadata.num_delivered >= EARLY_TRIES:
                    await message.term()
                case Verdict.RETRY | Verdict.EARLY:
                    await message.nak(delay=RETRY_S)

    async def _acknowledge(self, client: Client, outcome: Outcome) -> None:
        for edge, ack in outcome.acks:
            await client.publish(subject(edge, "ack"), encode(ack))


def _in_turn(messages: Sequence[Msg]) -> Iterator[list[Msg]]:
    """A batch in two parts: what edges have to tell, with the heartbeats that name its cameras; and the heartbeats of
    all others, for which no event should wait."""
    heartbeats = subject("*", "status").rpartition(".")[2]

    def edge_and_channel(message: Msg) -> tuple[str, str]:
        rest, _, channel = message.subject.rpartition(".")
        return rest, channel

    telling = {edge for edge, channel in map(edge_and_channel, messages) if channel != heartbeats}
    parts: tuple[list[Msg], list[Msg]] = ([], [])
    for message in messages:
        parts[edge_and_channel(message)[0] not in telling].append(message)
    yield from filter(None, parts)


async def _subscribe(jetstream: JetStreamContext, replicas: int) -> JetStreamContext.PullSubscription:
    """Make the stream and the shared consumer if they are not there, and take part."""
    await mailbox.make(jetstream, replicas)
    config = ConsumerConfig(ack_wait=ACK_WAIT_S, max_ack_pending=MAX_PENDING)
    return await jetstream.pull_subscribe("", durable=DURABLE, stream=mailbox.STREAM, config=config)
