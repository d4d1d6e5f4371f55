"""What people do when they are told: answer or sleep on, take it, look, go there, cry for help, close it.

They act through the same doors as real people, with the rights of their roles: the link in a message, the console's
casework, the kentongan. Who looks sees rightly what it is: this is a trial of the centre, not of eyes.
"""

import heapq
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from math import log
from random import Random

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases import sop
from alerts.cases.incident import Incident, NotNow, Resolution, State
from alerts.cases.signal import HEALTH
from alerts.neighbours.residents import Told
from alerts.notifiers.base import CALLS
from alerts.people.roles import Capability, Role, can
from alerts.store import incidents
from alerts.store.duty import CONSOLE
from alerts.store.people import User
from alerts.store.response_schema import notifications as notification_rows
from alerts.store.response_schema import reports as report_rows
from alerts.store.schema import events as event_rows
from alerts.store.schema import incidents as incident_rows
from core.ids import new_id
from ekamling.simulation.centre import Centre
from ekamling.simulation.habits import SPREAD, Habits
from ekamling.simulation.truth import GRAVE, Kind

LEVEL = {"loiterer": 2, "thief": 3, "fire": 4, "panic": 4}  # ANSI/TMA-AVS-01, by who saw it
CONSOLES = frozenset({Role.OPERATOR, Role.POLSEK, Role.POLRES, Role.SATPOLPP})
NEIGHBOURS = frozenset({Role.RONDA, Role.RT, Role.RW, Role.LINMAS, Role.INSTALLER, Role.DAMKAR, Role.BPBD})

Act = Callable[[User, str], Awaitable[None]]


class People:
    """Everybody who is told. `planted` gives the kind of each true incident; `shows` says which signal shows which."""

    def __init__(self, centre: Centre, planted: dict[str, Kind], habits: Habits, seed: int) -> None:
        self._centre = centre
        self._planted = planted
        self._habits = habits
        self._seed = seed
        self._acts: list[tuple[datetime, str, int, int, str, Act]] = []
        self._planned = 0
        self._done = 0
        self._busy: dict[str, datetime] = {}
        self._heard: dict[tuple[str, str], int] = defaultdict(int)
        self._tokens: dict[tuple[str, str], str] = {}
        self._newest = ""
        self.shows: dict[str, str] = {}  # id of an event or report: the true incident
        self.seen: dict[str, datetime] = {}  # when somebody first looked at a true incident
        self.cried = 0

    async def hear(self) -> None:
        """Take note of what came since the last time; those who will answer decide when."""
        for user, message in self._centre.phones.collect():
            if message.action == "trigger":
                self._tokens[user, message.incident] = message.answer_url.rpartition("/")[2]
                self._decide(user, message.incident, message.number)
            elif message.action == "update":
                self._will_hear(user, message.incident, message.number)
        rows = notification_rows.c
        query = (
            select(rows.id, rows.user, rows.incident, rows.action, incident_rows.c.number)
            .join(incident_rows, incident_rows.c.id == rows.incident)
            .where(rows.channel == CONSOLE, rows.action.in_(CALLS), rows.id > self._newest)
            .order_by(rows.id)
        )
        async with self._centre.database.read() as connection:
            for notification, user, incident, action, number in await connection.execute(query):
                self._newest = notification
                (self._will_hear if action == "update" else self._decide)(user, incident, number)

    def _will_hear(self, name: str, incident: str, number: int) -> None:
        """Who holds an incident is awake, and glances at the telephone whatever they do."""
        self._heard[name, incident] += 1
        random = self._dice(name, number, self._heard[name, incident])
        median = self._habits.manner(self._centre.users[name].role).median_s
        self._plan(_after(self._centre.clock.now(), median, random), name, incident, number, self._hear_more)

    def _decide(self, name: str, incident: str, number: int) -> None:
        user, now = self._centre.users[name], self._centre.clock.now()
        self._heard[name, incident] += 1
        random = self._dice(name, number, self._heard[name, incident])
        if random.random() < self._habits.answers(user.role, now):
            median = self._habits.manner(user.role).median_s
            self._plan(_after(now, median, random), name, incident, number, self._pick_up)

    def _dice(self, name: str, number: int, turn: int) -> Random:
        """Chance that depends on nothing but the seed, the person and the incident."""
        return Random(f"{self._seed}/{name}/{number}/{turn}")  # noqa: S311 - not for secrets

    def _plan(self, at: datetime, name: str, incident: str, number: int, act: Act) -> None:
        self._planned += 1
        heapq.heappush(self._acts, (at, name, number, self._planned, incident, act))

    async def act(self) -> bool:
        """Do all that is due by now; whether there was anything."""
        now, before = self._centre.clock.now(), self._done
        while self._acts and self._acts[0][0] <= now:
            _, name, number, _, incident, act = heapq.heappop(self._acts)
            if act == self._pick_up and self._busy.get(name, now) > now:
                self._plan(self._busy[name], name, incident, number, act)
                continue
            self._done += 1
            try:
                await act(self._centre.users[name], incident)
            except NotNow:  # another was quicker, or it was merged or closed meanwhile
                continue
        return self._done > before

    async def _pick_up(self, user: User, incident_id: str) -> None:
        """Take an incident for all, unless somebody has it; then look."""
        found = await self._found(incident_id)
        if found is None or found.state is State.CLOSED or found.claimant is not None:
            return
        token = self._tokens.get((user.name, incident_id), "")
        if token:
            taken = (await self._centre.replies.take(token)).outcome == "taken"
        else:
            taken = await self._centre.casework.acknowledge(user, incident_id) is not None
        if taken:
            await self._later(user, incident_id, self._habits.look_s, self._judge)

    async def _hear_more(self, user: User, incident_id: str) -> None:
        """More happens on what one holds: look again, and say it if it is graver than what was known."""
        found = await self._found(incident_id)
        if found is not None and found.state is not State.CLOSED and found.claimant == user.name:
            await self._look_again(user, incident_id)

    async def _later(self, user: User, incident_id: str, median_s: float, act: Act) -> None:
        """Do something after a while in which one does nothing else."""
        found = await self._found(incident_id)
        number = found.number if found else 0
        self._heard[user.name, incident_id] += 1
        random = self._dice(user.name, number, self._heard[user.name, incident_id])
        at = _after(self._centre.clock.now(), median_s, random)
        self._busy[user.name] = at
        self._plan(at, user.name, incident_id, number, act)

    async def _judge(self, user: User, incident_id: str) -> None:
        """Look at the picture; where that does not tell, go there."""
        found = await self._found(incident_id)
        if found is None or found.state is State.CLOSED or found.claimant != user.name:
            return
        shown = await self._look(incident_id)
        if found.family == HEALTH:
            await self._trouble(user, found)
        elif shown:
            await self._confirm(user, found, shown)
        elif user.role in NEIGHBOURS and self._doubts(user, found):
            await self._later(user, incident_id, self._habits.walk_s, self._look_there)
        else:
            await self._centre.casework.close(user, incident_id, Resolution.FALSE, "")

    def _doubts(self, user: User, found: Incident) -> bool:
        return self._dice(user.name, found.number, -1).random() < self._habits.unsure

    async def _look_there(self, user: User, incident_id: str) -> None:
        found = await self._found(incident_id)
        if found is None or found.state is State.CLOSED or found.claimant != user.name:
            return
        await self._centre.casework.arrive(user, incident_id, "")
        shown = await self._look(incident_id)
        if shown:
            await self._confirm(user, found, shown)
        else:
            await self._centre.casework.close(user, incident_id, Resolution.FALSE, "")

    async def _trouble(self, user: User, found: Incident) -> None:
        """A camera's trouble ends when it is repaired; until then its incident stays open and takes in what follows."""
        if can(user.role, Capability.RESPOND):
            await self._centre.casework.note(user, found.id, "the installer comes in the morning")

    async def _confirm(self, user: User, found: Incident, shown: set[str]) -> None:
        """It is true: say so, which calls for help if it is grave, and go or send somebody. Who may not say so (the
        installer) beats the kentongan."""
        kinds = {self._planted[truth] for truth in shown}
        work = self._centre.casework
        if can(user.role, Capability.RESPOND):
            await work.verify(user, found.id, max(LEVEL[kind] for kind in kinds), "")
        elif kinds & GRAVE and found.severity > 1:
            await self.cry(user.name, "thief", found.area, min(shown))
        if user.role in CONSOLES:
            await work.dispatch(user, found.id, user.role, "")
        await self._later(user, found.id, self._habits.walk_s, self._arrive)

    async def cry(self, name: str, kind: str, area: str, truth: str) -> None:
        """Beat the kentongan."""
        report = new_id(self._centre.clock)
        if truth:
            self.shows[report] = truth
        self.cried += 1
        told = Told(id=report, kind=kind, urgent=True, area=area)
        await self._centre.residents.report(self._centre.users[name], told)

    async def _arrive(self, user: User, incident_id: str) -> None:
        await self._centre.casework.arrive(user, incident_id, "")
        await self._look_again(user, incident_id)
        await self._later(user, incident_id, self._habits.work_s, self._finish)

    async def _finish(self, user: User, incident_id: str) -> None:
        """Close it as resolved, with what its procedure asks for: a look at all that it holds by then comes first."""
        found = await self._found(incident_id)
        if found is None or found.state is State.CLOSED:
            return
        if await self._look_again(user, incident_id):
            await self._later(user, incident_id, self._habits.work_s, self._finish)
            return
        for step in sop.procedure(found.kind).steps:
            if step.required:
                await self._centre.casework.procedure_step(user, incident_id, step.id, True)
        await self._centre.casework.close(user, incident_id, Resolution.RESOLVED, "")

    async def _found(self, incident_id: str) -> Incident | None:
        async with self._centre.database.read() as connection:
            return await incidents.by_id(connection, incident_id)

    async def _look(self, incident_id: str) -> set[str]:
        """What an incident shows by now; whoever looks has seen it."""
        shown = await self._shown(incident_id)
        for truth in shown:
            self.seen.setdefault(truth, self._centre.clock.now())
        return shown

    async def _look_again(self, user: User, incident_id: str) -> bool:
        """What came since the first look may be graver: then it is said, too, and there is more to do."""
        shown, found = await self._look(incident_id), await self._found(incident_id)
        level = max((LEVEL[self._planted[truth]] for truth in shown), default=0)
        if found is None or found.level >= level or not can(user.role, Capability.RESPOND):
            return False
        await self._centre.casework.verify(user, incident_id, level, "")
        return True

    async def _shown(self, incident_id: str) -> set[str]:
        """The true incidents that the signals of an incident show."""
        if not self.shows:
            return set()
        async with self._centre.database.read() as connection:
            signals = await signals_of(connection, incident_id)
        return {self.shows[each] for each in signals if each in self.shows}


async def signals_of(connection: AsyncConnection, incident: str) -> list[str]:
    """The ids of the events and reports that an incident has."""
    found: list[str] = []
    for table in (event_rows, report_rows):
        query = select(table.c.id).where(table.c.incident == incident)
        found += (await connection.execute(query)).scalars()
    return found


def _after(now: datetime, median_s: float, random: Random) -> datetime:
    """A moment after a delay whose logarithm is normally distributed."""
    return now + timedelta(seconds=random.lognormvariate(log(median_s), SPREAD))
