"""Other applications that report to the centre: their events and CAP messages become signals like any other.

What an application has said is kept as a report of `app:ID`, under an id made from the application's and the name that
it gave itself: so a repeat is known by it, an update finds the incident of what it updates, also after a merge, and the
position is there for whoever goes.
"""

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.bell import Bell
from alerts.cases import arrivals, incident, news
from alerts.cases.incident import Incident, State
from alerts.cases.signal import Signal, Source
from alerts.exchange import cap_in
from alerts.exchange.cap_in import CapMessage, Reference, common
from alerts.neighbours.residents import TooMany
from alerts.store import hooks, incidents, reports
from alerts.store.database import Database
from alerts.store.hooks import Hook
from alerts.store.reports import Report
from alerts.telling import escalation
from core.clock import Clock
from core.errors import EkamlingError

NAMES = uuid.UUID("6f2a5f0e-5b0c-5d1e-9a55-2c8d6b7f3303")  # the name space of ids; any fixed one of ours
MOST_AN_HOUR = 600
Outcome = Literal["taken", "repeated", "ignored"]


class Told(Struct, frozen=True, kw_only=True):
    """One event of an application. `id` is the application's own: the same one twice is one."""

    id: str
    kind: str
    severity: int
    text: str = ""
    area: str = ""
    at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None


class _Heard(Struct, frozen=True, kw_only=True):
    """A signal with what is kept beside it."""

    signal: Signal
    how: str
    position: tuple[float, float] | None = None
    follows: tuple[str, ...] = ()  # ids of what it updates or cancels
    cancels: bool = False


def hashed(key: str) -> str:
    """How a key is stored."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


class Applications:
    """Takes in what other applications report. The answers say what became of it and name the incident."""

    def __init__(self, database: Database, bell: Bell, clock: Clock) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock

    async def by_key(self, key: str) -> Hook | None:
        """Whose key it is."""
        async with self._database.read() as connection:
            return await hooks.by_secret(connection, hashed(key))

    async def event(self, hook: Hook, told: Told) -> dict[str, Any]:
        """Take an event in; raises EkamlingError for what the application may not report, TooMany."""
        now = self._clock.now()
        position = (told.latitude, told.longitude) if told.latitude is not None and told.longitude is not None else None
        signal = Signal(
            id=_id(hook, "event", told.id),
            source=Source.AGENCY,
            kind=told.kind,
            severity=_severity(hook, told.severity),
            area=common([told.area] if told.area else [], hook.area),
            at=min(max(told.at or now, now - cap_in.LATE), now),
            summary=told.text,
        )
        return await self._hear(hook, _Heard(signal=signal, how="event", position=position))

    async def cap(self, hook: Hook, content: bytes) -> dict[str, Any]:
        """Take a CAP message in; raises WireError for what is none, else as `event`."""
        message, now = cap_in.parse(content), self._clock.now()
        why = _ignored(message, now)
        if why:
            return _answer("ignored", None, why)
        signal = message.signal(_cap_id(hook, message.name), common(message.areas, hook.area), now)
        heard = _Heard(
            signal=replace(signal, severity=_severity(hook, signal.severity)),
            how=f"CAP {message.message} {message.name.sender}",
            position=message.position,
            follows=tuple(_cap_id(hook, each) for each in message.references),
            cancels=message.message == "Cancel",
        )
        return await self._hear(hook, heard)

    async def _hear(self, hook: Hook, heard: _Heard) -> dict[str, Any]:
        if hook.kinds and heard.signal.kind not in hook.kinds and not heard.cancels:
            raise EkamlingError(f"kind {heard.signal.kind}: {hook.name} may report {', '.join(hook.kinds)} only")
        async with self._database.write() as connection:
            known = await reports.by_id(connection, heard.signal.id)
            if known is not None:
                return _answer("repeated", await incidents.by_id(connection, known.incident))
            now = self._clock.now()
            if await reports.count_since(connection, _user(hook), now - timedelta(hours=1)) >= MOST_AN_HOUR:
                raise TooMany(f"{hook.name}: at most {MOST_AN_HOUR} messages an hour")
            earlier = await _earlier(connection, heard.follows)
            if heard.cancels and earlier is None:
                return _answer("ignored", None, "what it cancels is not known here")
            taken = await self._take(connection, heard, earlier, now)
            await reports.add(connection, _report(hook, heard, taken, now))
            note = f"{heard.how}: {heard.signal.summary}" if heard.signal.summary else heard.how
            await incidents.log(connection, taken, now, hook.name, "reported", note, _user(hook))
            answer = _answer("taken", await incidents.by_id(connection, taken))
        self._bell.ring()
        return answer

    async def _take(self, connection: AsyncConnection, heard: _Heard, earlier: Incident | None, now: datetime) -> str:
        """The incident that it belongs to: that of what it updates while people work on it, else by the sentences. A
        cancellation closes nothing: people read it and judge."""
        if earlier is None or (earlier.state is State.CLOSED and not heard.cancels):
            return (await arrivals.take_in(connection, [heard.signal], self._clock))[0]
        if earlier.state is not State.CLOSED:
            changed = replace(earlier, updated_at=now) if heard.cancels else incident.folded(earlier, heard.signal, now)
            stored = await incidents.save(connection, changed)
            await escalation.follow(connection, earlier, stored, now, self._clock)
            await news.tell(connection, [stored], now)
        return earlier.id


async def _earlier(connection: AsyncConnection, follows: tuple[str, ...]) -> Incident | None:
    """The incident of the newest known message among those that are followed."""
    for each in reversed(follows):
        known = await reports.by_id(connection, each)
        if known is not None:
            return await incidents.by_id(connection, known.incident)
    return None


def _ignored(message: CapMessage, now: datetime) -> str:
    """Why a message opens nothing; empty for one that may."""
    if message.status != "Actual":
        return f"its status is {message.status}"
    if message.message in ("Ack", "Error"):
        return f"it is an {message.message}"
    if message.expires is not None and message.expires < now:
        return "it has expired"
    return ""


def _severity(hook: Hook, told: int) -> int:
    """As told, but never graver than the application may call out; raises EkamlingError for what is too light."""
    if not hook.severities or told in hook.severities:
        return told
    lighter = [each for each in hook.severities if each > told]
    if not lighter:
        raise EkamlingError(f"severity {told}: {hook.name} may report {_joined(hook.severities)} only")
    return min(lighter)


def _joined(numbers: list[int]) -> str:
    return ", ".join(str(each) for each in sorted(numbers))


def _user(hook: Hook) -> str:
    return f"{hooks.REPORTER}{hook.id}"


def _id(hook: Hook, *names: str) -> str:
    """The same for the same names of one application, and nobody else's."""
    return str(uuid.uuid5(NAMES, "\n".join((hook.id, *names))))


def _cap_id(hook: Hook, name: Reference) -> str:
    return _id(hook, "cap", name.sender, name.identifier)


def _report(hook: Hook, heard: _Heard, taken: str, now: datetime) -> Report:
    signal = heard.signal
    return Report(
        id=signal.id,
        user=_user(hook),
        kind=signal.kind,
        urgent=False,
        area=signal.area,
        text=signal.summary,
        made_at=signal.at,
        received_at=now,
        incident=taken,
        latitude=heard.position[0] if heard.position else None,
        longitude=heard.position[1] if heard.position else None,
    )


def _answer(outcome: Outcome, found: Incident | None, why: str = "") -> dict[str, Any]:
    shown = {"id": found.id, "number": found.number, "state": found.state.value} if found else None
    return {"outcome": outcome, "why": why, "incident": shown}
