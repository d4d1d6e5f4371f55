"""What somebody at the place, or with the picture before them, says of an incident in one word: safe, suspicious, an
emergency; or of themselves: it is mine, I am here.

One word does what would be several deeds at a desk, and saying it again changes nothing, so that a telephone without a
network may keep it and send it until it is answered.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.bell import Bell
from alerts.cases import incident, news, sop
from alerts.cases.casework import joined_note, saved
from alerts.cases.incident import MACHINE_LEVEL, Incident, NotNow, Resolution, State
from alerts.cases.signal import Source
from alerts.people.roles import Capability, can
from alerts.store import incidents, procedures
from alerts.store.database import Database
from alerts.store.people import User
from alerts.telling import wording
from core import terms
from core.clock import Clock

EMERGENCY_LEVEL = 3
LATER = timedelta(seconds=60)  # what came after a "safe" by more than this was not seen by who said it


class Verdict(StrEnum):
    """`SAFE` takes the incident and closes it; `SUSPICIOUS` takes it, as highly probable; `EMERGENCY` confirms it,
    which calls everybody at once, and leaves it to whoever goes to take it. `MINE` only takes it, `HERE` says that
    somebody is on the scene."""

    SAFE = "safe"
    SUSPICIOUS = "suspicious"
    EMERGENCY = "emergency"
    MINE = "mine"
    HERE = "here"


Outcome = Literal["done", "noted", "unchanged"]
TAKING = frozenset({Verdict.SAFE, Verdict.SUSPICIOUS, Verdict.MINE})
WORDS = {  # of those that may be only noted
    "id": {Verdict.SAFE: "Aman", Verdict.SUSPICIOUS: "Mencurigakan"},
    "en": {Verdict.SAFE: "Safe", Verdict.SUSPICIOUS: "Suspicious"},
}


class Said(Struct, frozen=True):
    """What was said, by whom, and when: `at` is never after now."""

    verdict: Verdict
    user: User
    at: datetime
    text: str = ""


class Verdicts:
    """Takes verdicts. None as an answer says: no such incident for this user. Raises NotNow `steps_missing` where a
    "safe" would close what people have confirmed, or reported, before its required steps are done."""

    def __init__(self, database: Database, bell: Bell, clock: Clock) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock

    async def say(self, user: User, incident_id: str, verdict: Verdict, at: datetime | None, text: str) -> Any:
        """The incident as it is then, and what came of the word: `done`; `noted` in the history where another has the
        incident, or more has happened since; `unchanged` where it was said, or all is over, already."""
        async with self._database.write() as connection:
            found = await incidents.find(connection, incident_id, user.area)
            if found is None:
                return None
            now = self._clock.now()
            said = Said(verdict, user, min(at or now, now), text)
            outcome, view = await self._take(connection, found, said, now)
        self._bell.ring()
        return {"incident": view, "outcome": outcome}

    async def _take(
        self, connection: AsyncConnection, found: Incident, said: Said, now: datetime
    ) -> tuple[Outcome, dict[str, Any]]:
        if _said_already(found, said):
            return "unchanged", (await news.shown(connection, [found]))[0]
        if _only_noted(found, said):
            return await self._note(connection, found, said, now)
        deeds: list[tuple[str, str]] = []
        changed = found
        if said.verdict in TAKING and found.claimant is None:
            changed = incident.claimed(changed, said.user.name, said.user.display_name, now)
            deeds.append(("acknowledged", ""))
        if said.verdict is Verdict.SAFE:
            resolution = await _resolution(connection, found)
            changed = incident.closed(changed, resolution, now)
            deeds.append(("closed", joined_note(resolution.value, said.text or _word(said))))
        elif said.verdict is Verdict.HERE:
            changed = incident.arrived(changed, now)
            deeds.append(("on_scene", said.text))
        elif said.verdict is not Verdict.MINE:
            level = max(found.level, MACHINE_LEVEL if said.verdict is Verdict.SUSPICIOUS else EMERGENCY_LEVEL)
            changed = incident.verified(changed, level, now)
            deeds.append(("verified", joined_note(str(level), said.text)))
        for action, note in deeds:
            await incidents.log(connection, found.id, now, said.user.display_name, action, note, said.user.name)
        return "done", await saved(connection, changed, found, now, self._clock)

    async def _note(
        self, connection: AsyncConnection, found: Incident, said: Said, now: datetime
    ) -> tuple[Outcome, dict[str, Any]]:
        """Write the word into the history, once."""
        note = joined_note(f"{_word(said)} ({wording.local(said.at)} WIB)", said.text)
        rows = await incidents.history(connection, found.id)
        if any((row["user"], row["action"], row["note"]) == (said.user.name, "note", note) for row in rows):
            return "unchanged", (await news.shown(connection, [found]))[0]
        await incidents.log(connection, found.id, now, said.user.display_name, "note", note, said.user.name)
        return "noted", (await news.tell(connection, [found], now))[0]


def _said_already(found: Incident, said: Said) -> bool:
    """Whether the word would change nothing: all is over, or the incident is what it says."""
    if found.state is State.CLOSED:
        return True
    if said.verdict is Verdict.EMERGENCY:
        return found.level >= EMERGENCY_LEVEL
    if said.verdict is Verdict.HERE:
        return found.state is State.ON_SCENE
    if said.verdict is Verdict.MINE:
        return found.claimant is not None
    return said.verdict is Verdict.SUSPICIOUS and found.claimant == said.user.name and found.verified_at is not None


def _only_noted(found: Incident, said: Said) -> bool:
    """What it is, is for who has the incident to say, but for an emergency, which anybody calls; and who said "safe" of
    what has gone on since did not see that."""
    if said.verdict not in (Verdict.SAFE, Verdict.SUSPICIOUS):
        return False
    others = found.claimant not in (None, said.user.name) and not can(said.user.role, Capability.COMMAND)
    return others or (said.verdict is Verdict.SAFE and found.last_event_at > said.at + LATER)


async def _resolution(connection: AsyncConnection, found: Incident) -> Resolution:
    """As what a "safe" closes: what a camera alone said was nothing; what people said, or confirmed, is over."""
    if found.source is Source.CAMERA and found.level < EMERGENCY_LEVEL:
        return Resolution.FALSE
    undone = sop.missing(sop.procedure(found.kind), set(await procedures.done(connection, found.id)))
    if undone:
        names = ", ".join(each.id for each in undone)
        raise NotNow("steps_missing", f"required steps of the procedure are not done: {names}")
    return Resolution.RESOLVED


def _word(said: Said) -> str:
    return WORDS[terms.spoken(said.user.language)][said.verdict]
