"""The caller: asks an edge something and waits for its answer. Nothing is kept; whoever asks stays on the line.

It is what live view is agreed upon with. What must reach an edge that is away goes through the courier.
"""

import asyncio
import logging

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from core.errors import WireError
from core.events import Answer, Command, decode, encode
from core.topics import parse_subject, subject
from ingest.link import Access, stay_connected

UNASKED = 1000  # answers that nobody waits for, kept for whoever listens; the oldest give way

log = logging.getLogger("ingest.caller")


class Caller:
    """Any number of questions may be open at a time, each known by the id of its command."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._client: Client | None = None
        self._open: dict[tuple[str, str], asyncio.Future[Answer]] = {}
        self._unasked: asyncio.Queue[tuple[str, Answer]] = asyncio.Queue()
        self.ready = asyncio.Event()  # answers are heard

    async def run(self) -> None:
        """Work until cancelled."""
        await stay_connected(self._access, "caller", self._listen)

    async def ask(self, edge: str, command: Command, timeout_s: float) -> Answer | None:
        """The answer of an edge; None where none came in time, or the broker cannot be reached."""
        key = edge, command.id
        answer = self._open[key] = asyncio.get_running_loop().create_future()
        try:
            if not await self.tell(edge, command):
                return None
            return await asyncio.wait_for(answer, timeout_s)
        except TimeoutError:
            return None
        finally:
            del self._open[key]

    async def tell(self, edge: str, command: Command) -> bool:
        """Send a command that has no answer, or whose answer does not matter; whether it went out."""
        if self._client is None or not self._client.is_connected:
            return False
        try:
            await self._client.publish(subject(edge, "cmd"), encode(command))
        except NatsError as error:
            log.warning("edge %s is not told %s: %s", edge, command.name, error or type(error).__name__)
            return False
        return True

    async def unasked(self) -> tuple[str, Answer]:
        """The next (edge, answer) that nobody waits for: a view that ended, or an answer that came too late."""
        return await self._unasked.get()

    async def _listen(self, client: Client) -> None:
        await client.subscribe(subject("*", "live"), cb=self._hear)
        await client.flush()
        self._client = client
        self.ready.set()
        try:
            await asyncio.Event().wait()  # for as long as the connection stands
        finally:
            self._client = None

    async def _hear(self, message: Msg) -> None:
        try:
            edge, _ = parse_subject(message.subject)
            answer = decode(Answer, message.data)
        except WireError as error:
            log.warning("an edge's answer is not of the contract: %s", error)
            return
        waiting = self._open.get((edge, answer.command))
        if waiting and not waiting.done():
            waiting.set_result(answer)
            return
        if self._unasked.qsize() >= UNASKED:
            self._unasked.get_nowait()
        self._unasked.put_nowait((edge, answer))
