"""What people do with incidents, on both engines: by whom, when and why it was done, and what follows from it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from alerts.cases import sop
from alerts.cases.casework import Casework
from alerts.cases.incident import NotNow, Resolution
from alerts.people.roles import Role
from alerts.store import feed, incidents, procedures, reports
from alerts.store.people import User
from alerts.store.reports import Report
from alerts.store.schema import incident_log
from core.ids import new_id
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.alerts.telling import a_person, ladder
from tests.messages import AT, a_camera, a_status, an_event

RT = f"{VILLAGE}/RW02/RT04"
Deed = Callable[[Casework, User, str], Awaitable[dict[str, Any] | None]]
DEEDS: dict[str, tuple[Deed, str, str]] = {  # each with what the history calls it, and with which note
    "acknowledge": (lambda work, user, each: work.acknowledge(user, each), "acknowledged", ""),
    "verify": (lambda work, user, each: work.verify(user, each, 3, "terlihat"), "verified", "3: terlihat"),
    "dispatch": (
        lambda work, user, each: work.dispatch(user, each, "Polsek", "dua orang"),
        "dispatched",
        "Polsek: dua orang",
    ),
    "arrive": (lambda work, user, each: work.arrive(user, each, "sepi"), "on_scene", "sepi"),
    "regrade": (lambda work, user, each: work.regrade(user, each, 3, "kucing"), "regraded", "3: kucing"),
    "note": (lambda work, user, each: work.note(user, each, "lampu mati"), "note", "lampu mati"),
    "hand_over": (
        lambda work, user, each: work.hand_over(user, each, "Damkar", "ada api"),
        "handed_over",
        "Damkar: ada api",
    ),
    "close": (lambda work, user, each: work.close(user, each, Resolution.FALSE, "kucing"), "closed", "false: kucing"),
}
OF_ANYBODY = {"arrive", "note"}


@pytest.fixture
async def incident(centre: Centre) -> str:
    """An open incident in an RT."""
    await centre.beat(EDGE, a_status(a_camera(area=RT)), AT)
    await centre.put(an_event(at=AT))
    (found,) = await centre.incidents()
    assert isinstance(found["id"], str)
    return found["id"]


async def history(centre: Centre, incident: str) -> list[tuple[str, str, str]]:
    """Who did what and why."""
    async with centre.database.read() as connection:
        rows = await incidents.history(connection, incident)
    return [(row["user"], row["action"], row["note"]) for row in rows]


async def refused(deed: Awaitable[object]) -> str:
    """Why something was not done."""
    with pytest.raises(NotNow) as found:
        await deed
    return found.value.code


async def tick_all(centre: Centre, user: User, incident: str, kind: str = "intrusion") -> None:
    for step in sop.procedure(kind).steps:
        await centre.casework.procedure_step(user, incident, step.id, True)


@pytest.mark.parametrize("name", DEEDS)
async def test_each_deed_is_written_down_told_and_heard(centre: Centre, incident: str, name: str) -> None:
    deed, action, note = DEEDS[name]
    user, rings = await centre.user(), centre.bell.rings
    centre.clock.advance(7)
    view = await deed(centre.casework, user, incident)
    async with centre.database.read() as connection:
        (line,) = (await connection.execute(select(incident_log).where(incident_log.c.user == user.name))).mappings()
        told = [payload for _, _, payload in await feed.since(connection, 0, VILLAGE, 100)]
    assert (line["who"], line["action"], line["note"]) == (user.display_name, action, note)
    assert line["at"] == AT + timedelta(seconds=7)
    assert told[-1] == view
    assert centre.bell.rings > rings


@pytest.mark.parametrize("name", DEEDS)
async def test_outside_the_own_area_there_is_no_such_incident(centre: Centre, incident: str, name: str) -> None:
    before, written = await centre.incidents(), await history(centre, incident)
    for area in (f"{VILLAGE}/RW02/RT05", f"{VILLAGE}/RW03", "33.03.06", "33.04"):
        user = await centre.user(area=area)
        assert await DEEDS[name][0](centre.casework, user, incident) is None
        assert await centre.casework.procedure_step(user, incident, "look", True) is None
    assert (await centre.incidents(), await history(centre, incident)) == (before, written)
    assert await DEEDS[name][0](centre.casework, await centre.user(), new_id()) is None


@pytest.mark.parametrize("name", [name for name in DEEDS if name != "acknowledge"])
async def test_what_another_has_only_they_and_who_commands_may_change(centre: Centre, incident: str, name: str) -> None:
    deed = DEEDS[name][0]
    budi, siti = await centre.user("rt", RT), await centre.user("ronda", RT)
    await centre.casework.acknowledge(budi, incident)
    if name in OF_ANYBODY:
        assert await deed(centre.casework, siti, incident)
    else:
        assert await refused(deed(centre.casework, siti, incident)) == "claimed_by_another"
        assert await deed(centre.casework, await centre.user("polsek", "33.03.05"), incident)


async def test_a_step_of_what_another_has_is_theirs(centre: Centre, incident: str) -> None:
    await centre.casework.acknowledge(await centre.user("rt", RT), incident)
    siti = await centre.user("ronda", RT)
    assert await refused(centre.casework.procedure_step(siti, incident, "look", True)) == "claimed_by_another"
    assert await refused(centre.casework.release(siti, incident, "")) == "claimed_by_another"


async def test_of_two_who_take_an_incident_at_once_one_has_it(centre: Centre, incident: str) -> None:
    users = [await centre.user() for _ in range(4)]
    answers = await asyncio.gather(
        *(centre.casework.acknowledge(user, incident) for user in users), return_exceptions=True
    )
    taken = [answer for answer in answers if isinstance(answer, dict)]
    errors = [answer for answer in answers if isinstance(answer, NotNow)]
    assert (len(taken), len(errors)) == (1, 3)
    assert {str(answer) for answer in errors} == {f"{taken[0]['acknowledged_by']} has it already"}
    assert len(await history(centre, incident)) == 2


async def test_what_was_given_back_anybody_may_take(centre: Centre, incident: str) -> None:
    budi, siti = await centre.user("rt", RT), await centre.user("ronda", RT)
    await centre.casework.acknowledge(budi, incident)
    free = await centre.casework.release(budi, incident, "pulang")
    assert free and (free["claimant"], free["acknowledged_by"], free["state"]) == (None, None, "new")
    taken = await centre.casework.acknowledge(siti, incident)
    assert taken and taken["claimant"] == siti.name
    assert await refused(centre.casework.release(budi, incident, "")) == "claimed_by_another"


async def test_a_hand_over_ends_the_claim_and_says_what_the_next_must_know(centre: Centre, incident: str) -> None:
    user = await centre.user()
    await centre.casework.acknowledge(user, incident)
    assert await refused(centre.casework.hand_over(user, incident, "Damkar", "  ")) == "note_required"
    given = await centre.casework.hand_over(user, incident, "Damkar", "ada api")
    assert given and (given["agency"], given["claimant"]) == ("Damkar", None)
    assert await centre.casework.acknowledge(await centre.user("damkar", "33.03"), incident)


async def test_nobody_goes_back_a_step(centre: Centre, incident: str) -> None:
    user = await centre.user()
    for name, state in (("arrive", "on_scene"), ("dispatch", "on_scene"), ("verify", "on_scene"), ("close", "closed")):
        view = await DEEDS[name][0](centre.casework, user, incident)
        assert view and view["state"] == state


async def test_a_closed_incident_takes_notes_and_nothing_else(centre: Centre, incident: str) -> None:
    user = await centre.user()
    await centre.casework.close(user, incident, Resolution.FALSE, "")
    for name, (deed, _, _) in DEEDS.items():
        if name == "note":
            assert await deed(centre.casework, user, incident)
        else:
            assert await refused(deed(centre.casework, user, incident)) == "already_closed"
    assert await refused(centre.casework.procedure_step(user, incident, "look", True)) == "already_closed"
    assert await refused(centre.casework.release(user, incident, "")) == "already_closed"
    assert [action for _, action, _ in await history(centre, incident)] == ["opened", "closed", "note"]


async def test_another_severity_needs_a_reason(centre: Centre, incident: str) -> None:
    assert await refused(centre.casework.regrade(await centre.user(), incident, 1, " ")) == "reason_required"


# who closes


async def test_who_does_not_command_closes_what_they_have_as_resolved_or_false(centre: Centre, incident: str) -> None:
    budi, close = await centre.user("rt", RT), centre.casework.close
    assert await refused(close(budi, incident, Resolution.FALSE, "")) == "not_acknowledged"
    await centre.casework.acknowledge(budi, incident)
    assert await refused(close(budi, incident, Resolution.TEST, "")) == "commander_only"
    await tick_all(centre, budi, incident)
    done = await close(budi, incident, Resolution.RESOLVED, "")
    assert done and (done["state"], done["resolution"], done["claimant"]) == ("closed", "resolved", budi.name)


# the procedure


async def test_required_steps_stand_before_resolved_and_before_nothing_else(centre: Centre, incident: str) -> None:
    user = await centre.user()
    required = [step.id for step in sop.procedure("intrusion").steps if step.required]
    for step in required:
        with pytest.raises(NotNow, match=step) as found:
            await centre.casework.close(user, incident, Resolution.RESOLVED, "")
        assert found.value.code == "steps_missing"
        await centre.casework.procedure_step(user, incident, step, True)
    assert await centre.casework.close(user, incident, Resolution.RESOLVED, "")


@pytest.mark.parametrize("resolution", [Resolution.FALSE, Resolution.TEST])
async def test_what_was_nothing_needs_no_steps(centre: Centre, incident: str, resolution: Resolution) -> None:
    assert await centre.casework.close(await centre.user(), incident, resolution, "")


async def test_a_step_is_ticked_once_and_the_tick_taken_back_once(centre: Centre, incident: str) -> None:
    user, rings = await centre.user(), centre.bell.rings
    for done in (True, True, False, False):
        await centre.casework.procedure_step(user, incident, "look", done)
    assert [line for line in await history(centre, incident) if line[0]] == [
        (user.name, "step_done", "look"),
        (user.name, "step_undone", "look"),
    ]
    assert centre.bell.rings > rings
    async with centre.database.read() as connection:
        assert await procedures.done(connection, incident) == {}
    assert await refused(centre.casework.procedure_step(user, incident, "dance", True)) == "no_step"


async def test_an_incident_shows_who_did_which_step_and_when(centre: Centre, incident: str) -> None:
    user = await centre.user()
    centre.clock.advance(60)
    await centre.casework.procedure_step(user, incident, "look", True)
    detail = await centre.desk.incident(user, incident)
    assert detail
    steps = {step["id"]: (step["done_by"], step["done_at"]) for step in detail["procedure"]}
    assert steps["look"] == (user.display_name, "2026-01-01T12:01:00.000Z")
    assert steps["judge"] == (None, None)


# the ladder follows


async def states(centre: Centre, incident: str) -> set[str]:
    return {state for _, state, _ in await ladder(centre, incident)}


@pytest.mark.parametrize("resolution", [Resolution.FALSE, Resolution.TEST])
async def test_closing_skips_what_waits(centre: Centre, incident: str, resolution: Resolution) -> None:
    assert await states(centre, incident) == {"waiting", "held"}
    await centre.casework.close(await centre.user(), incident, resolution, "")
    assert {(state, note) for _, state, note in await ladder(centre, incident)} == {("skipped", "closed")}


async def test_a_claim_lets_the_steps_go_that_count_from_it(centre: Centre, incident: str) -> None:
    held = [state for _, state, _ in await ladder(centre, incident)].index("held")
    centre.clock.advance(30)
    await centre.casework.acknowledge(await centre.user(), incident)
    assert (await ladder(centre, incident))[held][:2] == (630, "waiting")
    assert "held" not in await states(centre, incident)


@pytest.mark.parametrize("end", ["release", "hand_over"])
async def test_when_a_claim_ends_people_are_called_anew_from_then_on(centre: Centre, incident: str, end: str) -> None:
    user, first = await centre.user(), await ladder(centre, incident)
    await centre.casework.acknowledge(user, incident)
    centre.clock.advance(300)
    if end == "release":
        await centre.casework.release(user, incident, "")
    else:
        await centre.casework.hand_over(user, incident, "shift malam", "masih dicari")
    again = await ladder(centre, incident)
    assert {state for _, state, _ in again[: len(first)]} == {"skipped"}
    assert [due for due, state, _ in again[len(first) :] if state == "waiting"] == [
        300 + due for due, state, _ in first if state == "waiting"
    ]


async def test_a_graver_incident_is_routed_anew_and_a_lighter_one_is_not(centre: Centre, incident: str) -> None:
    user, first = await centre.user(), await ladder(centre, incident)
    await centre.casework.regrade(user, incident, 3, "jauh")
    assert await ladder(centre, incident) == first
    centre.clock.advance(20)
    await centre.casework.regrade(user, incident, 1, "bersenjata")
    more = (await ladder(centre, incident))[len(first) :]
    assert more and more[0][:2] == (20, "waiting")


async def test_what_a_person_called_light_stays_so_until_something_graver_comes(centre: Centre, incident: str) -> None:
    user = await centre.user()
    await centre.casework.regrade(user, incident, 3, "kucing")
    first = await ladder(centre, incident)
    await centre.put(an_event(at=AT, severity=2))
    assert [each["severity"] for each in await centre.incidents()] == [3]
    assert await ladder(centre, incident) == first
    await centre.put(an_event(at=AT, severity=1))
    assert [each["severity"] for each in await centre.incidents()] == [1]


async def test_an_event_that_makes_it_graver_routes_it_anew_too(centre: Centre, incident: str) -> None:
    first = await ladder(centre, incident)
    await centre.put(an_event(at=AT, severity=2))
    assert await ladder(centre, incident) == first
    await centre.put(an_event(at=AT, severity=1))
    assert len(await ladder(centre, incident)) > len(first)


# the reporters


async def test_reporters_hear_what_it_was(centre: Centre, incident: str) -> None:
    await a_person(centre, "warga", Role.RESIDENT, RT)
    report = Report(
        id=new_id(),
        user="warga",
        kind="thief",
        urgent=True,
        area=RT,
        text="",
        made_at=AT,
        received_at=AT,
        incident=incident,
    )
    async with centre.database.write() as connection:
        await reports.add(connection, report)
    centre.clock.advance(600)
    await centre.casework.note(await centre.user(), incident, "dicek")
    async with centre.database.read() as connection:
        assert await reports.by_id(connection, report.id) == report
    await centre.casework.close(await centre.user(), incident, Resolution.FALSE, "kucing")
    async with centre.database.read() as connection:
        answered = await reports.by_id(connection, report.id)
    assert answered and (answered.verdict, answered.answered_at) == ("false", centre.clock.now())
