"""Edges over HTTP: what is shown, and modes that are changed."""

import pytest

from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.messages import AT, a_camera, a_status

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

HERE = f"/api/v1/edges/{EDGE}/groups/blok-a"


@pytest.fixture
async def centre(centre: Centre) -> Centre:
    """With a camera in a group."""
    camera = a_camera(group="blok-a", mode="armed", troubles=["covered"])
    await centre.beat(EDGE, a_status(camera), AT)
    return centre


async def test_a_mode_is_wanted_and_shown_with_who_and_since_when(centre: Centre) -> None:
    async with centre.client("operator") as client:
        answer = await client.put(HERE, json={"mode": "mudik"})
        (edge,) = (await client.get("/api/v1/edges")).json()["edges"]
    wanted = {"mode": "mudik", "by": "Operator-1", "since": "2026-01-01T12:00:00.000Z"}
    group = {"id": "blok-a", "mode": "armed", "whole": True, "wanted": wanted, "refused": None}
    assert (answer.status_code, answer.json()) == (200, {"group": group})
    assert edge["groups"] == [group]
    (camera,) = edge["cameras"]
    assert (camera["group"], camera["mode"], camera["troubles"]) == ("blok-a", "armed", ["covered"])


async def test_the_same_wish_again_gets_the_same_answer(centre: Centre) -> None:
    async with centre.client("operator") as client:
        answers = [(await client.put(HERE, json={"mode": "night"})).text for _ in range(2)]
    assert answers[0] == answers[1]


async def test_who_changed_a_group_can_be_read(centre: Centre) -> None:
    async with centre.client("operator") as client:
        await client.put(HERE, json={"mode": "mudik"})
    async with centre.client("auditor") as client:
        found = (await client.get(HERE)).json()
    line = {"at": "2026-01-01T12:00:00.000Z", "who": "Operator-1", "action": "given", "note": "", "mode": "mudik"}
    assert (found["group"]["wanted"]["mode"], found["log"]) == ("mudik", [line])


@pytest.mark.parametrize("body", [{"mode": "asleep"}, {"mode": ""}, {"mode": None}, {}, [], {"mode": ["night"]}])
async def test_a_mode_that_is_none_is_refused(centre: Centre, body: object) -> None:
    async with centre.client("operator") as client:
        answer = await client.put(HERE, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
        assert (await client.get(HERE)).json()["log"] == []


@pytest.mark.parametrize("path", ["pos-9/groups/blok-a", f"{EDGE}/groups/blok-b", f"{EDGE}/groups/%20"])
async def test_a_group_that_is_not_there_is_not_found(centre: Centre, path: str) -> None:
    async with centre.client("operator") as client:
        assert (await client.put(f"/api/v1/edges/{path}", json={"mode": "night"})).status_code == 404


async def test_a_group_that_reaches_out_of_ones_area_is_seen_and_not_changed(centre: Centre) -> None:
    cameras = [a_camera(id=rw.lower(), area=f"{VILLAGE}/{rw}", group="blok-a", mode="armed") for rw in ("RW02", "RW03")]
    await centre.beat(EDGE, a_status(*cameras), AT)
    async with centre.client("operator", f"{VILLAGE}/RW02") as client:
        assert (await client.get(HERE)).json()["group"]["whole"] is False
        answer = await client.put(HERE, json={"mode": "disarmed"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "beyond_area")
