"""The way to the edges, as the siren sees it."""

import asyncio
from typing import Any


class Edge:
    """Keeps what it was told; fails as it was told to."""

    def __init__(self, error: Exception | None = None, *, hangs: bool = False) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        self._error, self._hangs = error, hangs

    async def __call__(self, edge: str, order: dict[str, Any]) -> None:
        if self._hangs:
            await asyncio.Event().wait()
        if self._error:
            raise self._error
        self.told.append((edge, order))
