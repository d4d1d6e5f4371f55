"""What people do with incidents: every change with who, when and why, within the area that they may act in."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.bell import Bell
from alerts.cases import incident, news, sop
from alerts.cases.incident import Incident, NotNow, Resolution, State
from alerts.people.roles import Capability, can
from alerts.store import incidents, procedures, reports
from alerts.store.database import Database
from alerts.store.people import User
from alerts.telling import escalation
from core.clock import Clock

Step = Callable[[Incident, datetime], Incident]


class Casework:
    """The work on incidents. A method that returns None says: no such incident for this user. All raise NotNow where
    the incident's state, or another person's claim, does not allow it."""

    def __init__(self, database: Database, bell: Bell, clock: Clock) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock

    async def acknowledge(self, user: User, incident_id: str) -> dict[str, Any] | None:
        """Take an incident for all."""

        def step(found: Incident, now: datetime) -> Incident:
            return incident.claimed(found, user.name, user.display_name, now)

        return await self._change(user, incident_id, step, "acknowledged", "", anybody=True)

    async def release(self, user: User, incident_id: str, reason: str) -> dict[str, Any] | None:
        """Give an incident back, for anybody to take."""
        return await self._change(user, incident_id, incident.released, "released", reason)

    async def hand_over(self, user: User, incident_id: str, agency: str, note: str) -> dict[str, Any] | None:
        """Give an incident to another agency or shift, with what they must know."""
        if not note.strip():
            raise NotNow("note_required", "a hand-over needs a note for those who take it over")

        def step(found: Incident, now: datetime) -> Incident:
            return incident.handed_over(found, agency, now)

        return await self._change(user, incident_id, step, "handed_over", f"{agency}: {note}")

    async def verify(self, user: User, incident_id: str, level: int, note: str) -> dict[str, Any] | None:
        """Say what it is, as a person who looked: level 0 to 4 of ANSI/TMA-AVS-01."""

        def step(found: Incident, now: datetime) -> Incident:
            return incident.verified(found, level, now)

        return await self._change(user, incident_id, step, "verified", joined_note(str(level), note))

    async def dispatch(self, user: User, incident_id: str, agency: str, note: str) -> dict[str, Any] | None:
        """Send somebody."""

        def step(found: Incident, now: datetime) -> Incident:
            return incident.dispatched(found, agency, now)

        return await self._change(user, incident_id, step, "dispatched", joined_note(agency, note))

    async def arrive(self, user: User, incident_id: str, note: str) -> dict[str, Any] | None:
        """Say that somebody is on the scene; whoever says so may be another than who has the incident."""
        return await self._change(user, incident_id, incident.arrived, "on_scene", note, anybody=True)

    async def regrade(self, user: User, incident_id: str, severity: int, reason: str) -> dict[str, Any] | None:
        """Give an incident another severity. A graver one is routed anew."""
        if not reason.strip():
            raise NotNow("reason_required", "another severity needs a reason")

        def step(found: Incident, now: datetime) -> Incident:
            return incident.regraded(found, severity, now)

        return await self._change(user, incident_id, step, "regraded", joined_note(str(severity), reason))

    async def note(self, user: User, incident_id: str, text: str) -> dict[str, Any] | None:
        """Write something into the history, also of a closed incident."""

        def step(found: Incident, now: datetime) -> Incident:
            return replace(found, updated_at=now)

        return await self._change(user, incident_id, step, "note", text, anybody=True)

    async def procedure_step(self, user: User, incident_id: str, step_id: str, done: bool) -> dict[str, Any] | None:
        """Tick a step of the procedure, or take the tick back."""
        async with self._database.write() as connection:
            found = await incidents.find(connection, incident_id, user.area)
            if found is None:
                return None
            may_work(user, found, anybody=False)
            if found.state is State.CLOSED:
                raise NotNow("already_closed", "this incident is closed")
            if step_id not in {each.id for each in sop.procedure(found.kind).steps}:
                raise NotNow("no_step", f"the procedure of {found.kind} has no step {step_id!r}")
            now = self._clock.now()
            if await procedures.tick(connection, incident_id, step_id, done, user.name, user.display_name, now):
                action = "step_done" if done else "step_undone"
                await incidents.log(connection, incident_id, now, user.display_name, action, step_id, user.name)
            view = await saved(connection, replace(found, updated_at=now), found, now, self._clock)
        self._bell.ring()
        return view

    async def close(self, user: User, incident_id: str, resolution: Resolution, reason: str) -> dict[str, Any] | None:
        """Finish an incident. As resolved only after the required steps of its procedure; by who does not command
        only as resolved or false, and only after taking it."""
        note = f"{resolution.value}: {reason}" if reason else resolution.value

        def step(found: Incident, now: datetime) -> Incident:
            return incident.closed(found, resolution, now)

        async def before(connection: AsyncConnection, found: Incident) -> None:
            may_close(user, found, resolution)
            if resolution is Resolution.RESOLVED and found.state is not State.CLOSED:
                undone = sop.missing(sop.procedure(found.kind), set(await procedures.done(connection, incident_id)))
                if undone:
                    names = ", ".join(each.id for each in undone)
                    raise NotNow("steps_missing", f"required steps of the procedure are not done: {names}")

        return await self._change(user, incident_id, step, "closed", note, before=before)

    async def _change(
        self,
        user: User,
        incident_id: str,
        step: Step,
        action: str,
        note: str,
        anybody: bool = False,
        before: Callable[[AsyncConnection, Incident], Awaitable[None]] | None = None,
    ) -> dict[str, Any] | None:
        """One change of one incident. Without `anybody` only who has it may make it, or who commands."""
        async with self._database.write() as connection:
            found = await incidents.find(connection, incident_id, user.area)
            if found is None:
                return None
            may_work(user, found, anybody)
            if before:
                await before(connection, found)
            now = self._clock.now()
            changed = step(found, now)
            await incidents.log(connection, incident_id, now, user.display_name, action, note, user.name)
            view = await saved(connection, changed, found, now, self._clock)
        self._bell.ring()
        return view


def may_work(user: User, found: Incident, anybody: bool = False) -> None:
    """Raise NotNow where another person has the incident and the user does not command."""
    if anybody or found.claimant in (None, user.name) or can(user.role, Capability.COMMAND):
        return
    raise NotNow("claimed_by_another", f"{found.acknowledged_by} has it; they can release it or hand it over")


def may_close(user: User, found: Incident, resolution: Resolution) -> None:
    """Raise NotNow where a user who does not command may not close an incident, or not as that."""
    if found.state is State.CLOSED or can(user.role, Capability.COMMAND):
        return
    if resolution not in (Resolution.RESOLVED, Resolution.FALSE):
        raise NotNow("commander_only", f"only who commands closes an incident as {resolution.value}")
    if found.claimant != user.name:
        raise NotNow("not_acknowledged", "take the incident before you close it")


async def saved(
    connection: AsyncConnection, changed: Incident, before: Incident, now: datetime, clock: Clock
) -> dict[str, Any]:
    """Save a changed incident, let its ladder and its reporters follow, tell consoles; its view."""
    stored = await incidents.save(connection, changed)
    await escalation.follow(connection, before, stored, now, clock)
    if stored.state is State.CLOSED and before.state is not State.CLOSED:
        await reports.answer(connection, stored, now)
    return (await news.tell(connection, [stored], now))[0]


def joined_note(*parts: str) -> str:
    """What was done and why, as one line of the history."""
    return ": ".join(part for part in parts if part)
