"""Silences and tests, as people make and end them."""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.bell import Bell
from alerts.cases import mutes
from alerts.cases.mutes import Mute, Purpose
from alerts.cases.signal import FAMILIES
from alerts.ground import places
from alerts.people import authority
from alerts.people.authority import NotAllowed
from alerts.people.roles import Capability, can
from alerts.store import changes, fleet
from alerts.store import mutes as store
from alerts.store.changes import Change
from alerts.store.database import Database
from alerts.store.people import User
from core.clock import Clock
from core.errors import EkamlingError
from core.ids import new_id
from core.words import nearest

MAX_REASON = 500
LONGEST_OF_A_HEAD = timedelta(days=1)  # a wedding; what takes longer is for who commands


class NewMute(Struct, frozen=True, kw_only=True):
    """A silence or test that somebody wants; without `since` from now on."""

    purpose: Purpose
    area: str
    until: datetime
    reason: str
    since: datetime | None = None
    edge: str = ""
    camera: str = ""
    kind: str = ""


class Silences:
    """Keeps silences and tests.

    Silences are for those who command and, for a day, for the heads of RT and RW; tests for those who command and for
    installers. None as an answer says: nothing to end for this user.
    """

    def __init__(self, database: Database, bell: Bell, clock: Clock) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock

    async def listed(self, user: User) -> list[dict[str, Any]]:
        """What is quiet now or will be, in the user's area, the first to end first."""
        async with self._database.read() as connection:
            found = await store.listed(connection, user.area, self._clock.now())
        return [view(mute, self._clock.now()) for mute in found if _concerns(user, mute)]

    async def add(self, user: User, new: NewMute) -> dict[str, Any]:
        """Keep a place quiet for a while. Raises EkamlingError for what may not be, NotAllowed for another role."""
        if not _allowed(user, new.purpose):
            raise NotAllowed(_REFUSED[new.purpose])
        now = self._clock.now()
        mute = Mute(
            **{**asdict(new), "area": authority.inside(user, new.area), "since": new.since or now},
            id=new_id(self._clock),
            who=user.display_name,
            made_at=now,
        )
        _check(mute)
        _check_head(user, mute)
        async with self._database.write() as connection:
            await _check_place(connection, mute)
            await store.add(connection, mute)
            await self._note(connection, user, mute, None, view(mute, now))
        self._bell.ring()
        return view(mute, now)

    async def end(self, user: User, mute_id: str) -> dict[str, Any] | None:
        """End one before its time."""
        now = self._clock.now()
        async with self._database.write() as connection:
            listed = await store.listed(connection, user.area, now)
            before = next((each for each in listed if each.id == mute_id), None)
            if before is None or not _concerns(user, before):
                return None
            ended = await store.end(connection, mute_id, user.area, now)
            if ended is None:
                return None
            await self._note(connection, user, ended, view(before, now), None)
        self._bell.ring()
        return view(ended, now)

    async def _note(self, connection: AsyncConnection, user: User, mute: Mute, before: Any, after: Any) -> None:
        note = Change(user=user.name, area=mute.area, what=mute.purpose, which=mute.id, before=before, after=after)
        await changes.note(connection, note, self._clock.now())


def view(mute: Mute, now: datetime) -> dict[str, Any]:
    """A silence or test as people see it: what is quiet, by whom, why, and until when."""
    return {
        "id": mute.id,
        "purpose": mute.purpose,
        "area": mute.area,
        "area_name": places.name(mute.area),
        "edge": mute.edge,
        "camera": mute.camera,
        "kind": mute.kind,
        "since": views.instant(mute.since),
        "until": views.instant(mute.until),
        "reason": mute.reason,
        "who": mute.who,
        "made_at": views.instant(mute.made_at),
        "ended_at": views.instant(mute.ended_at),
        "active": mute.active(now),
    }


_REFUSED: dict[Purpose, str] = {
    "silence": "a place is silenced by who commands or by the head of the RT or RW; an installer puts it on test",
    "test": "a place is put on test by an installer or by who commands",
}


def _concerns(user: User, mute: Mute) -> bool:
    """Whether somebody sees it and may end it, which makes a place heard again: installers only what is on test."""
    return can(user.role, Capability.SILENCE) or mute.purpose == "test"


def _allowed(user: User, purpose: Purpose) -> bool:
    needed = Capability.SILENCE if purpose == "silence" else Capability.INSTALL
    return can(user.role, Capability.COMMAND) or can(user.role, needed)


def _check_head(user: User, mute: Mute) -> None:
    """Raise EkamlingError for more than the head of a neighbourhood may keep quiet."""
    if can(user.role, Capability.COMMAND) or mute.purpose == "test":
        return
    if mute.until - mute.since > LONGEST_OF_A_HEAD:
        raise EkamlingError(
            "the head of an RT or RW silences a place for 24 hours at most; ask the command centre for more"
        )


def _check(mute: Mute) -> None:
    mutes.check(mute)
    if len(mute.reason) > MAX_REASON or not mute.reason.isprintable():
        raise EkamlingError(f"the reason has at most {MAX_REASON} printable characters, in one line")
    if mute.kind and mute.kind not in FAMILIES:
        raise EkamlingError(
            f"kind {mute.kind[:40]!r} is none that is silenced{nearest(mute.kind[:40], FAMILIES)}; what people"
            " report is always heard"
        )


async def _check_place(connection: AsyncConnection, mute: Mute) -> None:
    """Raise EkamlingError for an edge or camera that is not in the area: its silence would keep nothing quiet."""
    if not mute.edge:
        return
    rows = await fleet.listed(connection, mute.area, [mute.edge])
    if not rows:
        raise EkamlingError(f"area {mute.area} has no edge {mute.edge[:64]!r}")
    if mute.camera and mute.camera not in {camera["id"] for row in rows for camera in row["cameras"]}:
        raise EkamlingError(f"edge {mute.edge} has no camera {mute.camera[:64]!r} in {mute.area}")
