"""The courier: carries the centre's commands down to the edges. What an edge did with one comes up as its reply."""

import asyncio
import logging

from nats.aio.client import Client

from core.errors import StorageError
from core.events import encode
from core.topics import subject
from ingest.link import Access, stay_connected
from ingest.sinks import CommandSource

RETRY_S = 1.0
FLUSH_S = 5  # for the broker to say that it has the commands

log = logging.getLogger("ingest.courier")


class Courier:
    """Sends each command once. One that reaches nobody is the source's to give again; nothing is kept here."""

    def __init__(self, access: Access, source: CommandSource) -> None:
        self._access = access
        self._source = source

    async def run(self) -> None:
        """Work until cancelled."""
        await stay_connected(self._access, "courier", self._carry)

    async def _carry(self, client: Client) -> None:
        while True:
            try:
                commands = await self._source.due()
            except StorageError as error:
                log.error("%s; commands wait", error)
                await asyncio.sleep(RETRY_S)
                continue
            for edge, command in commands:
                await client.publish(subject(edge, "cmd"), encode(command))
            if commands:
                await client.flush(FLUSH_S)
