"""Merging and splitting, on both engines: what moves, what is written down, and who is called afterwards."""

from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from alerts.cases.correlation import Part
from alerts.cases.incident import NotNow, Resolution
from alerts.people.roles import Role
from alerts.store import cases, incidents, mutes, people, reports
from alerts.store.people import User
from alerts.store.reports import Report
from core.events import Event, Media
from core.ids import new_id
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.alerts.signals import a_mute
from tests.alerts.telling import ladder
from tests.messages import AT, JPEG, a_camera, a_status, an_event

RW02, RW03 = f"{VILLAGE}/RW02", f"{VILLAGE}/RW03"


class Two(NamedTuple):
    """Two open incidents: of the gate (severity 2, two events) and of the post in another RW (severity 3, one)."""

    gate: str
    post: str
    events: tuple[Event, Event, Event]  # the gate's, then the post's


@pytest.fixture
async def two(centre: Centre) -> Two:
    await centre.beat(EDGE, a_status(a_camera(area=RW02), a_camera(id="pos", name="Pos", area=RW03)), AT)
    centre.clock.advance(60)
    first, second = an_event(at=AT), an_event(at=AT + timedelta(seconds=30))
    third = an_event(at=AT + timedelta(seconds=10), camera="pos", severity=3)
    await centre.put(first)
    await centre.put(second, third)
    of = {each["camera"]["id"]: each["id"] for each in await centre.incidents()}
    return Two(of["gerbang"], of["pos"], (first, second, third))


async def refused(deed: Any) -> str:
    with pytest.raises(NotNow) as found:
        await deed
    return found.value.code


async def detail(centre: Centre, incident: str) -> dict[str, Any]:
    found = await centre.desk.incident(await centre.user(), incident)
    assert found
    return found


async def actions(centre: Centre, incident: str) -> list[tuple[str, str, str]]:
    async with centre.database.read() as connection:
        return [(row["user"], row["action"], row["note"]) for row in await incidents.history(connection, incident)]


def ids(found: dict[str, Any]) -> set[str]:
    return {each["id"] for each in found["events"]}


async def a_report(centre: Centre, incident: str) -> str:
    """Somebody reported this incident, too."""
    report = Report(
        id=new_id(),
        user="warga",
        kind="thief",
        urgent=True,
        area=RW03,
        text="",
        made_at=AT,
        received_at=AT,
        incident=incident,
    )
    resident = User(
        name="warga", display_name="Warga", role=Role.RESIDENT, area=RW03, password_hash=None, created_at=AT
    )
    async with centre.database.write() as connection:
        await people.add_user(connection, resident)
        await reports.add(connection, report)
    return report.id


# merge


async def test_who_takes_another_in_has_its_events_parts_and_reports(centre: Centre, two: Two) -> None:
    user, report = await centre.user(), await a_report(centre, two.post)
    centre.clock.advance(5)
    view = await centre.regrouping.merge(user, two.post, two.gate, "orang yang sama")
    assert view and (view["id"], view["event_count"], view["severity"]) == (two.gate, 3, 2)
    kept, gone = await detail(centre, two.gate), await detail(centre, two.post)
    assert (ids(kept), ids(gone)) == ({event.id for event in two.events}, set())
    assert [each["id"] for each in kept["cameras"]] == ["gerbang", "pos"]
    assert gone["cameras"] == []
    assert (gone["incident"]["state"], gone["incident"]["resolution"]) == ("closed", "merged")
    assert gone["incident"]["merged_into"] == two.gate
    async with centre.database.read() as connection:
        moved = await reports.by_id(connection, report)
    assert moved and (moved.incident, moved.verdict) == (two.gate, None)


async def test_both_histories_say_who_merged_and_why(centre: Centre, two: Two) -> None:
    user = await centre.user()
    numbers = {each["id"]: each["number"] for each in await centre.incidents()}
    await centre.regrouping.merge(user, two.post, two.gate, "orang yang sama")
    assert (await actions(centre, two.post))[-1] == (user.name, "merged", f"#{numbers[two.gate]}: orang yang sama")
    assert (await actions(centre, two.gate))[-1] == (user.name, "absorbed", f"#{numbers[two.post]}: orang yang sama")


async def test_a_merged_incident_calls_nobody_any_more_and_the_other_goes_on(centre: Centre, two: Two) -> None:
    before = await ladder(centre, two.gate)
    await centre.regrouping.merge(await centre.user(), two.post, two.gate, "")
    assert {(state, note) for _, state, note in await ladder(centre, two.post)} == {("skipped", "closed")}
    assert await ladder(centre, two.gate) == before


async def test_what_becomes_graver_by_a_merger_is_routed_anew(centre: Centre, two: Two) -> None:
    before = await ladder(centre, two.post)
    await centre.regrouping.merge(await centre.user(), two.gate, two.post, "")
    assert len(await ladder(centre, two.post)) > len(before)


async def test_what_follows_at_either_camera_belongs_to_the_merged_one(centre: Centre, two: Two) -> None:
    await centre.regrouping.merge(await centre.user(), two.post, two.gate, "")
    centre.clock.advance(600)
    await centre.put(an_event(camera="pos", at=centre.clock.now()), an_event(at=centre.clock.now()))
    assert [(each["id"], each["event_count"]) for each in await centre.incidents("open")] == [(two.gate, 5)]


async def test_reporters_of_a_merged_incident_hear_what_the_other_was(centre: Centre, two: Two) -> None:
    user, report = await centre.user(), await a_report(centre, two.post)
    await centre.regrouping.merge(user, two.post, two.gate, "")
    await centre.casework.close(user, two.gate, Resolution.FALSE, "")
    async with centre.database.read() as connection:
        answered = await reports.by_id(connection, report)
    assert answered and answered.verdict == "false"


async def test_steps_that_were_done_stay_done_with_who_did_them(centre: Centre, two: Two) -> None:
    rudi, wati = await centre.user(), await centre.user()
    first, second, *_ = [step["id"] for step in (await detail(centre, two.gate))["procedure"]]
    await centre.casework.procedure_step(rudi, two.post, first, True)
    await centre.casework.procedure_step(rudi, two.post, second, True)
    await centre.casework.procedure_step(wati, two.gate, second, True)
    await centre.regrouping.merge(rudi, two.post, two.gate, "")
    done = {step["id"]: step["done_by"] for step in (await detail(centre, two.gate))["procedure"] if step["done_at"]}
    assert done == {first: rudi.display_name, second: wati.display_name}


async def test_what_is_closed_or_itself_or_of_another_kind_of_quiet_is_not_merged(centre: Centre, two: Two) -> None:
    user, merge = await centre.user(), centre.regrouping.merge
    assert await refused(merge(user, two.gate, two.gate, "")) == "same"
    async with centre.database.write() as connection:
        await mutes.add(connection, a_mute(area="33.03.05.2001", purpose="test"))
    await centre.register("pos-2", "33.03.05.2001")
    await centre.put(an_event(at=AT), edge="pos-2")
    (trial,) = [each["id"] for each in await centre.incidents("open") if each["test"]]
    assert await refused(merge(user, trial, two.gate, "")) == "not_alike"
    assert await refused(merge(user, two.gate, trial, "")) == "not_alike"
    await centre.casework.close(user, two.gate, Resolution.FALSE, "")
    assert await refused(merge(user, two.gate, two.post, "")) == "already_closed"
    assert await refused(merge(user, two.post, two.gate, "")) == "already_closed"
    assert ids(await detail(centre, two.post)) == {two.events[2].id}


async def test_both_must_lie_in_the_own_area(centre: Centre, two: Two) -> None:
    user, before = await centre.user("operator", RW02), await centre.incidents()
    assert await centre.regrouping.merge(user, two.gate, two.post, "") is None
    assert await centre.regrouping.merge(user, two.post, two.gate, "") is None
    assert await centre.regrouping.merge(user, two.gate, new_id(), "") is None
    assert await centre.regrouping.split(user, two.post, [two.events[2].id], "") is None
    assert await centre.incidents() == before


async def test_what_another_has_is_merged_and_split_by_who_commands_only(centre: Centre, two: Two) -> None:
    await centre.casework.acknowledge(await centre.user(), two.gate)
    ronda = await centre.user("ronda", RW02)
    assert await refused(centre.regrouping.split(ronda, two.gate, [two.events[0].id], "")) == "claimed_by_another"
    assert await centre.regrouping.split(await centre.user(), two.gate, [two.events[0].id], "")


# split


async def test_what_is_split_off_is_an_incident_of_its_own(centre: Centre, two: Two) -> None:
    user, picture = await centre.user(), Media.of(JPEG)
    for event in two.events:
        await centre.sink.put_media("snapshot", EDGE, event.id, picture)
    await centre.regrouping.merge(user, two.post, two.gate, "")
    view = await centre.regrouping.split(user, two.gate, [two.events[2].id], "orang lain")
    assert view
    fresh, kept = await detail(centre, view["id"]), await detail(centre, two.gate)
    assert (ids(fresh), ids(kept)) == ({two.events[2].id}, {event.id for event in two.events[:2]})
    assert [[part["id"] for part in each["cameras"]] for each in (fresh, kept)] == [["pos"], ["gerbang"]]
    assert (fresh["incident"]["camera"]["area"], fresh["incident"]["severity"]) == (RW03, 2)  # as grave as it was
    assert (fresh["incident"]["event_count"], kept["incident"]["event_count"]) == (1, 2)
    assert fresh["incident"]["snapshot_event"] == two.events[2].id
    assert kept["incident"]["snapshot_event"] == two.events[1].id == kept["incident"]["last_event"]["id"]
    assert {state for _, state, _ in await ladder(centre, view["id"])} == {"waiting", "held"}
    assert [(each["id"], each["why"]) for each in fresh["earlier"]] == [(two.gate, "split")]


async def test_both_histories_say_who_split_and_why(centre: Centre, two: Two) -> None:
    user = await centre.user()
    fresh = await centre.regrouping.split(user, two.gate, [two.events[0].id], "dua orang")
    assert fresh
    kept = (await detail(centre, two.gate))["incident"]
    assert (await actions(centre, two.gate))[-1] == (user.name, "split", f"#{fresh['number']}: dua orang")
    assert await actions(centre, fresh["id"]) == [(user.name, "opened", f"#{kept['number']}: dua orang")]


async def test_a_split_leaves_at_least_one_event_and_takes_only_its_own(centre: Centre, two: Two) -> None:
    user, split = await centre.user(), centre.regrouping.split
    gate = [event.id for event in two.events[:2]]
    for chosen in ([], gate, [two.events[2].id], [gate[0], two.events[2].id], [new_id()]):
        assert await refused(split(user, two.gate, chosen, "")) == "not_a_part"
    assert await split(user, two.gate, [gate[0], gate[0]], "")
    assert ids(await detail(centre, two.gate)) == {gate[1]}


async def test_what_people_reported_stays_where_it_was(centre: Centre, two: Two) -> None:
    user = await centre.user()
    async with centre.database.write() as connection:
        case = await cases.case_of(connection, two.gate)
        assert case
        cried = Part("", "", RW02, AT, AT)
        case.add(cried)
        await cases.save_parts(connection, [case])
    await centre.regrouping.split(user, two.gate, [two.events[0].id], "")
    async with centre.database.read() as connection:
        case = await cases.case_of(connection, two.gate)
    assert case and cried in case.parts.values()


async def test_what_people_took_apart_no_machine_puts_together_again(centre: Centre, two: Two) -> None:
    fresh = await centre.regrouping.split(await centre.user(), two.gate, [two.events[0].id], "")
    assert fresh
    await centre.put(an_event(at=AT + timedelta(seconds=15)))  # of the camera that both have
    counts = {each["id"]: each["event_count"] for each in await centre.incidents("open")}
    assert counts == {two.gate: 2, fresh["id"]: 1, two.post: 1}


async def test_a_closed_incident_is_not_split(centre: Centre, two: Two) -> None:
    user = await centre.user()
    await centre.casework.close(user, two.gate, Resolution.FALSE, "")
    assert await refused(centre.regrouping.split(user, two.gate, [two.events[0].id], "")) == "already_closed"
