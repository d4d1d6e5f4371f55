"""The record of changes: sealed, signed, and whatever is done to it later shows."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update

from alerts.audit import key, record
from alerts.audit.key import Signer, signed
from alerts.audit.record import Broken
from alerts.store import changes
from alerts.store.changes import Change
from alerts.store.database import Database
from alerts.store.response_schema import changes as table
from alerts.store.response_schema import checkpoints
from core.clock import ManualClock
from tests.messages import AT

BEFORE = {"name": "Pos \u201cMelati\u201d", "at": [-7.388, 109.36], "big": 2**53, "kinds": {"b": 1, "a": None}}
CLOCK = ManualClock(AT)


async def filled(database: Database, folder: Path, count: int = 9) -> Signer:
    """A record of some changes, signed after the third and after the last."""
    signer = key.signer(folder)
    for number in range(count):
        async with database.write() as connection:
            change = Change(user="admin", area="33.03", what="site", which=str(number), before=BEFORE, after=number)
            await changes.note(connection, change, AT)
        if number == 2:
            assert await record.vouch(database, signer, CLOCK)
    assert await record.vouch(database, signer, CLOCK)
    return signer


async def do(database: Database, *statements: Any) -> None:
    async with database.write() as connection:
        for statement in statements:
            await connection.execute(statement)


async def ids(database: Database) -> list[int]:
    async with database.read() as connection:
        return list((await connection.execute(select(table.c.id).order_by(table.c.id))).scalars())


async def test_a_record_that_nobody_touched_is_whole(database: Database, tmp_path: Path) -> None:
    signer = await filled(database, tmp_path)
    checked = await record.check(database)
    assert (checked.changes, checked.vouched, checked.checkpoints) == (9, 9, 2)
    assert checked.keys == (signer.public,)


async def test_an_empty_record_is_whole_and_nothing_is_signed(database: Database, tmp_path: Path) -> None:
    assert not await record.vouch(database, key.signer(tmp_path), CLOCK)
    assert (await record.check(database)).changes == 0


async def test_nothing_new_is_not_signed_again(database: Database, tmp_path: Path) -> None:
    signer = await filled(database, tmp_path)
    assert not await record.vouch(database, signer, CLOCK)


async def test_what_several_processes_write_is_one_chain(database: Database, database_url: str, tmp_path: Path) -> None:
    async def work(other: Database) -> None:
        for number in range(5):
            async with other.write() as connection:
                change = Change(user="admin", area="33.03", what="site", which=str(number), after=number)
                await changes.note(connection, change, AT)
            await record.vouch(other, signer, CLOCK)

    signer = key.signer(tmp_path)
    others = [await Database.open(database_url) for _ in range(3)]
    await asyncio.gather(*(work(other) for other in others))
    for other in others:
        await other.close()
    checked = await record.check(database)
    assert (checked.changes, checked.vouched) == (15, 15)


@pytest.mark.parametrize("column", ["at", "user", "area", "what", "which", "before", "after", "seal"])
async def test_a_change_that_was_changed_shows(database: Database, tmp_path: Path, column: str) -> None:
    await filled(database, tmp_path)
    fourth = (await ids(database))[3]
    new: dict[str, Any] = {"at": AT.replace(year=2027), "before": {}, "after": 4, "seal": "a" * 64}
    await do(database, update(table).where(table.c.id == fourth).values({column: new.get(column, "x")}))
    with pytest.raises(Broken, match=f"change {fourth} "):
        await record.check(database)


@pytest.mark.parametrize("gone", [0, 4, 8])
async def test_a_change_that_was_removed_shows(database: Database, tmp_path: Path, gone: int) -> None:
    await filled(database, tmp_path)
    await do(database, delete(table).where(table.c.id == (await ids(database))[gone]))
    with pytest.raises(Broken):
        await record.check(database)


async def test_a_change_that_was_added_shows(database: Database, tmp_path: Path) -> None:
    await filled(database, tmp_path)
    fourth = (await ids(database))[3]
    await do(database, delete(table).where(table.c.id == fourth))
    row = {"at": AT, "user": "x", "area": "33.03", "what": "site", "which": "3", "before": None, "after": 1}
    await do(database, insert(table).values(**row, id=fourth, seal="0" * 64))
    with pytest.raises(Broken, match=f"change {fourth} "):
        await record.check(database)


async def test_a_record_that_was_written_anew_is_not_the_one_that_was_signed(
    database: Database, tmp_path: Path
) -> None:
    await filled(database, tmp_path)
    await do(database, delete(table))
    for number in range(9):
        async with database.write() as connection:
            await changes.note(connection, Change(user="x", area="33.03", what="site", which=str(number), after=1), AT)
    with pytest.raises(Broken, match="the centre signed"):
        await record.check(database)


@pytest.mark.parametrize("column", ["at", "change", "seal", "key", "signature"])
async def test_a_checkpoint_that_was_changed_shows(database: Database, tmp_path: Path, column: str) -> None:
    await filled(database, tmp_path)
    other = Signer(bytes(32)).public
    new: dict[str, Any] = {"at": AT.replace(year=2027), "change": 1_000_000, "seal": "a" * 64, "key": other}
    await do(database, update(checkpoints).values({column: new.get(column, "b" * 128)}))
    with pytest.raises(Broken, match="checkpoint 1 "):
        await record.check(database)


async def test_changes_from_before_there_were_seals_are_sealed_when_the_tables_are_brought_up_to_date(
    empty_database_url: str, tmp_path: Path
) -> None:
    database = await Database.open(empty_database_url, "0013")
    async with database.write() as connection:
        for number in range(3):
            await connection.execute(
                text(
                    'INSERT INTO changes (at, "user", area, what, which, before, after) VALUES '
                    "(:at, 'admin', '33.03', 'site', :which, :before, NULL)"
                ),
                {
                    "at": 1_700_000_000_000_000 + number,
                    "which": f"{number}",
                    "before": '{"b": [1, 2.5], "a": "\u00e9"}',
                },
            )
    await database.close()
    database = await Database.open(empty_database_url)
    await filled(database, tmp_path)
    assert (await record.check(database)).changes == 12
    await database.close()


def test_a_signature_has_one_form_only() -> None:
    signer = Signer(bytes(range(32)))
    mark = signer.sign(b"content")
    assert signed(b"content", mark, signer.public)
    for signature, public in (
        (mark.upper(), signer.public), (f"{mark} ", signer.public), (mark[:-2], signer.public), ("", signer.public),
        (mark, signer.public.upper()), (mark, ""), (mark, "zz" * 32),
    ):  # fmt: skip
        assert not signed(b"content", signature, public)
    assert not signed(b"content.", mark, signer.public)
