"""One word about an incident: what it does, whose word counts, and that saying it again does nothing."""

from datetime import timedelta
from typing import Any

import pytest

from alerts.cases import sop
from alerts.cases.casework import Casework
from alerts.cases.incident import NotNow
from alerts.cases.verdicts import Verdict, Verdicts
from alerts.store import incidents, procedures
from alerts.store.people import User
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.messages import AT, a_camera, a_status, an_event

RT = f"{VILLAGE}/RW02/RT04"


@pytest.fixture
async def incident(centre: Centre) -> str:
    """An open incident that a camera saw in an RT."""
    await centre.beat(EDGE, a_status(a_camera(area=RT)), AT)
    await centre.put(an_event(at=AT))
    (found,) = await centre.incidents()
    assert isinstance(found["id"], str)
    return found["id"]


async def say(centre: Centre, user: User, incident: str, verdict: Verdict, ago_s: float = 0) -> dict[str, Any]:
    verdicts = Verdicts(centre.database, centre.services.bell, centre.clock)
    answer = await verdicts.say(user, incident, verdict, centre.clock.now() - timedelta(seconds=ago_s), "")
    assert isinstance(answer, dict)
    return answer


async def history(centre: Centre, incident: str) -> list[tuple[str, str]]:
    async with centre.database.read() as connection:
        rows = await incidents.history(connection, incident)
    return [(row["action"], row["note"]) for row in rows if row["user"]]


async def test_safe_closes_what_a_camera_alone_saw(centre: Centre, incident: str) -> None:
    ronda = await centre.user("ronda", RT)
    answer = await say(centre, ronda, incident, Verdict.SAFE)
    assert (answer["outcome"], answer["incident"]["resolution"]) == ("done", "false")
    assert await history(centre, incident) == [("acknowledged", ""), ("closed", "false: Aman")]


async def test_suspicious_takes_it_and_an_emergency_leaves_it_to_who_goes(centre: Centre, incident: str) -> None:
    ronda, head = await centre.user("ronda", RT), await centre.user("rt", RT)
    answer = await say(centre, ronda, incident, Verdict.SUSPICIOUS)
    assert (answer["incident"]["claimant"], answer["incident"]["level"]) == (ronda.name, 2)
    answer = await say(centre, head, incident, Verdict.EMERGENCY)
    assert (answer["outcome"], answer["incident"]["level"], answer["incident"]["claimant"]) == ("done", 3, ronda.name)
    assert answer["incident"]["state"] == "verified"


async def test_who_goes_says_so_and_nobody_takes_it_from_them(centre: Centre, incident: str) -> None:
    ronda, head = await centre.user("ronda", RT), await centre.user("rt", RT)
    answer = await say(centre, ronda, incident, Verdict.MINE)
    assert (answer["incident"]["claimant"], answer["incident"]["state"]) == (ronda.name, "new")
    answer = await say(centre, head, incident, Verdict.MINE)
    assert (answer["outcome"], answer["incident"]["claimant"]) == ("unchanged", ronda.name)
    answer = await say(centre, head, incident, Verdict.HERE)
    assert (answer["outcome"], answer["incident"]["state"]) == ("done", "on_scene")


@pytest.mark.parametrize("verdict", list(Verdict))
async def test_saying_it_again_changes_nothing(centre: Centre, incident: str, verdict: Verdict) -> None:
    ronda = await centre.user("ronda", RT)
    first = await say(centre, ronda, incident, verdict)
    told = await history(centre, incident)
    again = await say(centre, ronda, incident, verdict)
    assert (again["outcome"], again["incident"]) == ("unchanged", first["incident"])
    assert await history(centre, incident) == told


async def test_the_word_of_who_does_not_have_it_is_noted_once(centre: Centre, incident: str) -> None:
    ronda, head = await centre.user("ronda", RT), await centre.user("rt", RT)
    await Casework(centre.database, centre.services.bell, centre.clock).acknowledge(ronda, incident)
    outcomes = [(await say(centre, head, incident, Verdict.SAFE))["outcome"] for _ in range(2)]
    assert outcomes == ["noted", "unchanged"]
    notes = [note for action, note in await history(centre, incident) if action == "note"]
    assert len(notes) == 1 and notes[0].startswith("Aman (")


async def test_a_late_safe_does_not_hide_what_was_seen_since(centre: Centre, incident: str) -> None:
    ronda = await centre.user("ronda", RT)
    centre.clock.advance(600)
    await centre.put(an_event(at=centre.clock.now()))
    answer = await say(centre, ronda, incident, Verdict.SAFE, ago_s=500)
    assert (answer["outcome"], answer["incident"]["state"]) == ("noted", "new")
    assert (await say(centre, ronda, incident, Verdict.SAFE))["incident"]["state"] == "closed"


async def test_what_people_confirmed_is_over_only_after_its_required_steps(centre: Centre, incident: str) -> None:
    ronda = await centre.user("ronda", RT)
    answer = await say(centre, ronda, incident, Verdict.EMERGENCY)
    with pytest.raises(NotNow, match="required steps") as refused:
        await say(centre, ronda, incident, Verdict.SAFE)
    assert refused.value.code == "steps_missing"
    async with centre.database.write() as connection:
        for step in sop.procedure(answer["incident"]["kind"]).steps:
            await procedures.tick(connection, incident, step.id, True, ronda.name, "Ronda", centre.clock.now())
    assert (await say(centre, ronda, incident, Verdict.SAFE))["incident"]["resolution"] == "resolved"


async def test_an_incident_of_another_place_is_not_there(centre: Centre, incident: str) -> None:
    verdicts = Verdicts(centre.database, centre.services.bell, centre.clock)
    stranger = await centre.user("ronda", f"{VILLAGE}/RW02/RT05")
    assert await verdicts.say(stranger, incident, Verdict.SAFE, None, "") is None
