"""A connection of the centre to its broker that is made again after every failure."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError

RETRY_S = 1.0
PING_S = 5  # after two pings without an answer a connection is given up and made anew

log = logging.getLogger("ingest.link")


async def stay_connected(
    url: str, user: str, password: str, name: str, work: Callable[[Client], Awaitable[None]]
) -> None:
    """Do `work` with a connection, and again with a new one whenever the broker fails; until cancelled."""
    while True:
        try:
            client = await nats.connect(
                url,
                user=user,
                password=password,
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
            log.warning("the broker %s cannot be used (%s); trying again", url, error or type(error).__name__)
        await asyncio.sleep(RETRY_S)


async def _note(error: Exception) -> None:
    """For the NATS client, which goes on by itself."""
    log.warning("the broker: %s", error or type(error).__name__)
