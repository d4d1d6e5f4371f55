"""One simulated run: the clock goes on by slices, and in each one events come, ladders climb and people act."""

import asyncio
import heapq
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

from alerts.people.duty import WIB
from alerts.people.roles import Role
from alerts.telling.rule import Routing
from core.clock import ManualClock
from core.errors import EkamlingError
from core.events import Event
from core.ids import new_id
from ekamling.simulation import figures, traffic, truth, world
from ekamling.simulation.centre import STREAM, Centre
from ekamling.simulation.habits import USUAL, Habits, asleep, ronda_hours_left
from ekamling.simulation.people import People
from ekamling.simulation.traffic import SEEN_TWICE, Hours, Raw, Traffic
from ekamling.simulation.truth import EDGE_HOURS_A_TRUTH, Plan
from ekamling.simulation.world import World
from ingest.sinks import Received

MIDNIGHT = datetime(2026, 11, 24, tzinfo=WIB)  # the hours of a run lie around it; any other night would do
SLICE_S = 2.0  # how far the clock goes at a time: what is measured in seconds is coarse by that
AFTERWARDS_S = 15_300.0  # in which no more events come, and every ladder of people comes to its end
HOUSE_S = 60.0
SILENCE_NOTICED_S = 90.0  # an edge without power (EN 50136 DP4, as DOMAIN has it)
ASKED_S = 600.0  # from the beginning of a party until its hosts have asked for quiet, and Satpol PP has granted it
MOST_HOURS = 24.0 * 7
MOST_EDGE_HOURS = 1_000_000.0

Say = Callable[[str], None]
Chore = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Wishes:
    """What to simulate. `routing`: None for the default ladders."""

    edges: int
    hours: float
    seed: int
    cameras_per_edge: int
    operators: int
    say: Say
    edge_hours_a_truth: float = EDGE_HOURS_A_TRUTH
    habits: Habits = USUAL
    routing: Routing | None = None


def run(wishes: Wishes) -> dict[str, Any]:
    """Simulate; the figures. Raises EkamlingError for wishes that cannot be met."""
    if not 0.25 <= wishes.hours <= MOST_HOURS:
        raise EkamlingError(f"--hours {wishes.hours:g} must lie between 0.25 and {MOST_HOURS:g}")
    if not 1 <= wishes.edge_hours_a_truth <= MOST_EDGE_HOURS:
        raise EkamlingError(f"--truth-every {wishes.edge_hours_a_truth:g} must lie between 1 and {MOST_EDGE_HOURS:g}")
    place = world.build(wishes.edges, wishes.cameras_per_edge, wishes.operators)
    with tempfile.TemporaryDirectory(prefix="ekamling-simulate-") as folder:
        return asyncio.run(_run(wishes, place, Path(folder)))


async def _run(wishes: Wishes, place: World, folder: Path) -> dict[str, Any]:
    start = MIDNIGHT - timedelta(hours=wishes.hours / 2)
    random = Random(wishes.seed)  # noqa: S311 - not for secrets
    hours = Hours(start, wishes.hours)
    made = traffic.make(place, hours, random)
    plan = truth.plant(place, hours, made, random, wishes.edge_hours_a_truth)
    wishes.say(
        f"{len(place.edges)} edges, {len(place.cameras)} cameras, {len(place.actors)} people;"
        f" {len(made.events) + len(plan.events)} events, {len(plan.truths)} true incidents"
    )
    centre = await Centre.open(folder, ManualClock(start))
    try:
        await centre.settle(place, wishes.routing)
        night = _Night(wishes, place, centre, (made, plan), random)
        began = monotonic()
        await night.pass_()
        told = _told(wishes, place, made, plan, start)
        figured = await figures.gather(centre.database, night.people, told, night.causes)
        return {**figured, "repeats_sent": night.repeats, "wall_s": round(monotonic() - began, 1)}
    finally:
        await centre.close()


def _told(wishes: Wishes, place: World, made: Traffic, plan: Plan, start: datetime) -> figures.Setting:
    """What the figures must know of the run."""
    return figures.Setting(
        edges=wishes.edges,
        cameras=len(place.cameras),
        hours=wishes.hours,
        seed=wishes.seed,
        operators=wishes.operators,
        raw=len(made.events) + len(plan.events),
        start=start,
        truths=tuple(plan.truths),
    )


class _Night:
    """The state of a run."""

    def __init__(
        self, wishes: Wishes, place: World, centre: Centre, happens: tuple[Traffic, Plan], random: Random
    ) -> None:
        self._wishes = wishes
        self._place = place
        self._centre = centre
        self._traffic, self._plan = happens
        self._random = random
        self._start = centre.clock.now()
        self._chores: list[tuple[float, int, Chore]] = []
        self._numbers = dict.fromkeys(place.edges, 0)
        planted = {each.id: each.kind for each in self._plan.truths}
        self.people = People(centre, planted, wishes.habits, wishes.seed)
        self.repeats = 0
        self.causes: dict[str, str] = {}  # what made each event

    async def pass_(self) -> None:
        """Let the time pass."""
        waiting = self._sent()
        self._prepare()
        came, done, slices = 0, 0, round((self._wishes.hours * 3600 + AFTERWARDS_S) / SLICE_S)
        acted = False
        for number in range(1, slices + 1):
            now = number * SLICE_S
            self._centre.clock.advance(SLICE_S)
            changed = await self._do_chores(now) or acted
            if now % HOUSE_S < SLICE_S:
                await self._centre.keep_house()
            until = came
            while until < len(waiting) and waiting[until][0] <= now:
                until += 1
            if until > came:
                await self._centre.sink.put_events([each for _, each in waiting[came:until]])
            if await self._centre.tell(changed or until > came):
                await self.people.hear()
            came, acted = until, await self.people.act()
            if number * 20 // slices > done:
                done = number * 20 // slices
                self._wishes.say(f"{done * 5} %: {self._centre.clock.now().astimezone(WIB):%d %b %H:%M} WIB")

    async def _do_chores(self, now: float) -> bool:
        """Do what was planned for this time; whether there was anything."""
        before = len(self._chores)
        while self._chores and self._chores[0][0] <= now:
            await heapq.heappop(self._chores)[2]()
        return len(self._chores) < before

    def _sent(self) -> list[tuple[float, Received]]:
        """Everything that reaches the centre, by the time at which it does; a few things twice. An edge numbers its
        events in the order in which it makes them."""
        found: list[tuple[float, Received]] = []
        for raw in sorted((*self._traffic.events, *self._plan.events)):
            event = self._event(raw)
            self.causes[event.id] = raw.source or "planted"
            if raw.truth:
                self.people.shows[event.id] = raw.truth
            times = 2 if self._random.random() < SEEN_TWICE else 1
            self.repeats += times - 1
            for _ in range(times):
                arrival = self._traffic.arrival(raw, self._random)
                at = self._start + timedelta(seconds=arrival)
                found.append((arrival, Received(raw.edge, event, at)))
        return sorted(found, key=lambda each: each[0])

    def _event(self, raw: Raw) -> Event:
        self._numbers[raw.edge] += 1
        at = self._start + timedelta(seconds=raw.at)
        return Event(
            id=new_id(ManualClock(at)), stream=STREAM, seq=self._numbers[raw.edge], camera=raw.camera, rule=raw.kind,
            kind=raw.kind, severity=raw.severity, at=at, frame_at=at, label=raw.label, score=raw.score,
            track=self._numbers[raw.edge], box=(0.4, 0.4, 0.6, 0.6),
        )  # fmt: skip

    def _prepare(self) -> None:
        """Plan what people do without being told, and what the centre notices."""
        last = self._wishes.hours * 3600 + AFTERWARDS_S
        for cry in self._plan.cries:
            self._plan_chore(cry.at, partial(self.people.cry, cry.user, cry.kind, cry.area, cry.truth))
        for edge, since, until in self._traffic.cuts:
            if until - since > SILENCE_NOTICED_S:
                self._plan_chore(
                    since + SILENCE_NOTICED_S,
                    partial(self._centre.notice_silence, edge, self._place.edges[edge]),
                )
        for party in self._traffic.parties:
            asked = party.start + ASKED_S
            if asked < party.end:
                self._plan_chore(asked, partial(self._hush, party))
        for hour in range(int(last // 3600) + 1):
            self._plan_chore(hour * 3600.0, self._come)

    def _plan_chore(self, at: float, chore: Chore) -> None:
        heapq.heappush(self._chores, (at, len(self._chores), chore))

    async def _hush(self, party: traffic.Party) -> None:
        """Satpol PP keeps the cameras at a party quiet, as its hosts have asked."""
        by = next(actor.name for actor in self._place.actors if actor.role is Role.SATPOLPP)
        until = self._start + timedelta(seconds=party.end)
        for camera in party.cameras:
            await self._centre.hush(by, camera.edge, camera.id, camera.area, until)

    async def _come(self) -> None:
        """The ronda of the night says that it is there, at its hour or where the run begins within its hours."""
        now = self._centre.clock.now()
        left = ronda_hours_left(now)
        if not left or not (now - self._start < timedelta(minutes=1) or _begins(now)):
            return
        night = (now + timedelta(hours=12)).astimezone(WIB).date()
        habits = self._wishes.habits
        for actor in self._place.actors:
            if actor.role is not Role.RONDA:
                continue
            held = Random(f"{self._wishes.seed}/{night}/{actor.area}").random() < habits.ronda_held  # noqa: S311
            comes = Random(f"{self._wishes.seed}/{night}/{actor.name}").random() < habits.comes  # noqa: S311
            if held and comes:
                await self._centre.turns.check_in(self._centre.users[actor.name], left)


def _begins(now: datetime) -> bool:
    """Whether the ronda has begun within the last hour."""
    return asleep(now) and not ronda_hours_left(now - timedelta(hours=1))
