"""A connection of the centre to its broker that is made again after every failure."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nats.aio.client import Client
from nats.errors import Error as NatsError

from core.tasks import stop

CENTRE_USER = "_centre"  # which no edge can be called
RETRY_S = 0.25
PING_S = 5  # after two pings without an answer a connection is given up and made anew

log = logging.getLogger("ingest.link")


@dataclass(frozen=True, slots=True)
class Access:
    """Where the brokers are, any of which will do, and what lets the centre's own processes in."""

    urls: tuple[str, ...]
    user: str
    password: str


async def stay_connected(access: Access, name: str, work: Callable[[Client], Awaitable[None]]) -> None:
    """Do `work` with a connection, and again with a new one whenever the broker fails; until cancelled.

    The client could come back by itself, but what was asked over the old connection has no answer over the new one: a
    batch that is waited for would be waited for until its time is out.
    """
    well = True
    while True:
        lost = asyncio.Event()
        try:
            client = await _connected(access, name, lost)
            well = True
            try:
                await _until_lost(work(client), lost)
            finally:
                await client.close()
        except (NatsError, OSError, TimeoutError) as error:
            if well:
                where = ", ".join(access.urls)
                log.warning("the broker %s cannot be used (%s); trying again", where, error or type(error).__name__)
            well = False
        await asyncio.sleep(RETRY_S)


async def _connected(access: Access, name: str, lost: asyncio.Event) -> Client:
    """A client that is connected, and sets `lost` once it is not any more."""
    client = Client()

    async def note() -> None:
        lost.set()

    async def hear(error: Exception) -> None:
        if client.is_connected:
            log.warning("the broker: %s", error or type(error).__name__)

    try:
        await client.connect(
            list(access.urls),
            user=access.user,
            password=access.password,
            name=name,
            allow_reconnect=False,
            max_reconnect_attempts=1,  # of each address, before it says that none answers
            reconnect_time_wait=0,
            ping_interval=PING_S,
            error_cb=hear,
            disconnected_cb=note,
            closed_cb=note,
        )
    except BaseException:
        await client.close()
        raise
    return client


async def _until_lost(work: Awaitable[None], lost: asyncio.Event) -> None:
    """Raises what the work raises, and OSError where the connection is lost before that."""
    working, losing = asyncio.ensure_future(work), asyncio.ensure_future(lost.wait())
    try:
        await asyncio.wait((working, losing), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ConnectionError("it ended the connection")
        await working
    finally:
        await stop(working, losing)
