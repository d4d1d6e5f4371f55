"""The way down to the edges: all that the parts of the centre order, and the edges' answers back to those who asked."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from alerts.bell import Bell
from core.events import Command, Reply

LOOK_S = 1.0  # how often it looks for orders even if its own process rang no bell
PAUSE_S = 0.1  # between two looks: a bell that rings all the time is no reason to look all the time


class Orders(Protocol):
    """A part of the centre that orders something of edges."""

    async def claimed(self) -> list[tuple[str, Command]]:
        """(edge, command) of what is to be sent now, each given out once; raises StorageError."""
        ...

    async def put_reply(self, edge: str, reply: Reply, at: datetime) -> None:
        """Note an edge's answer; one to somebody else's command changes nothing. Raises StorageError."""
        ...


class Downlink:
    """Several parts as one source of commands."""

    def __init__(self, bell: Bell, parts: Sequence[Orders]) -> None:
        self._bell = bell
        self._parts = tuple(parts)

    async def due(self) -> list[tuple[str, Command]]:
        """What is to be sent now; waits a moment where there is nothing."""
        heard = self._bell.rings
        found = [each for part in self._parts for each in await part.claimed()]
        if not found:
            await asyncio.sleep(PAUSE_S)
            await self._bell.wait(heard, LOOK_S - PAUSE_S)
        return found

    async def put_reply(self, edge: str, reply: Reply, at: datetime) -> None:
        """Hand an edge's answer to all parts."""
        for part in self._parts:
            await part.put_reply(edge, reply, at)
