"""The feed: one order, by area, kept for a while."""

from datetime import timedelta

from alerts.store import feed
from alerts.store.database import Database
from tests.messages import AT


async def fill(database: Database, *areas: str, at: float = 0.0) -> None:
    async with database.write() as connection:
        for number, area in enumerate(areas):
            await feed.append(connection, AT + timedelta(hours=at), "incident", area, {"entry": number})


async def areas_seen(database: Database, area: str, after: int = 0, limit: int = 100) -> list[tuple[int, int]]:
    async with database.read() as connection:
        return [(number, payload["entry"]) for number, _, payload in await feed.since(connection, after, area, limit)]


async def reaches(database: Database, after: int) -> bool:
    async with database.read() as connection:
        return await feed.reaches_back_to(connection, after)


async def test_an_empty_feed_begins_at_nothing(database: Database) -> None:
    async with database.read() as connection:
        assert await feed.last(connection) == 0
    assert await reaches(database, 0)
    assert not await reaches(database, 1)


async def test_entries_come_in_order_after_the_one_asked_for(database: Database) -> None:
    await fill(database, "33.03", "33.03", "33.03")
    assert await areas_seen(database, "33.03") == [(1, 0), (2, 1), (3, 2)]
    assert await areas_seen(database, "33.03", after=1, limit=1) == [(2, 1)]
    assert await areas_seen(database, "33.03", after=3) == []


async def test_an_area_is_told_of_itself_and_of_what_lies_in_it_only(database: Database) -> None:
    own, other = "33.03.05.1005/RW02", "33.03.05.1005/RW021"
    await fill(database, own, f"{own}/RT04", "33.03.05.1005", other, "33.03.05.1006", "33_03.05.1005/RW02")
    assert [entry for _, entry in await areas_seen(database, own)] == [0, 1]
    assert [entry for _, entry in await areas_seen(database, "33.03.05.1005")] == [0, 1, 2, 3]
    assert [entry for _, entry in await areas_seen(database, "33.03")] == [0, 1, 2, 3, 4]
    assert await areas_seen(database, "3%") == []


async def test_what_an_edge_does_concerns_the_smaller_areas_in_its_own_too(database: Database) -> None:
    village = "33.03.05.1005"
    async with database.write() as connection:
        for area in (village, "33.03.05.1006", f"{village}/RW02", "33"):
            await feed.append_edge(connection, AT, area, area)
        await feed.append(connection, AT, "incident", village, {"entry": 0})
    async with database.read() as connection:
        entries = await feed.since(connection, 0, f"{village}/RW02/RT04", 10)
    assert [payload["id"] for _, _, payload in entries] == [village, f"{village}/RW02", "33"]


async def test_trimming_forgets_what_is_old_and_never_the_newest_number(database: Database) -> None:
    await fill(database, "33.03", "33.03", at=0)
    await fill(database, "33.03", at=23)
    async with database.write() as connection:
        await feed.trim(connection, AT + timedelta(hours=24, seconds=1))
    assert [number for number, _ in await areas_seen(database, "33.03")] == [3]
    assert (await reaches(database, 1), await reaches(database, 2), await reaches(database, 3)) == (False, True, True)
    async with database.write() as connection:
        await feed.trim(connection, AT + timedelta(days=30))
    await fill(database, "33.03")
    assert [number for number, _ in await areas_seen(database, "33.03")] == [3, 4]


async def test_a_number_beyond_the_newest_is_of_another_feed(database: Database) -> None:
    await fill(database, "33.03")
    assert await reaches(database, 1)
    assert not await reaches(database, 2)
