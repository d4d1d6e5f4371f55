"""Rows of what the centre vouched for: up to which change, and with which seal."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.store.response_schema import changes, checkpoints


class Checkpoint(Struct, frozen=True, kw_only=True):
    """The newest change at a time, its seal, and the signature of both (`statement`) by a key."""

    at: datetime
    change: int
    seal: str
    key: str
    signature: str


def statement(at: datetime, change: int, seal: str) -> bytes:
    """What is signed."""
    return b"ekamling checkpoint 1\n" + msgspec.json.encode([at, change, seal])


async def add(connection: AsyncConnection, checkpoint: Checkpoint) -> None:
    await connection.execute(insert(checkpoints).values(msgspec.structs.asdict(checkpoint)))


async def every(connection: AsyncConnection) -> list[Checkpoint]:
    """All of them, oldest first."""
    columns = [checkpoints.c[name] for name in Checkpoint.__struct_fields__]
    rows = await connection.execute(select(*columns).order_by(checkpoints.c.id))
    return [Checkpoint(**row) for row in rows.mappings()]


async def unvouched(connection: AsyncConnection) -> tuple[int, str] | None:
    """Id and seal of the newest change, where no checkpoint is as new."""
    query = select(changes.c.id, changes.c.seal).order_by(changes.c.id.desc()).limit(1)
    newest = (await connection.execute(query)).first()
    last = await connection.execute(select(checkpoints.c.change).order_by(checkpoints.c.id.desc()).limit(1))
    if newest is None or last.scalar() == newest.id:
        return None
    return newest.id, newest.seal
