"""A connection of the centre to its broker that is made again after every failure."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError

CENTRE_USER = "_centre"  # which no edge can be called
RETRY_S = 1.0
PING_S = 5  # after two pings without an answer a connection is given up and made anew

log = logging.getLogger("ingest.link")


@dataclass(frozen=True, slots=True)
class Access:
    """Where the brokers are, any of which will do, and what lets the centre's own processes in."""

    urls: tuple[str, ...]
    user: str
    password: str


async def stay_connected(access: Access, name: str, work: Callable[[Client], Awaitable[None]]) -> None:
    """Do `work` with a connection, and again with a new one whenever the broker fails; until cancelled."""
    while True:
        try:
            client = await nats.connect(
                list(access.urls),
                user=access.user,
                password=access.password,
                name=name,
                max_reconnect_attempts=-1,
                ping_interval=PING_S,
                error_cb=_note,
            )
            try:
                await work(client)
            finally:
                await client.close()
        except (NatsError, OSError, TimeoutError) as error:
            where = ", ".join(access.urls)
            log.warning("the broker %s cannot be used (%s); trying again", where, error or type(error).__name__)
        await asyncio.sleep(RETRY_S)


async def _note(error: Exception) -> None:
    """For the NATS client, which goes on by itself."""
    log.warning("the broker: %s", error or type(error).__name__)
