"""Whatever happens in whatever order, with clocks that jump: every event belongs to one incident; of every incident
somebody was told or will be, or it says that nobody could be; and no step tells its people twice."""

import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from alerts.cases.incident import NotNow, Resolution
from alerts.people.roles import Role
from alerts.store import response_schema
from alerts.store.people import User
from alerts.store.schema import events, feed, incident_log, incident_parts, incidents
from alerts.telling.escalation import Escalation
from core.events import Event
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.alerts.telling import a_person, settled
from tests.messages import AT, a_camera, a_status, an_event

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

CAMERAS = {"gerbang": f"{VILLAGE}/RW02/RT04", "pos": f"{VILLAGE}/RW02/RT04", "jalan": f"{VILLAGE}/RW03/RT01"}
OURS = (
    response_schema.notifications, response_schema.steps, response_schema.incident_links, incident_log, incident_parts,
    events, incidents, feed,
)  # fmt: skip
DEEDS = (
    "claim", "release", "verify", "dispatch", "arrive", "false", "resolved", "regrade", "hand over", "merge", "split",
)  # fmt: skip
ACTS = st.one_of(
    st.tuples(
        st.just("event"), st.sampled_from(sorted(CAMERAS)), st.sampled_from(["intrusion", "crowd", "silent"]),
        st.integers(1, 3), st.integers(-3000, 300),
    ),
    st.tuples(st.just("repeat")),
    st.tuples(st.just("deed"), st.sampled_from(DEEDS), st.integers(0, 5)),
    st.tuples(st.just("time"), st.integers(0, 2000)),
    st.tuples(st.just("clock"), st.integers(-4000, 4000)),
)  # fmt: skip


class Town:
    """A centre to which things happen."""

    def __init__(self, centre: Centre, operator: User, rt: User) -> None:
        self.centre = centre
        self.users = (operator, rt)
        self.sent: list[Event] = []
        self.worker = Escalation(centre.database, centre.bell, centre.clock)

    async def act(self, act: tuple[Any, ...]) -> None:
        match act:
            case ("event", camera, kind, severity, late_s):
                at = self.centre.clock.now() + timedelta(seconds=late_s)
                await self._put(an_event(camera=camera, kind=kind, severity=severity, at=at, rule=kind))
            case ("repeat",) if self.sent:
                assert await self.centre.put(self.sent[len(self.sent) // 2]) == [False]
            case ("time", seconds):
                self.centre.clock.advance(seconds)
            case ("clock", seconds):
                self.centre.clock.step_wall(seconds)
            case ("deed", deed, which):
                with contextlib.suppress(NotNow):
                    await self._do(deed, which)
        await settled(self.worker)

    async def _put(self, event: Event) -> None:
        self.sent.append(event)
        assert await self.centre.put(event) == [True]

    async def _do(self, deed: str, which: int) -> None:
        found = await self.centre.incidents("all")
        if not found:
            return
        work, user = self.centre.casework, self.users[which % 2]
        one, other = found[which % len(found)]["id"], found[(which + 1) % len(found)]["id"]
        chief, regrouping = self.users[0], self.centre.regrouping
        deeds: dict[str, Callable[[], Awaitable[Any]]] = {
            "claim": lambda: work.acknowledge(user, one),
            "release": lambda: work.release(user, one, ""),
            "verify": lambda: work.verify(user, one, which % 5, ""),
            "dispatch": lambda: work.dispatch(chief, one, "polsek", ""),
            "arrive": lambda: work.arrive(user, one, ""),
            "false": lambda: work.close(chief, one, Resolution.FALSE, ""),
            "resolved": lambda: work.close(chief, one, Resolution.RESOLVED, ""),
            "regrade": lambda: work.regrade(chief, one, which % 3 + 1, "sebab"),
            "hand over": lambda: work.hand_over(chief, one, "satpolpp", "catatan"),
            "merge": lambda: regrouping.merge(chief, one, other, ""),
            "split": lambda: self._split(one),
        }
        await deeds[deed]()

    async def _split(self, incident: str) -> None:
        detail = await self.centre.desk.incident(self.users[0], incident)
        ids = [event["id"] for event in detail["events"]] if detail else []
        await self.centre.regrouping.split(self.users[0], incident, ids[:1], "")

    async def check(self) -> None:
        async with self.centre.database.read() as connection:
            rows = (await connection.execute(select(incidents))).mappings().all()
            stored = (await connection.execute(select(events.c.id, events.c.incident))).all()
            steps = (await connection.execute(select(response_schema.steps))).mappings().all()
            told = (await connection.execute(select(response_schema.notifications))).mappings().all()
        assert {row[0] for row in stored} == {event.id for event in self.sent}
        held = Counter(row[1] for row in stored)
        living = {row["id"]: row for row in rows if row["merged_into"] is None}
        assert set(held) <= set(living)
        assert {name: row["event_count"] for name, row in living.items()} == {name: held[name] for name in living}
        for name, row in living.items():
            mine = [step for step in steps if step["incident"] == name]
            assert mine, "an incident without a ladder"
            if row["state"] != "closed":
                to_come = any(step["state"] == "waiting" for step in mine)
                called = any(each["incident"] == name and each["action"] == "trigger" for each in told)
                assert to_come or called or row["unreached"] or row["claimant"], "nobody will hear of it"
        calls = Counter((each["step"], each["user"], each["channel"]) for each in told if each["step"] is not None)
        assert set(calls.values()) <= {1}


@pytest.fixture
async def town(centre: Centre) -> Town:
    operator = await a_person(centre, "op", Role.OPERATOR, "33.03")
    rt = await a_person(centre, "siti", Role.RT, CAMERAS["gerbang"], "wire")
    cameras = [a_camera(id=name, area=area) for name, area in CAMERAS.items()]
    await centre.beat(EDGE, a_status(*cameras), AT)
    return Town(centre, operator, rt)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(ACTS, min_size=3, max_size=14))
async def test_nothing_that_happens_leaves_an_incident_that_nobody_will_be_told_of(
    town: Town, acts: list[tuple[Any, ...]]
) -> None:
    for act in acts:
        await town.act(act)
        await town.check()
    async with town.centre.database.write() as connection:  # for the next example
        for table in OURS:
            await connection.execute(delete(table))
        assert (await connection.execute(select(func.count()).select_from(events))).scalar_one() == 0
    town.sent.clear()
