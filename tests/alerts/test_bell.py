"""The bell wakes everybody who waits, and misses nobody who was about to."""

import asyncio

from alerts.bell import Bell


async def test_a_ring_wakes_all_who_wait() -> None:
    bell = Bell()
    waiting = [asyncio.create_task(bell.wait(bell.rings, 60)) for _ in range(3)]
    await asyncio.sleep(0)
    bell.ring()
    assert await asyncio.gather(*waiting) == [True, True, True]


async def test_a_ring_between_looking_and_waiting_is_heard() -> None:
    bell = Bell()
    heard = bell.rings
    bell.ring()
    assert await bell.wait(heard, 60)


async def test_nobody_waits_for_ever() -> None:
    bell = Bell()
    bell.ring()
    assert not await bell.wait(bell.rings, 0.001)


async def test_who_is_cancelled_as_it_rings_is_cancelled() -> None:
    bell = Bell()
    waiting = asyncio.create_task(bell.wait(bell.rings, 60))
    await asyncio.sleep(0)
    bell.ring()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()
