"""Ending tasks: also one that loses a cancellation."""

import asyncio

import pytest

from core import tasks
from core.tasks import stop


async def test_a_task_that_loses_a_cancellation_is_ended_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_AGAIN_S", 0.01)
    heard = 0

    async def deaf_once() -> None:
        nonlocal heard
        while heard < 2:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                heard += 1

    task = asyncio.create_task(deaf_once())
    await asyncio.sleep(0)
    await stop(task)
    assert task.done()


async def test_a_task_may_tidy_up_before_it_ends() -> None:
    tidied = False

    async def tidy() -> None:
        nonlocal tidied
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            tidied = True

    task = asyncio.create_task(tidy())
    await asyncio.sleep(0)
    await stop(task)
    assert tidied and task.cancelled()


async def test_what_ended_before_is_left_as_it_is() -> None:
    async def seven() -> int:
        return 7

    async def fail() -> None:
        raise ValueError("broken")

    good, bad = asyncio.create_task(seven()), asyncio.create_task(fail())
    await asyncio.wait([good, bad])
    await stop(good, bad)
    assert good.result() == 7
    with pytest.raises(ValueError, match="broken"):
        bad.result()


async def test_nothing_to_end_is_no_error() -> None:
    await stop()
