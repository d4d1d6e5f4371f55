"""Whose turn it is, over the API, and who is loaded to be told."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from alerts.http.policy import cookie_name
from alerts.people.roles import Role
from alerts.store import changes, duty, people
from alerts.store.response_schema import absences, check_ins, shifts
from tests.alerts.centre import VILLAGE, Centre, statements
from tests.alerts.refusals import error_of
from tests.alerts.telling import a_person
from tests.messages import AT

API = "/api/v1"
RW, RT = f"{VILLAGE}/RW02", f"{VILLAGE}/RW02/RT04"
DISTRICT = "33.03.05"
FAR = "33.04.01.2001"
HOUR = timedelta(hours=1)
NIGHT = {"days": [5], "start": "22:00", "end": "05:00"}


def away(start: datetime = AT, end: datetime = AT + HOUR, **more: Any) -> dict[str, Any]:
    return {"start": start.isoformat(), "end": end.isoformat(), **more}


async def absent(centre: Centre, user: str, stand_in: str | None, start: datetime = AT) -> None:
    async with centre.database.write() as connection:
        row = {"user": user, "start": start, "end": start + HOUR, "stand_in": stand_in, "reason": ""}
        await connection.execute(insert(absences).values(row))


async def loaded(centre: Centre, area: str, *named: str, now: datetime | None = AT) -> list[str]:
    async with centre.database.read() as connection:
        return [person.user for person in await duty.people_around(connection, [area], named, now)]


# who is loaded


async def test_stand_ins_are_loaded_along_the_whole_chain(centre: Centre) -> None:
    for name, area in (
        ("siti", RT),
        ("budi", f"{VILLAGE}/RW03"),
        ("joko", f"{VILLAGE}/RW04"),
        ("wati", FAR),
    ):
        await a_person(centre, name, Role.RW, area)
    await absent(centre, "siti", "budi")
    await absent(centre, "budi", "joko")
    await absent(centre, "joko", "wati", AT + 2 * HOUR)
    assert await loaded(centre, RT) == ["budi", "joko", "siti"]
    assert await loaded(centre, RT, now=AT + 2 * HOUR) == ["siti"]
    assert await loaded(centre, RT, now=None) == ["budi", "joko", "siti", "wati"]
    assert await loaded(centre, "33.05", "siti") == ["budi", "joko", "siti"]


async def test_stand_ins_that_go_round_are_loaded_once(centre: Centre) -> None:
    for name in ("siti", "budi"):
        await a_person(centre, name, Role.RT, RT if name == "siti" else FAR)
    await absent(centre, "siti", "budi")
    await absent(centre, "budi", "siti")
    assert await loaded(centre, RT) == ["budi", "siti"]


async def test_who_has_left_is_not_loaded_not_even_as_a_stand_in(centre: Centre) -> None:
    for name, area in (("siti", RT), ("budi", FAR), ("gone", RT)):
        await a_person(centre, name, Role.RT, area, "telegram")
    await absent(centre, "siti", "budi")
    await absent(centre, "gone", "budi")
    async with centre.database.write() as connection:
        await people.change(connection, "budi", {"ended_at": AT})
        await people.change(connection, "gone", {"ended_at": AT})
    assert await loaded(centre, RT, "budi") == ["siti"]


async def test_named_people_are_those_alone_unless_a_moment_is_given(centre: Centre) -> None:
    for name in ("siti", "budi"):
        await a_person(centre, name, Role.RT, RT)
    await absent(centre, "siti", "budi")
    async with centre.database.read() as connection:
        alone = await duty.named_people(connection, ["siti"])
        both = await duty.named_people(connection, ["siti"], AT)
    assert ([each.user for each in alone], [each.user for each in both]) == (["siti"], ["budi", "siti"])


async def test_more_people_take_no_more_statements(centre: Centre) -> None:
    counts = []
    async with centre.client("operator") as client:
        for number in (2, 30):
            for one in range(number):
                await a_person(centre, f"p{number}-{one}", Role.LINMAS, RT, "telegram")
                await absent(centre, f"p{number}-{one}", f"p{number}-{(one + 1) % number}")
            with statements(centre.database) as seen:
                await loaded(centre, RT)
                await client.get(f"{API}/duty")
            counts.append(len(seen))
    assert counts[0] == counts[1]


# shifts


async def test_shifts_are_written_all_at_once_and_read_back(centre: Centre) -> None:
    await a_person(centre, "budi", Role.RONDA, RT)
    path = f"{API}/people/budi/shifts"
    async with centre.client("rt", RT) as head:
        wanted = [NIGHT, {"days": [0, 6], "start": "06:00", "end": "06:00", "valid_from": "2026-01-01"}]
        answer = await head.put(path, json={"shifts": wanted})
        assert answer.json()["shifts"] == [
            {**NIGHT, "valid_from": None, "valid_until": None},
            {**wanted[1], "valid_until": None},
        ]
        assert (await head.get(path)).json() == answer.json()
        assert (await head.put(path, json={"shifts": []})).json() == {"shifts": []}
    async with centre.database.read() as connection:
        assert (await connection.execute(select(shifts))).all() == []
        written = await changes.listed(connection, RT, what="shifts")
    assert [len(each["after"]) for each in written] == [0, 2]


async def test_a_night_over_midnight_is_a_shift(centre: Centre) -> None:
    await a_person(centre, "budi", Role.RONDA, RT)
    async with centre.client("admin") as admin:
        await admin.put(f"{API}/people/budi/shifts", json={"shifts": [NIGHT]})
        whys = []
        for at in ("2026-11-28T21:59+07:00", "2026-11-28T22:00+07:00", "2026-11-29T04:59+07:00", "2026-11-28T22:00Z"):
            found = (await admin.get(f"{API}/duty", params={"area": RT, "at": at})).json()["duty"]
            whys.append([person["why"] for group in found if group["role"] == "ronda" for person in group["people"]])
    assert whys == [[], ["shift"], ["shift"], []]


@pytest.mark.parametrize(
    ("shift", "why"),
    [
        ({**NIGHT, "days": []}, "names no day"),
        ({**NIGHT, "days": [7]}, "less than or equal to 6"),
        ({**NIGHT, "start": "25:00"}, "match pattern"),
        ({**NIGHT, "start": "22:00+07:00"}, "match pattern"),
        ({**NIGHT, "start": "22:00\n"}, "match pattern"),
        ({**NIGHT, "valid_from": "2026-02-01", "valid_until": "2026-01-31"}, "lies before valid_from"),
        ({**NIGHT, "valid_from": "yesterday"}, "valid_from"),
        ({"days": [1]}, "Field required"),
    ],
)
async def test_a_shift_that_cannot_be_is_told_in_one_line(centre: Centre, shift: dict[str, Any], why: str) -> None:
    await a_person(centre, "budi", Role.RONDA, RT)
    async with centre.client("admin") as admin:
        status, message = error_of(await admin.put(f"{API}/people/budi/shifts", json={"shifts": [shift]}))
    assert (status, why in message) == (422, True), message


@pytest.mark.parametrize(("number", "why"), [(51, "too many"), (101, "at most 100")])
async def test_huge_rosters_are_refused(centre: Centre, number: int, why: str) -> None:
    async with centre.client("admin") as admin:
        answer = await admin.put(f"{API}/people/admin-1/shifts", json={"shifts": [NIGHT] * number})
    assert why in error_of(answer)[1]


@pytest.mark.parametrize(
    ("role", "area", "statuses"),
    [
        ("rt", RT, (200, 200, 403, 404)),
        ("rw", RW, (200, 200, 403, 404)),
        ("admin", DISTRICT, (200, 200, 200, 200)),
        ("polsek", DISTRICT, (403, 403, 403, 403)),
        ("rt", f"{RW}/RT05", (404, 404, 404, 404)),
    ],
)
async def test_heads_keep_the_rosters_of_ronda_and_linmas(
    centre: Centre, role: str, area: str, statuses: tuple[int, ...]
) -> None:
    places = {"ronda": RT, "linmas": RT, "rt": RT, "bhabinkamtibmas": VILLAGE}
    for each, place in places.items():
        await a_person(centre, each, Role(each), place)
    async with centre.client(role, area) as client:
        found = [(await client.put(f"{API}/people/{name}/shifts", json={"shifts": []})).status_code for name in places]
    assert tuple(found) == statuses


async def test_the_own_shifts_are_read_and_not_written(centre: Centre) -> None:
    async with centre.client("ronda", RT) as budi:
        assert (await budi.get(f"{API}/people/ronda-1/shifts")).json() == {"shifts": []}
        assert (await budi.put(f"{API}/people/ronda-1/shifts", json={"shifts": []})).status_code == 403


# "HADIR"


async def test_who_says_hadir_is_on_duty_until_then_or_until_leaving(centre: Centre) -> None:
    async with centre.client("ronda", RT) as budi:

        async def why() -> list[str]:
            found = (await budi.get(f"{API}/duty", params={"area": RT})).json()["duty"]
            return [person["why"] for group in found if group["role"] == "ronda" for person in group["people"]]

        assert await why() == []
        here = {"hours": 6, "latitude": -7.4, "longitude": 109.3}
        answer = (await budi.post(f"{API}/duty/check-in", json=here)).json()["check_in"]
        assert answer == {"user": "ronda-1", "at": "2026-01-01T12:00:00.000Z", "until": "2026-01-01T18:00:00.000Z"}
        assert await why() == ["checked_in"]
        centre.clock.advance(60)
        await budi.post(f"{API}/duty/check-in", json={"hours": 1, "latitude": -7.4})
        centre.clock.advance(3600)
        assert await why() == []
        await budi.post(f"{API}/duty/check-in", json={"hours": 0.5})
        assert (await budi.delete(f"{API}/duty/check-in")).status_code == 204
        assert await why() == []
        assert (await budi.delete(f"{API}/duty/check-in")).status_code == 204
    async with centre.database.read() as connection:
        rows = (await connection.execute(select(check_ins).order_by(check_ins.c.id))).mappings().all()
        notes = await changes.listed(connection, RT, what="check_in")
    assert [(row["latitude"], row["longitude"]) for row in rows] == [(-7.4, 109.3), (None, None), (None, None)]
    assert [(bool(each["before"]), bool(each["after"])) for each in notes] == [
        (True, False),
        (False, True),
        (True, True),
        (False, True),
    ]


@pytest.mark.parametrize("hours", [0, -1, 12.1, "NaN", 1e300, None, "six"])
async def test_hours_that_are_none_are_refused(centre: Centre, hours: object) -> None:
    async with centre.client("ronda", RT) as budi:
        assert error_of(await budi.post(f"{API}/duty/check-in", json={"hours": hours}))[0] == 422


async def test_who_is_absent_does_not_check_in(centre: Centre) -> None:
    async with centre.client("ronda", RT) as budi:
        await absent(centre, "ronda-1", None)
        answer = await budi.post(f"{API}/duty/check-in", json={"hours": 1})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "absent")


# absences


async def test_an_absence_with_its_stand_in_is_entered_seen_and_ended(centre: Centre) -> None:
    await a_person(centre, "wati", Role.RW, RW, "telegram")
    async with centre.client("rt", RT) as siti:
        path = f"{API}/people/rt-1/absences"
        made = (await siti.post(path, json=away(stand_in="wati", reason="mudik"))).json()["absence"]
        assert (await siti.get(path)).json() == {"absences": [made]}
        (group,) = [
            each for each in (await siti.get(f"{API}/duty", params={"area": RT})).json()["duty"] if each["role"] == "rt"
        ]
        assert group == {
            "role": "rt",
            "area": RT,
            "area_name": "RT 04 / RW 02 · Bancar",
            "people": [
                {
                    "name": "wati",
                    "display_name": "Wati",
                    "why": "stands_in",
                    "stands_in_for": "rt-1",
                    "channels": ["telegram"],
                }
            ],
        }
        centre.clock.advance(60)
        assert (await siti.delete(f"{path}/{made['id']}")).json() == {"absence": made}
        assert (await siti.delete(f"{path}/{made['id']}")).status_code == 404
        assert (await siti.get(path)).json() == {"absences": []}


async def test_an_absence_that_has_not_begun_is_forgotten(centre: Centre) -> None:
    async with centre.client("rt", RT) as siti:
        made = (await siti.post(f"{API}/people/rt-1/absences", json=away(AT + HOUR, AT + 2 * HOUR))).json()["absence"]
        await siti.delete(f"{API}/people/rt-1/absences/{made['id']}")
    async with centre.database.read() as connection:
        assert (await connection.execute(select(absences))).all() == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (away(stand_in="nobody"), "cannot stand in"),
        (away(stand_in="rt-1"), "cannot stand in"),
        (away(stand_in="sibling"), "cannot stand in"),
        (away(stand_in="resident"), "cannot stand in"),
        (away(stand_in="gone"), "cannot stand in"),
        (away(AT, AT), "needs an end"),
        (away(AT - 2 * HOUR, AT - HOUR), "still to come"),
        (away(AT, AT + timedelta(days=367)), "366 days at most"),
        ({"start": "2026-01-01T12:00", "end": "2026-01-02T12:00"}, "timezone"),
        ({"start": "0001-01-01T00:00:00+14:00", "end": "9999-12-31T23:59:59-14:00"}, "year"),
        (away(reason="\0"), "pattern"),
        ({}, "Field required"),
    ],
)
async def test_an_absence_that_cannot_be_is_told_in_one_line(centre: Centre, body: dict[str, Any], why: str) -> None:
    await a_person(centre, "sibling", Role.RT, f"{RW}/RT05")
    await a_person(centre, "resident", Role.RESIDENT, RT)
    await a_person(centre, "gone", Role.RT, RT)
    async with centre.database.write() as connection:
        await people.change(connection, "gone", {"ended_at": AT})
    async with centre.client("rt", RT) as siti:
        status, message = error_of(await siti.post(f"{API}/people/rt-1/absences", json=body))
    assert (status, why in message) == (422, True), message


async def test_absences_of_others_are_for_who_keeps_their_roster(centre: Centre) -> None:
    for name, role, area in (("budi", Role.RONDA, RT), ("joko", Role.RT, RT), ("eko", Role.RT, FAR)):
        await a_person(centre, name, role, area)
    await absent(centre, "joko", None)
    async with centre.client("rt", RT) as siti:
        paths = [f"{API}/people/{name}/absences" for name in ("budi", "joko", "eko")]
        posts = [(await siti.post(path, json=away())).status_code for path in paths]
        gets = [(await siti.get(path)).status_code for path in paths]
        foreign = [(await siti.delete(f"{API}/people/budi/absences/{n}")).status_code for n in (1, 10**12)]
    assert (posts, gets, foreign) == ([200, 403, 404], [200, 403, 404], [404, 404])


# who is on duty


async def test_who_is_on_duty_is_told_for_in_of_and_around_an_area(centre: Centre) -> None:
    for name, role, area in (
        ("rt-a", Role.RT, RT),
        ("rt-b", Role.RT, f"{RW}/RT05"),
        ("polsek-a", Role.POLSEK, DISTRICT),
        ("rw-x", Role.RW, f"{VILLAGE}/RW03"),
        ("warga", Role.RESIDENT, RT),
        ("gone", Role.RT, RT),
    ):
        await a_person(centre, name, role, area)
    async with centre.database.write() as connection:
        await people.change(connection, "gone", {"ended_at": AT})
        mondays = {"user": "rt-b", "days": duty.bits_of([0]), "start": time(8), "end": time(9)}  # it is a Thursday
        await connection.execute(insert(shifts).values(mondays))
    async with centre.client("rw", RW) as client:
        answer = (await client.get(f"{API}/duty")).json()
        outside = [(await client.get(f"{API}/duty", params={"area": area})).status_code for area in (DISTRICT, "x")]
    assert (answer["area"], answer["at"]) == (RW, "2026-01-01T12:00:00.000Z")
    assert [(each["role"], each["area"], [one["name"] for one in each["people"]]) for each in answer["duty"]] == [
        ("rt", RT, ["rt-a"]),
        ("rw", RW, ["rw-1"]),
        ("polsek", DISTRICT, ["polsek-a"]),
    ]
    assert outside == [404, 422]


async def test_of_a_large_area_two_levels_are_shown(centre: Centre) -> None:
    for name, role, area in (
        ("polres", Role.POLRES, "33.03"),
        ("polsek", Role.POLSEK, DISTRICT),
        ("linmas", Role.LINMAS, VILLAGE),
        ("rw", Role.RW, RW),
        ("rt", Role.RT, RT),
    ):
        await a_person(centre, name, role, area)
    seen = {}
    async with centre.client("admin", "33") as client:
        for area in ("33", "33.03", DISTRICT, VILLAGE, RW):
            groups = (await client.get(f"{API}/duty", params={"area": area})).json()["duty"]
            seen[area] = [one["name"] for group in groups for one in group["people"] if one["name"] != "admin-1"]
    assert seen == {
        "33": ["polsek", "polres"],
        "33.03": ["linmas", "polsek", "polres"],
        DISTRICT: ["rw", "linmas", "polsek", "polres"],
        VILLAGE: ["rt", "rw", "linmas", "polsek", "polres"],
        RW: ["rt", "rw", "linmas", "polsek", "polres"],
    }


@pytest.mark.parametrize("at", ["2026-01-01T12:00", "now", "9999-12-31T23:59:59-14:00", ""])
async def test_a_moment_without_a_zone_is_none(centre: Centre, at: str) -> None:
    async with centre.client("operator") as client:
        assert error_of(await client.get(f"{API}/duty", params={"at": at}))[0] == 422


async def test_residents_and_installers_do_not_see_who_is_on_duty(centre: Centre) -> None:
    for role, area in (("resident", RT), ("installer", RT)):
        async with centre.client(role, area) as client:
            assert (await client.get(f"{API}/duty")).status_code == 403


async def test_who_leaves_is_taken_off_the_rosters(centre: Centre) -> None:
    user = await centre.user("ronda", RT)
    async with centre.client(None) as budi, centre.client("admin") as admin:
        budi.cookies.set(cookie_name(False), await centre.accounts.start_session(user))
        await budi.post(f"{API}/duty/check-in", json={"hours": 6})
        await admin.put(f"{API}/people/{user.name}/shifts", json={"shifts": [NIGHT]})
        await admin.post(f"{API}/people/{user.name}/absences", json=away(AT + HOUR, AT + 2 * HOUR))
        await admin.delete(f"{API}/people/{user.name}")
    async with centre.database.read() as connection:
        roster = await duty.roster(connection, AT)
        ahead = await duty.roster(connection, AT + HOUR)
    assert (roster.shifts, roster.check_ins, ahead.absences) == ({}, {}, {})
