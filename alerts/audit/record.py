"""The record of changes in the database: signed now and then, and checked from its first row to its last."""

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

from msgspec import Struct

from alerts.audit.key import Signer, signed
from alerts.store import changes, checkpoints
from alerts.store.checkpoints import Checkpoint
from alerts.store.database import Database
from core import seals
from core.clock import Clock
from core.errors import EkamlingError

WHEN = "%Y-%m-%d %H:%M:%S UTC"


class Broken(EkamlingError):
    """Something was changed, left out, added or put elsewhere; the line says where it shows first."""


class Checked(Struct, frozen=True, kw_only=True):
    """What was found whole. `vouched`: how many of the changes are as old as the last checkpoint, or older; `keys`: the
    public keys that signed, each of which somebody has to know from elsewhere."""

    changes: int
    vouched: int
    checkpoints: int
    last: datetime | None
    seal: str
    keys: tuple[str, ...]


async def vouch(database: Database, signer: Signer, clock: Clock) -> bool:
    """Sign the newest seal, where that was not done yet."""
    async with database.read() as connection:
        if await checkpoints.unvouched(connection) is None:
            return False
    async with database.write() as connection:
        newest = await checkpoints.unvouched(connection)
        if newest is None:
            return False
        change, seal = newest
        at = clock.now()
        signature = signer.sign(checkpoints.statement(at, change, seal))
        made = Checkpoint(at=at, change=change, seal=seal, key=signer.public, signature=signature)
        await checkpoints.add(connection, made)
    return True


async def check(database: Database) -> Checked:
    """Read the whole record; raises Broken."""
    async with database.read() as connection, aclosing(changes.every(connection)) as rows:
        return await follow(rows, await checkpoints.every(connection))


async def follow(rows: AsyncIterable[Mapping[str, Any]], vouched: Sequence[Checkpoint]) -> Checked:
    """Go along the chain, oldest change first, and hold each checkpoint against it; raises Broken."""
    promised = _promised(vouched)
    seal, last, count, known, before = seals.FIRST, None, 0, 0, 0
    async for row in rows:
        change, last = row["id"], row["at"]
        if change <= before:
            raise Broken(f"change {change} does not come after change {before}")
        seal, before, count = seals.seal(seal, changes.content(row)), change, count + 1
        if row["seal"] != seal:
            raise Broken(f"change {change} of {last:{WHEN}} is not as it was written, or one before it is missing")
        for signed_seal in promised.pop(change, ()):
            known = count
            if signed_seal != seal:
                raise Broken(f"change {change} of {last:{WHEN}} is not the one that the centre signed")
    if promised:
        raise Broken(f"change {min(promised)}, which the centre signed, is missing")
    keys = tuple(dict.fromkeys(each.key for each in vouched))
    return Checked(changes=count, vouched=known, checkpoints=len(vouched), last=last, seal=seal, keys=keys)


def _promised(vouched: Iterable[Checkpoint]) -> dict[int, list[str]]:
    """The signed seals, by the change that each is of; raises Broken for a signature that is none."""
    promised: dict[int, list[str]] = {}
    for number, each in enumerate(vouched, 1):
        if not signed(checkpoints.statement(each.at, each.change, each.seal), each.signature, each.key):
            raise Broken(f"checkpoint {number} of {each.at:{WHEN}} is not as the centre signed it")
        promised.setdefault(each.change, []).append(each.seal)
    return promised
