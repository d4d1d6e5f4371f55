"""Wakes the consoles' streams of this process when the feed has grown; other processes notice by looking."""

import asyncio


class Bell:
    """One `ring` wakes everybody who is waiting now."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, at_most_s: float) -> bool:
        """Wait for the next ring, at most that many seconds; whether it rang."""
        try:
            await asyncio.wait_for(self._event.wait(), at_most_s)
        except TimeoutError:
            return False
        return True
