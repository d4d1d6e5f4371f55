"""The rules over the API: read, written, tried out."""

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert

from alerts.people.roles import Role
from alerts.store import changes
from alerts.store.response_schema import absences
from alerts.telling.defaults import DEFAULT
from alerts.telling.routing_document import to_json
from tests.alerts.centre import VILLAGE, Centre
from tests.alerts.refusals import error_of
from tests.alerts.telling import a_person
from tests.messages import AT

ROUTING = "/api/v1/routing"
RW, RT = f"{VILLAGE}/RW02", f"{VILLAGE}/RW02/RT04"
DISTRICT = "33.03.05"
DOCUMENT: dict[str, Any] = {"rules": [{"name": "all", "steps": [{"roles": ["rt"]}]}]}


def asked(**more: Any) -> dict[str, Any]:
    return {"kind": "intrusion", "severity": 2, "area": RT, **more}


def written(version: int = 0, document: Any = DOCUMENT, note: str = "") -> dict[str, Any]:
    return {"document": document, "version": version, "note": note}


def of_step(**step: Any) -> dict[str, Any]:
    return {"rules": [{"name": "all", "steps": [step]}]}


async def test_without_rules_of_ones_own_the_default_ones_are_version_0(centre: Centre) -> None:
    async with centre.client("ronda", RT) as client:
        found = (await client.get(ROUTING)).json()["routing"]
        assert found == {"version": 0, "document": msgspec.json.decode(to_json(DEFAULT))}
        assert (await client.get(f"{ROUTING}/versions")).json() == {"versions": []}
        assert (await client.get(f"{ROUTING}/versions/1")).status_code == 404


async def test_every_version_is_kept_and_the_newest_counts(centre: Centre) -> None:
    async with centre.client("admin") as admin:
        first = (await admin.put(ROUTING, json=written(note="uji coba"))).json()["routing"]
        centre.clock.advance(60)
        second = (await admin.put(ROUTING, json=written(first["version"], of_step(roles=["rw"])))).json()["routing"]
        assert (await admin.get(ROUTING)).json() == {"routing": second}
        versions = (await admin.get(f"{ROUTING}/versions")).json()["versions"]
        assert [(each["version"], each["who"], each["note"], each["at"]) for each in versions] == [
            (second["version"], "Admin-1", "", "2026-01-01T12:01:00.000Z"),
            (first["version"], "Admin-1", "uji coba", "2026-01-01T12:00:00.000Z"),
        ]
        old = (await admin.get(f"{ROUTING}/versions/{first['version']}")).json()["routing"]
        assert old == first == {"version": first["version"], "document": DOCUMENT}
    async with centre.database.read() as connection:
        noted = await changes.listed(connection, "33.03", what="routing")
    assert [(each["user"], each["before"]["version"], each["after"]) for each in noted] == [
        ("admin-1", first["version"], second),
        ("admin-1", 0, first),
    ]


async def test_who_did_not_see_the_newest_version_does_not_overwrite_it(centre: Centre) -> None:
    async with centre.client("admin") as admin:
        await admin.put(ROUTING, json=written())
        for version in (0, 7):
            answer = await admin.put(ROUTING, json=written(version, of_step(roles=["rw"])))
            assert (answer.status_code, answer.json()["error"]["code"]) == (409, "changed_meanwhile")
        assert (await admin.get(ROUTING)).json()["routing"]["document"] == DOCUMENT


@pytest.mark.parametrize(
    ("role", "area", "status"),
    [("admin", "33", 200), ("admin", "33.03", 200), ("admin", DISTRICT, 403), ("operator", "33.03", 403)],
)
async def test_rules_are_for_the_whole_centre(centre: Centre, role: str, area: str, status: int) -> None:
    async with centre.client(role, area) as client:
        assert (await client.put(ROUTING, json=written())).status_code == status


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({}, "rules: is missing"),
        ({"rules": []}, "has no rule"),
        ({"rules": 7}, "rules"),
        ({**DOCUMENT, "rulez": []}, "rulez: is not a key here"),
        (of_step(roles=["king"]), "role 'king' is not one of"),
        (of_step(users=["nobody"]), "step 1: no user is called 'nobody'"),
        (of_step(users=["gone"]), "step 1: no user is called 'gone'"),
        (of_step(roles=["rt"], channels=["telegran"]), "did you mean 'telegram'"),
        (of_step(roles=["rt"], after_s=10**30), "is not between 0 and 86400"),
        (of_step(roles=["rt"], users=["\ud800"]), "JSON cannot carry"),
        (of_step(roles=["rt"], users=["\0"]), "no user is called"),
        ({"rules": [DOCUMENT["rules"][0] | {"name": f"r{number}"} for number in range(201)]}, "200 are enough"),
        ([], "document"),
        (None, "document"),
    ],
)
async def test_a_document_that_cannot_be_used_changes_nothing(centre: Centre, document: Any, why: str) -> None:
    await a_person(centre, "gone", Role.RT, RT)
    async with centre.client("admin") as admin:
        await admin.delete("/api/v1/people/gone")
        content = json.dumps(written(0, document)).encode()  # with half a character, and a number without end
        answer = await admin.put(ROUTING, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
        assert why in answer.json()["error"]["message"]
        assert (await admin.get(ROUTING)).json()["routing"]["version"] == 0


async def test_all_that_is_wrong_is_named_at_once(centre: Centre) -> None:
    steps = [{"users": ["x"]}, {"users": ["y"], "channels": ["pigeon"], "after_s": 5}]
    async with centre.client("admin") as admin:
        answer = await admin.put(ROUTING, json=written(0, {"rules": [{"name": "all", "steps": steps}]}))
    assert answer.json()["error"]["message"].splitlines() == [
        "rule 'all': step 1: no user is called 'x'",
        "rule 'all': step 2: no user is called 'y'",
        "rule 'all': step 2: channel 'pigeon' is not known",
    ]


@pytest.mark.parametrize("body", [{"document": DOCUMENT}, written(-1), written(2**60), written(note="x" * 501)])
async def test_a_version_and_a_note_that_are_none_are_refused(centre: Centre, body: dict[str, Any]) -> None:
    async with centre.client("admin") as admin:
        assert error_of(await admin.put(ROUTING, json=body))[0] == 422


async def test_a_note_is_one_line(centre: Centre) -> None:
    async with centre.client("admin") as admin:
        assert "in one line" in error_of(await admin.put(ROUTING, json=written(note="a\nb")))[1]


# the dry run


async def test_a_dry_run_says_who_would_be_told_by_which_channels_and_no_address(centre: Centre) -> None:
    await a_person(centre, "siti", Role.RT, RT, "telegram", "sms")
    await a_person(centre, "wati", Role.RW, RW, "telegram")
    async with centre.client("rt", RT) as client:
        answer = await client.post(f"{ROUTING}/dry-run", json=asked())
    found = answer.json()
    assert (found["rule"], found["area_name"]) == ("cameras alone, P2", "RT 04 / RW 02 · Bancar")
    told = [(each["due_s"], [one["name"] for one in each["people"]], each["note"]) for each in found["told"]]
    assert told[:3] == [(0, [], ""), (0, ["siti"], "early"), (120, ["wati"], "")]
    assert found["told"][1]["people"][0] == {
        "name": "siti",
        "display_name": "Siti",
        "role": "rt",
        "area": RT,
        "channels": ["telegram", "sms"],
    }
    assert "siti@" not in answer.text


async def test_a_dry_run_knows_what_is_confirmed(centre: Centre) -> None:
    async with centre.client("rt", RT) as client:
        answer = (await client.post(f"{ROUTING}/dry-run", json=asked(level=3))).json()
    assert (answer["rule"], answer["told"][0]["due_s"]) == ("confirmed", 0)
    assert {"polsek", "satpolpp", "operator"} <= set(answer["told"][0]["roles"])


async def test_a_dry_run_knows_stand_ins_and_the_time_of_day(centre: Centre) -> None:
    await a_person(centre, "siti", Role.RT, RT, "telegram")
    await a_person(centre, "wati", Role.RW, RW, "telegram")
    async with centre.database.write() as connection:
        row = {"user": "siti", "start": AT, "end": AT + timedelta(hours=1), "stand_in": "wati", "reason": ""}
        await connection.execute(insert(absences).values(row))
    async with centre.client("operator") as client:
        found = []
        for at in ("2026-01-01T12:30:00Z", "2026-01-01T20:30:00+07:00"):
            answer = (await client.post(f"{ROUTING}/dry-run", json=asked(at=at))).json()
            found.append([one["name"] for each in answer["told"][:2] for one in each["people"]])
    assert found == [["wati"], ["siti"]]


async def test_rules_that_do_not_count_yet_are_tried_by_administrators(centre: Centre) -> None:
    await a_person(centre, "siti", Role.POLRES, "33.03", "telegram", "sms")
    draft = of_step(users=["siti"], channels=["sms"])
    async with centre.client("admin", DISTRICT) as admin, centre.client("operator") as operator:
        (only,) = (await admin.post(f"{ROUTING}/dry-run", json=asked(document=draft))).json()["told"]
        assert [(one["name"], one["channels"]) for one in only["people"]] == [("siti", ["sms"])]
        assert (await admin.get(ROUTING)).json()["routing"]["version"] == 0
        assert error_of(await operator.post(f"{ROUTING}/dry-run", json=asked(document=draft)))[0] == 403
        wrong = asked(document=of_step(users=["nobody"]))
        assert "no user is called" in error_of(await admin.post(f"{ROUTING}/dry-run", json=wrong))[1]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"kind": "intrusionn"}, "did you mean 'intrusion'"),
        ({"kind": "\0"}, "pattern"),
        ({"severity": 4}, "less than or equal to 3"),
        ({"level": 5}, "less than or equal to 4"),
        ({"area": "33.04"}, "lies outside"),
        ({"area": "Bancar"}, "is not a code"),
        ({"at": "2026-01-01T12:00:00"}, "timezone"),
        ({"at": "9999-12-31T23:59:59-14:00"}, "year"),
    ],
)
async def test_what_cannot_be_tried_is_told_in_one_line(centre: Centre, changed: dict[str, Any], why: str) -> None:
    async with centre.client("rt", RT) as client:
        status, message = error_of(await client.post(f"{ROUTING}/dry-run", json=asked(**changed)))
    assert (status, why in message) == (422, True), message


async def test_residents_do_not_read_the_rules(centre: Centre) -> None:
    async with centre.client("resident", RT) as client:
        assert (await client.get(ROUTING)).status_code == 403
        assert (await client.post(f"{ROUTING}/dry-run", json=asked())).status_code == 403
