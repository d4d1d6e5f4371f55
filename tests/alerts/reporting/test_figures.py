"""Figures are what the rows say, rolled up the tree of areas, on both engines."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from alerts.reporting.figures import Figures, chain
from alerts.reporting.office import Office
from alerts.reporting.shares import Times
from alerts.store.database import Database
from alerts.store.response_schema import camera_places, check_ins, notifications, reports, sites
from alerts.store.schema import cameras, edges, incident_parts, users
from core.clock import ManualClock
from core.ids import new_id
from tests.alerts.centre import statements
from tests.alerts.reporting.ledger import NOON, OCTOBER, RT, an_incident, note, write

LATER = OCTOBER.end + timedelta(days=3)
VILLAGE = "33.03.05.1005"


async def count(database: Database, area: str = "33.03", now: Any = LATER) -> Figures:
    return await Office(database, ManualClock(now)).count(area, OCTOBER)


async def test_an_empty_centre_has_empty_figures(database: Database) -> None:
    found = await count(database)
    assert (found.total.alarms, found.hours, found.partial) == (0, [0] * 24, False)
    assert [group.area for group in found.areas] == ["33.03"]
    assert (found.agencies, found.cameras, found.rules) == ([], [], [])
    assert found.total.precision.share is None and found.coverage.covered.share is None
    assert found.load.per_hour is None and found.reports.rating is None


async def test_precision_is_true_against_false_and_nothing_else(database: Database) -> None:
    rows = [an_incident(resolution=word) for word in ("resolved", "false", "false", "merged", "silenced", "test")]
    rows += [an_incident(), an_incident(resolution="resolved", test=True, quiet=new_id())]
    rows += [an_incident(resolution="resolved", family="health", kind="dark"), an_incident(quiet=new_id())]
    await write(database, rows)
    total = (await count(database)).total
    assert (total.precision.part, total.precision.whole) == (1, 3)
    assert (total.alarms, total.trouble, total.tests, total.silenced, total.merged) == (4, 1, 2, 2, 1)
    assert total.signals == 9  # those of the merged one are its taker's
    assert total.kinds == {"intrusion": 4, "dark": 1}
    assert (total.severities, total.states) == ({2: 5}, {"closed": 4, "new": 1})
    assert total.resolutions == {"false": 2, "resolved": 2}


async def test_times_count_from_the_receipt_and_the_clocks_hold_them(database: Database) -> None:
    quick: dict[str, float] = {"acknowledged": 8, "dispatched": 40, "on_scene": 500, "closed": 900}
    slow: dict[str, float] = {"acknowledged": 30, "dispatched": 120, "on_scene": 700, "closed": 900}
    early = NOON - timedelta(hours=2)  # seen then, received now
    rows = [an_incident(after=quick, opened_at=early, resolution="resolved"), an_incident(after=slow), an_incident()]
    await write(database, rows)
    total = (await count(database)).total
    assert total.times["answer"] == Times(2, 8.0, 30.0, 30.0)
    assert total.times["handling"] == Times(2, 32.0, 90.0, 90.0)
    assert (total.times["dispatch"].p95, total.times["arrive"].p50, total.times["close"].count) == (120.0, 500.0, 2)
    kept = {each.clock.name: (each.kept.part, each.kept.whole) for each in total.clocks}
    assert kept == {"110 answer": (1, 3), "110 arrive": (1, 2), "NFPA answer": (1, 3), "NFPA dispatch": (1, 2)}


async def test_who_sends_somebody_has_answered_and_a_hand_over_takes_no_answer_back(database: Database) -> None:
    sent, handed = an_incident(after={"dispatched": 20}), an_incident()
    await write(database, [sent, handed])
    await note(database, handed["id"], NOON + timedelta(seconds=50), "handed_over")
    await note(database, handed["id"], NOON + timedelta(seconds=9), "acknowledged")
    await note(database, handed["id"], NOON + timedelta(seconds=90), "acknowledged")
    times = (await count(database)).total.times
    assert (times["answer"], times["handling"]) == (Times(2, 9.0, 20.0, 20.0), Times(1, 0.0, 0.0, 0.0))


async def test_areas_are_rolled_up_and_foreign_ones_left_out(database: Database) -> None:
    places = [RT, RT, f"{VILLAGE}/RW03/RT01", VILLAGE, "33.03.06.2001", "33.04.01.2001", "33.030.1"]
    await write(database, [an_incident(area=area) for area in places])
    regency = {group.area: group.figures.alarms for group in (await count(database)).areas}
    assert regency == {"33.03": 5, "33.03.05": 4, VILLAGE: 4, "33.03.06": 1, "33.03.06.2001": 1}
    village = {group.area: group.figures.alarms for group in (await count(database, VILLAGE)).areas}
    assert village == {
        VILLAGE: 4,
        f"{VILLAGE}/RW02": 2,
        RT: 2,
        f"{VILLAGE}/RW03": 1,
        f"{VILLAGE}/RW03/RT01": 1,
    }


def test_a_chain_goes_down_level_by_level() -> None:
    assert chain("33.03", RT)[:3] == ["33.03", "33.03.05", VILLAGE]
    assert chain(VILLAGE, RT) == [VILLAGE, f"{VILLAGE}/RW02", RT]
    assert (chain(RT, RT), chain("33.0", "33.03"), chain("33.04", RT)) == ([RT], [], [])


async def test_a_day_begins_in_wib(database: Database) -> None:
    second = timedelta(seconds=1)
    moments = (OCTOBER.start - second, OCTOBER.start, OCTOBER.end - second, OCTOBER.end)
    await write(database, [an_incident(received) for received in moments])
    hours = (await count(database)).hours
    assert (sum(hours), hours[0], hours[23]) == (2, 1, 1)


async def test_cameras_rules_and_agencies_have_figures_of_their_own(database: Database) -> None:
    person: dict[str, Any] = {
        "edge": "",
        "camera": "",
        "rule": "",
        "source": "report",
        "kind": "fire",
        "family": "fire",
    }
    rows = [an_incident(resolution="false", rule="pagar") for _ in range(2)]
    rows += [an_incident(camera="pos", agency="Polsek"), an_incident(**person), an_incident(resolution="resolved")]
    await write(database, rows)
    async with database.write() as connection:
        row = {"edge": "pos-1", "id": "gerbang", "name": "Gerbang utama", "area": RT, "state": "ok", "reason": ""}
        await connection.execute(insert(cameras).values(**row, fps=5.0, counts={}))
    found = await count(database)
    seen = [(each.name, each.figures.alarms, each.figures.precision.whole) for each in found.cameras]
    assert seen == [("Gerbang utama", 3, 3), ("pos", 1, 0)]
    assert (found.rules[0].camera, found.rules[0].rule) == ("gerbang", "pagar")
    assert (found.cameras_in_all, found.rules_in_all) == (2, 3)
    assert [(each.agency, each.figures.alarms) for each in found.agencies] == [("", 4), ("Polsek", 1)]
    few = await Office(database, ManualClock(LATER)).count("33.03", OCTOBER, most=1)
    assert ([each.camera for each in few.cameras], few.cameras_in_all) == (["gerbang"], 2)


async def test_trouble_lasts_from_its_first_sign_until_it_is_closed(database: Database) -> None:
    dark = an_incident(family="health", kind="dark", resolution="resolved", after={"closed": 7200})
    silent = an_incident(family="health", kind="edge_silent", camera="")
    false = an_incident(family="health", kind="dark", resolution="false")
    await write(database, [dark, silent, false])
    part = {"edge": "pos-1", "area": RT, "first_at": NOON, "last_at": NOON}
    async with database.write() as connection:
        rows = [{**part, "incident": row["id"], "camera": row["camera"]} for row in (dark, silent, false)]
        await connection.execute(insert(incident_parts), rows)
        edge = {"id": "pos-1", "name": "Pos", "area": VILLAGE, "online": True, "version": "", "outbox": {}}
        await connection.execute(insert(edges).values(**edge))
    health = (await count(database, now=NOON + timedelta(hours=5))).health
    assert (health.trouble_hours, health.silent_hours, health.silent_times) == (2.0, 5.0, 1)
    assert (health.edges, health.edges_online_now) == (1, 1)


async def test_consoles_are_loaded_by_incidents_not_by_messages(database: Database) -> None:
    rows = [an_incident() for _ in range(3)]
    await write(database, rows)
    told = [
        {"user": user, "role": role, "channel": channel, "incident": row["id"], "sent_at": sent, "action": action}
        for row in rows
        for user, role, channel, sent, action in (
            ("siti", "operator", "console", NOON, "trigger"),
            ("siti", "operator", "mail", NOON + timedelta(minutes=20), "trigger"),
            ("siti", "operator", "mail", NOON, "resolve"),
            ("budi", "polsek", "console", None, "trigger"),
            ("joko", "ronda", "telegram", NOON, "trigger"),
        )
    ]
    rest = {"step": None, "address": "x", "state": "sent", "made_at": NOON, "due_at": NOON, "attempts": 1}
    async with database.write() as connection:
        lines = [{**each, **rest, "id": new_id(), "provider_id": "", "error": ""} for each in told]
        await connection.execute(insert(notifications), lines)
    load = (await count(database)).load
    assert (load.alarms, load.consoles, load.worst_10_minutes, load.hours) == (3, 1, 3, 744.0)


async def test_sites_reports_and_ronda_are_counted_within_the_area(database: Database) -> None:
    real, test = an_incident(), an_incident(test=True, quiet=new_id())
    await write(database, [real, test])
    site = {"kind": "school", "contact": "", "wants_camera": True}
    report = {"user": "ani", "kind": "thief", "text": "", "made_at": NOON, "received_at": NOON, "rating_text": ""}
    answer = {"answered_at": NOON + timedelta(hours=2), "verdict": "resolved", "rating": 4}
    open_ = {"answered_at": None, "verdict": None, "rating": None}
    async with database.write() as connection:
        rows = [{**site, "id": f"s{n}", "name": f"SD {n}", "area": area} for n, area in enumerate([RT, RT, "33.04"])]
        await connection.execute(insert(sites), [*rows, {**rows[0], "id": "park", "wants_camera": False}])
        await connection.execute(insert(camera_places).values(edge="pos-1", camera="gerbang", site="s0"))
        said: list[tuple[dict[str, Any], bool, str, dict[str, Any]]] = [
            (real, True, RT, answer),
            (real, False, RT, open_),
            (test, True, RT, open_),
            (real, True, "33.04", open_),
        ]
        lines = [
            {**report, **told, "id": new_id(), "incident": incident["id"], "urgent": urgent, "area": area}
            for incident, urgent, area, told in said
        ]
        await connection.execute(insert(reports), lines)
        user = {"name": "joko", "display_name": "Joko", "role": "ronda", "area": RT, "created_at": NOON}
        await connection.execute(insert(users).values(user))
        turn = {"user": "joko", "at": NOON, "until": NOON + timedelta(hours=8)}
        await connection.execute(insert(check_ins), [turn, turn])
    found = await count(database, "33.03.05")
    assert (found.coverage.covered.part, [each.name for each in found.coverage.missing]) == (1, ["SD 1"])
    assert (found.reports.count, found.reports.urgent, found.reports.reporters, found.reports.rating) == (2, 1, 1, 4.0)
    assert (found.reports.within_hour.part, found.reports.within_day.part) == (0, 1)
    assert (found.ronda.check_ins, found.ronda.people) == (2, 1)
    measured = {each.dimension: each.note for each in found.indicators}
    assert (measured["economy"], measured["branding"], measured["living"]) == ("not measured", "not measured", "")
    assert {each.name: each.value for each in found.indicators}["check_ins_for_ronda"] == 2.0


@pytest.mark.parametrize("many", [1, 2500])
async def test_the_statements_are_as_many_for_a_thousand_incidents_as_for_one(database: Database, many: int) -> None:
    await write(database, [an_incident(camera=f"cam-{number % 50}") for number in range(many)])
    with statements(database) as seen:
        found = await count(database)
    assert (found.total.alarms, len(seen)) == (many, 13)
