"""Several things that run for ever in one process, until a signal comes or one of them ends."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import ServiceError
from core.tasks import stop


@dataclass(frozen=True)
class Task:
    """Something that runs for ever, and is `ready` when this is set."""

    name: str
    run: Callable[[], Coroutine[Any, Any, Any]]
    ready: asyncio.Event | None = None


async def run_all(running: Sequence[Task], ready: Callable[[], None]) -> None:
    """Run all parts until a signal comes; raises ServiceError when one of them ends by itself."""
    signalled = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, signalled.set)
    stopping = asyncio.create_task(signalled.wait(), name="a signal")
    work = [asyncio.create_task(task.run(), name=task.name) for task in running]
    announced = asyncio.create_task(_announce(running, ready))
    done, _ = await asyncio.wait([*work, stopping], return_when=asyncio.FIRST_COMPLETED)
    await stop(*work, announced, stopping)
    if stopping not in done:
        ended = next(iter(done))
        reason = ended.exception() if not ended.cancelled() else None
        raise ServiceError(f"{ended.get_name()} ended unexpectedly{f' ({reason})' if reason else ''}; the centre stops")


async def _announce(running: Sequence[Task], ready: Callable[[], None]) -> None:
    """Say that all parts are up: consoles are answered and no message of an edge is missed."""
    for task in running:
        if task.ready:
            await task.ready.wait()
    ready()
