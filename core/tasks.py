"""Ending asyncio tasks, also those that do not hear the first word."""

import asyncio

_AGAIN_S = 3.0  # what a task may take to tidy up before it is asked again


async def stop(*tasks: asyncio.Task[object]) -> None:
    """Cancel tasks and wait until all are over; their results and errors stay with them.

    One cancellation is not enough: `asyncio.wait_for` of Python 3.11 drops one that arrives in the same turn of the
    loop as its result (fixed in 3.12, https://github.com/python/cpython/issues/86296), and the NATS client waits by it.
    """
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)  # an error that nobody asks for is not a warning
