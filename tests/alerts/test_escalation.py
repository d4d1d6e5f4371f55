"""Ladders at work, on both engines: each step tells its people once, at its time; no incident is left without one."""

import asyncio

import pytest

from alerts.cases.incident import Resolution
from alerts.cases.mutes import Mute
from alerts.people.roles import Role
from alerts.store import hooks, mutes, notifications, routings
from alerts.store.hooks import Hook
from alerts.store.ladders import NOBODY
from alerts.store.notifications import SENT, WAITING
from alerts.telling.delivery import Delivery
from alerts.telling.escalation import Escalation
from alerts.telling.rule import Routing, Rule, Step
from core.ids import new_id
from tests.alerts.centre import EDGE, VILLAGE, Centre, statements
from tests.alerts.telling import Wire, a_person, ladder, settled, told
from tests.messages import AT, a_camera, a_status, an_event

RW, RT = f"{VILLAGE}/RW02", f"{VILLAGE}/RW02/RT04"
DISTRICT, REGENCY = "33.03.05", "33.03"


@pytest.fixture
async def worker(centre: Centre) -> Escalation:
    await centre.beat(EDGE, a_status(a_camera(area=RT)), AT)
    return Escalation(centre.database, centre.bell, centre.clock)


async def opened(centre: Centre, severity: int = 2, kind: str = "intrusion") -> str:
    """A new incident in the RT."""
    await centre.put(an_event(severity=severity, kind=kind, at=centre.clock.now()))
    (incident,) = await centre.incidents("open")
    found: str = incident["id"]
    return found


async def calls(centre: Centre, incident: str) -> list[str]:
    """Who was called, in that order."""
    return [each.user for each in await told(centre, incident) if each.action == "trigger"]


async def passes(centre: Centre, worker: Escalation, seconds: float) -> None:
    """Let time pass, and carry out what falls due."""
    centre.clock.advance(seconds)
    await settled(worker)


async def everybody(centre: Centre) -> None:
    await a_person(centre, "siti", Role.RT, RT, "wire")
    await a_person(centre, "wati", Role.RW, RW, "wire")
    await a_person(centre, "polsek", Role.POLSEK, DISTRICT)
    await a_person(centre, "centre", Role.OPERATOR, REGENCY)


async def test_an_unclaimed_incident_climbs_the_ladder(centre: Centre, worker: Escalation) -> None:
    await everybody(centre)
    incident = await opened(centre)
    await settled(worker)
    assert await calls(centre, incident) == ["siti"]  # no ronda on duty: the head of the RT at once
    near = ["siti", "wati"]
    for seconds, expected in ((119, ["siti"]), (1, near), (120, near * 2), (240, near * 3), (480, near * 5)):
        await passes(centre, worker, seconds)
        assert await calls(centre, incident) == expected
    await passes(centre, worker, 240)
    assert sorted((await calls(centre, incident))[-2:]) == ["centre", "polsek"]
    assert [state for _, state, _ in await ladder(centre, incident)] == ["done"] * 8 + ["held"] * 2


async def test_what_a_neighbour_confirms_is_everybodys_at_once_and_once(centre: Centre, worker: Escalation) -> None:
    await everybody(centre)
    rt = await a_person(centre, "joko", Role.RT, RT, "wire")
    incident = await opened(centre)
    await settled(worker)
    await centre.casework.acknowledge(rt, incident)
    await centre.casework.verify(rt, incident, 2, "ada orang")
    await settled(worker)
    assert "polsek" not in await calls(centre, incident)
    await centre.casework.verify(rt, incident, 3, "membongkar pintu")
    await settled(worker)
    assert {"polsek", "centre", "wati"} <= set(await calls(centre, incident))
    called = await calls(centre, incident)
    await centre.casework.verify(rt, incident, 4, "bersenjata")
    await settled(worker)
    assert await calls(centre, incident) == called


async def test_the_desk_shows_people_by_the_name_that_they_are_known_by(centre: Centre, worker: Escalation) -> None:
    await everybody(centre)
    incident = await opened(centre, severity=1)
    await settled(worker)
    detail = await centre.desk.incident(await centre.user(), incident)
    assert detail
    assert {(each["user"], each["display_name"]) for each in detail["told"]} >= {("siti", "Siti"), ("wati", "Wati")}


async def test_a_graver_incident_climbs_one_ladder_not_two(centre: Centre, worker: Escalation) -> None:
    await everybody(centre)
    incident = await opened(centre, severity=3)
    await centre.put(an_event(severity=2, at=centre.clock.now()))
    states = [state for _, state, note in await ladder(centre, incident)]
    assert states == ["skipped"] * 10 + ["waiting"] * 8 + ["held"] * 2


async def test_a_claim_stops_the_climb_and_starts_the_ten_minutes(centre: Centre, worker: Escalation) -> None:
    await everybody(centre)
    rt = await a_person(centre, "joko", Role.RT, RT, "wire")
    incident = await opened(centre)
    await settled(worker)
    assert await centre.casework.acknowledge(rt, incident)
    await passes(centre, worker, 599)
    assert "polsek" not in await calls(centre, incident)
    await passes(centre, worker, 1)
    assert set((await calls(centre, incident))[-3:]) == {"joko", "siti", "wati"}  # is all well with him?
    await passes(centre, worker, 1200)
    assert (await calls(centre, incident))[-1] == "centre"


async def test_who_is_on_the_scene_in_time_is_left_in_peace(centre: Centre, worker: Escalation) -> None:
    await everybody(centre)
    rt = await a_person(centre, "joko", Role.RT, RT, "wire")
    incident = await opened(centre)
    await centre.casework.acknowledge(rt, incident)
    await passes(centre, worker, 300)
    await centre.casework.arrive(rt, incident, "")
    await passes(centre, worker, 10_000)
    assert "centre" not in await calls(centre, incident)


async def test_a_claim_given_back_lets_the_ladder_begin_anew(centre: Centre, worker: Escalation) -> None:
    await everybody(centre)
    rt = await a_person(centre, "joko", Role.RT, RT, "wire")
    incident = await opened(centre)
    await centre.casework.acknowledge(rt, incident)
    await passes(centre, worker, 200)
    assert await calls(centre, incident) == []
    await centre.casework.release(rt, incident, "harus pulang")
    await passes(centre, worker, 1200)
    assert set(await calls(centre, incident)) == {"joko", "siti", "wati", "polsek", "centre"}


async def test_a_grave_incident_calls_everybody_at_once_on_every_channel(centre: Centre, worker: Escalation) -> None:
    await everybody(centre)
    await a_person(centre, "joko", Role.RT, RT, "wire", "post")
    incident = await opened(centre, severity=1)
    await settled(worker)
    assert sorted(await calls(centre, incident)) == ["centre", "joko", "joko", "polsek", "siti", "wati"]


async def test_the_others_of_a_person_wait_for_the_first_channel_to_fail(centre: Centre, worker: Escalation) -> None:
    await a_person(centre, "joko", Role.RT, RT, "wire", "post")
    incident = await opened(centre)
    await settled(worker)
    assert [(each.channel, each.state) for each in await told(centre, incident)] == [("wire", WAITING)]


async def test_a_console_has_been_told_with_the_step_itself(centre: Centre, worker: Escalation) -> None:
    await a_person(centre, "polsek", Role.POLSEK, DISTRICT)
    incident = await opened(centre, severity=1)
    await settled(worker)
    assert [(each.channel, each.state) for each in await told(centre, incident)] == [("console", SENT)]


async def test_with_nobody_on_the_ladder_the_last_resort_is_called(centre: Centre, worker: Escalation) -> None:
    await a_person(centre, "admin", Role.ADMIN, REGENCY)
    incident = await opened(centre)
    await settled(worker)
    await passes(centre, worker, 61)
    assert await calls(centre, incident) == ["admin"]
    assert [each["unreached"] for each in await centre.incidents()] == [False]


async def test_an_incident_that_reaches_nobody_says_so(centre: Centre, worker: Escalation) -> None:
    incident = await opened(centre)
    await settled(worker)
    await passes(centre, worker, 61)
    (shown,) = await centre.incidents()
    assert shown["unreached"]
    assert await calls(centre, incident) == []
    steps = await ladder(centre, incident)
    assert [state for _, state, _ in steps].count("waiting") == 0
    assert {note for _, state, note in steps if state == "done"} == {NOBODY}  # a code: pages have the words


async def test_closing_calls_nobody_any_more_and_tells_those_who_were_called(
    centre: Centre, worker: Escalation
) -> None:
    await everybody(centre)
    operator = await a_person(centre, "op", Role.OPERATOR, REGENCY)
    incident = await opened(centre)
    await settled(worker)
    for each in await told(centre, incident):  # as the delivery does
        async with centre.database.write() as connection:
            await notifications.settle(connection, each, state=SENT, sent_at=centre.clock.now())
    await centre.casework.close(operator, incident, Resolution.FALSE, "kucing")
    await passes(centre, worker, 1000)
    assert await calls(centre, incident) == ["siti"]
    assert [(each.user, each.action) for each in await told(centre, incident)][1:] == [("siti", "resolve")]


async def test_a_graver_event_routes_the_incident_anew(centre: Centre, worker: Escalation) -> None:
    await everybody(centre)
    incident = await opened(centre)
    await settled(worker)
    await centre.put(an_event(severity=1, at=centre.clock.now()))
    await settled(worker)
    assert set(await calls(centre, incident)) == {"siti", "wati", "polsek", "centre"}


async def test_a_silence_and_a_test_call_nobody(centre: Centre, worker: Escalation) -> None:
    await everybody(centre)
    now = centre.clock.now()
    for purpose, kind in (("silence", "intrusion"), ("test", "crowd")):
        mute = Mute(
            id=new_id(), purpose="test" if purpose == "test" else "silence", area=RT, kind=kind, since=now,
            until=now.replace(hour=20), reason="hajatan", who="Siti", made_at=now,
        )  # fmt: skip
        async with centre.database.write() as connection:
            await mutes.add(connection, mute)
    await centre.put(an_event(at=now), an_event(kind="crowd", severity=1, at=now))
    await passes(centre, worker, 1000)
    (shown,) = await centre.incidents()
    assert (shown["kind"], shown["test"]) == ("crowd", True)
    assert await told(centre, shown["id"]) == []


async def test_the_routing_that_was_written_last_decides(centre: Centre, worker: Escalation) -> None:
    await everybody(centre)
    routing = Routing((Rule(name="langsung", steps=(Step(after_s=5, users=("wati",)),)),))
    async with centre.database.write() as connection:
        await routings.add(connection, routing, "Admin", "", centre.clock.now())
    incident = await opened(centre, severity=1)
    await settled(worker)
    assert await calls(centre, incident) == []
    await passes(centre, worker, 5)
    assert await calls(centre, incident) == ["wati"]


async def test_applications_hear_of_the_beginning_the_claim_and_the_end(centre: Centre, worker: Escalation) -> None:
    hook = Hook(
        id=new_id(), name="Data", direction="out", url="https://data.example", secret="", area=REGENCY,
        kinds=["presence"], severities=[], made_at=AT, who="Admin",
    )  # fmt: skip
    async with centre.database.write() as connection:
        await hooks.add(connection, hook)
    operator = await a_person(centre, "op", Role.OPERATOR, REGENCY)
    incident = await opened(centre)
    await centre.casework.acknowledge(operator, incident)
    await centre.casework.close(operator, incident, Resolution.TEST, "")
    assert [(each.user, each.channel, each.action) for each in await told(centre, incident)] == [
        ("Data", "webhook", action) for action in ("trigger", "acknowledge", "resolve")
    ]


@pytest.mark.parametrize("workers", [2, 4])
async def test_any_number_of_workers_carries_out_each_step_once(centre: Centre, workers: int) -> None:
    await centre.beat(EDGE, a_status(a_camera(area=RT)), AT)
    await everybody(centre)
    incident = await opened(centre, severity=1)
    team = [Escalation(centre.database, centre.bell, centre.clock) for _ in range(workers)]
    await asyncio.gather(*(settled(each) for each in team))
    centre.clock.advance(601)
    await asyncio.gather(*(settled(each) for each in team))
    assert sorted(await calls(centre, incident)) == ["centre", "polsek", "siti", "wati"]
    assert [state for _, state, _ in await ladder(centre, incident)] == ["done", "done"]


async def test_the_statements_of_a_step_do_not_grow_with_those_whom_it_tells(
    centre: Centre, worker: Escalation
) -> None:
    async def counted() -> int:
        await centre.put(an_event(severity=1, at=centre.clock.now()))
        with statements(centre.database) as seen:
            assert await worker.tick() == 0
        centre.clock.advance(7200)  # so that the next event opens another incident
        return len(seen)

    await a_person(centre, "rt-1", Role.RT, RT, "wire")
    few = await counted()
    for number in range(2, 20):
        await a_person(centre, f"rt-{number}", Role.RT, RT, "wire", "post")
    await settled(worker)
    assert await counted() <= few <= 16


async def test_the_statements_of_a_delivery_do_not_grow_with_its_messages(centre: Centre, worker: Escalation) -> None:
    centre.notifiers["wire"] = Wire()

    async def counted() -> int:
        await centre.put(an_event(severity=1, at=centre.clock.now()))
        await settled(worker)
        delivery = Delivery(centre.services)
        with statements(centre.database) as seen:
            assert await delivery.tick() == 0
        centre.clock.advance(7200)
        return len(seen)

    await a_person(centre, "rt-1", Role.RT, RT, "wire")
    few = await counted()
    for number in range(2, 15):
        await a_person(centre, f"rt-{number}", Role.RT, RT, "wire")
    assert await counted() <= few <= 12
