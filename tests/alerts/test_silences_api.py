"""Silences and tests over the API."""

from datetime import timedelta
from typing import Any

import pytest

from alerts.store import changes
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.alerts.refusals import error_of
from tests.messages import AT, a_camera, a_status, an_event

SILENCES = "/api/v1/silences"
RW, RT = f"{VILLAGE}/RW02", f"{VILLAGE}/RW02/RT04"
HOUR = timedelta(hours=1)


def wanted(**changed: Any) -> dict[str, Any]:
    """A silence of the RT for an hour."""
    return {"area": RT, "until": (AT + HOUR).isoformat(), "reason": "hajatan Pak Budi", **changed}


async def test_a_silence_is_made_seen_and_ended(centre: Centre) -> None:
    await centre.beat(EDGE, a_status(a_camera(area=RT)), AT)
    async with centre.client("polsek", "33.03.05") as client:
        one_camera = wanted(edge=EDGE, camera="gerbang", kind="intrusion")
        made = (await client.post(SILENCES, json=one_camera)).json()["silence"]
        assert made == {
            "id": made["id"],
            "purpose": "silence",
            "area": RT,
            "area_name": "RT 04 / RW 02 · Bancar",
            "edge": EDGE,
            "camera": "gerbang",
            "kind": "intrusion",
            "since": "2026-01-01T12:00:00.000Z",
            "until": "2026-01-01T13:00:00.000Z",
            "reason": "hajatan Pak Budi",
            "who": "Polsek-1",
            "made_at": "2026-01-01T12:00:00.000Z",
            "ended_at": None,
            "active": True,
        }
        assert (await client.get(SILENCES)).json() == {"silences": [made]}
        await centre.put(an_event())
        assert await centre.incidents() == []
        centre.clock.advance(60)
        ended = (await client.delete(f"{SILENCES}/{made['id']}")).json()["silence"]
        assert (ended["ended_at"], ended["active"]) == ("2026-01-01T12:01:00.000Z", False)
        assert (await client.delete(f"{SILENCES}/{made['id']}")).status_code == 404
        assert (await client.get(SILENCES)).json() == {"silences": []}
    async with centre.database.read() as connection:
        noted = await changes.listed(connection, RT, what="silence")
    assert [(each["user"], each["before"], each["after"]) for each in noted] == [
        ("polsek-1", made, None),
        ("polsek-1", None, made),
    ]


async def test_one_that_is_to_come_is_listed_and_not_active(centre: Centre) -> None:
    async with centre.client("operator") as client:
        later = wanted(since=(AT + HOUR).isoformat(), until=(AT + 2 * HOUR).isoformat())
        await client.post(SILENCES, json=later)
        assert [each["active"] for each in (await client.get(SILENCES)).json()["silences"]] == [False]
        centre.clock.advance(3600)
        assert [each["active"] for each in (await client.get(SILENCES)).json()["silences"]] == [True]
        centre.clock.advance(3600)
        assert (await client.get(SILENCES)).json() == {"silences": []}


@pytest.mark.parametrize(
    ("role", "silence", "test"),
    [
        ("operator", 200, 200),
        ("installer", 403, 200),
        ("rt", 200, 403),
        ("admin", 200, 200),
        ("bpbd", 403, 403),
        ("auditor", 403, 403),
    ],
)
async def test_silences_are_for_who_commands_and_tests_also_for_installers(
    centre: Centre, role: str, silence: int, test: int
) -> None:
    async with centre.client(role, RT if role == "rt" else "33.03") as client:
        statuses = [
            (await client.post(SILENCES, json=wanted(purpose=purpose))).status_code for purpose in ("silence", "test")
        ]
    assert statuses == [silence, test]


async def test_the_head_of_a_neighbourhood_silences_it_for_a_day_at_most(centre: Centre) -> None:
    async with centre.client("rt", RT) as client:
        day = await client.post(SILENCES, json=wanted(until=(AT + 24 * HOUR).isoformat()))
        assert day.status_code == 200
        longer = await client.post(SILENCES, json=wanted(until=(AT + 25 * HOUR).isoformat()))
        status, message = error_of(longer)
        assert (status, "24 hours at most" in message) == (422, True), message
        neighbours = await client.post(SILENCES, json=wanted(area=RW))
        assert neighbours.status_code == 422


async def test_an_installer_sees_and_ends_tests_only(centre: Centre) -> None:
    async with centre.client("operator") as operator, centre.client("installer", RT) as installer:
        silence, test = [
            (await operator.post(SILENCES, json=wanted(purpose=purpose))).json()["silence"]["id"]
            for purpose in ("silence", "test")
        ]
        assert [each["id"] for each in (await installer.get(SILENCES)).json()["silences"]] == [test]
        assert (await installer.delete(f"{SILENCES}/{silence}")).status_code == 404
        assert (await installer.delete(f"{SILENCES}/{test}")).status_code == 200


async def test_what_lies_outside_the_area_is_not_there(centre: Centre) -> None:
    async with centre.client("operator") as operator, centre.client("polsek", "33.03.06") as other:
        made = (await operator.post(SILENCES, json=wanted())).json()["silence"]
        assert (await other.get(SILENCES)).json() == {"silences": []}
        assert (await other.delete(f"{SILENCES}/{made['id']}")).status_code == 404
        assert (await other.delete(f"{SILENCES}/x")).status_code == 422


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"area": "33.03.06"}, "lies outside"),
        ({"area": "Bancar"}, "is not a code"),
        ({"reason": "x"}, "needs a reason"),
        ({"reason": "hajatan\nPak Budi"}, "in one line"),
        ({"reason": "x" * 501}, "at most 500"),
        ({"until": AT.isoformat()}, "needs an end"),
        ({"until": (AT + timedelta(days=8)).isoformat()}, "7 days at most"),
        ({"until": "2026-01-01T13:00:00"}, "timezone"),
        ({"until": "9999-12-31T23:59:59-14:00"}, "year"),
        ({"camera": "gerbang"}, "names its edge"),
        ({"edge": "pos-9"}, "has no edge 'pos-9'"),
        ({"edge": EDGE, "camera": "taman"}, "has no camera 'taman'"),
        ({"kind": "intrusionn"}, "did you mean 'intrusion'"),
        ({"kind": "thief"}, "always heard"),
        ({"purpose": "holiday"}, "purpose"),
        ({"edge": "\0"}, "pattern"),
    ],
)
async def test_a_silence_that_may_not_be_is_told_in_one_line(centre: Centre, changed: dict[str, Any], why: str) -> None:
    await centre.beat(EDGE, a_status(a_camera(area=RT)), AT)
    async with centre.client("polsek", "33.03.05") as client:
        status, message = error_of(await client.post(SILENCES, json=wanted(**changed)))
        assert (status, why in message) == (422, True), message
        assert (await client.get(SILENCES)).json() == {"silences": []}
