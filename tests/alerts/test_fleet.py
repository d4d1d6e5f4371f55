"""Edges and cameras as they last reported, and the named counters."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from alerts.store import feed, fleet
from alerts.store.schema import cameras
from core.events import CameraCounts, OutboxStatus, Status
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.messages import AT, STREAM, a_camera, a_status


async def edges(centre: Centre, area: str = "33.03") -> list[dict[str, Any]]:
    async with centre.database.read() as connection:
        return await fleet.listed(connection, area)


async def test_an_edge_is_known_before_it_has_said_anything(centre: Centre) -> None:
    (edge,) = await edges(centre)
    assert (edge["online"], edge["seen_at"], edge["cameras"]) == (False, None, [])


async def test_registering_again_changes_the_name_and_keeps_what_was_reported(centre: Centre) -> None:
    await centre.beat(EDGE, a_status(a_camera()), AT)
    await centre.register(area="33.03.05")
    (edge,) = await edges(centre)
    assert (edge["area"], edge["online"], len(edge["cameras"])) == ("33.03.05", True, 1)


async def test_a_heartbeat_is_noted_with_its_cameras(centre: Centre) -> None:
    camera = a_camera(state="failed", reason="the password is wrong", fps=4.5, counts=CameraCounts(inferences=9))
    await centre.beat(EDGE, a_status(camera, outbox=OutboxStatus(events=3)), AT)
    (edge,) = await edges(centre)
    assert (edge["online"], edge["seen_at"], edge["stream"], edge["version"]) == (True, AT, STREAM, "0.1.0")
    assert fleet.outbox_of(edge) == OutboxStatus(events=3)
    (row,) = edge["cameras"]
    assert (row["state"], row["reason"], row["fps"]) == ("failed", "the password is wrong", 4.5)
    async with centre.database.read() as connection:
        counts = (await connection.execute(select(cameras.c.counts))).scalar_one()
    assert counts["inferences"] == 9


async def test_a_newer_heartbeat_replaces_the_older(centre: Centre) -> None:
    await centre.beat(EDGE, a_status(a_camera(state="connecting")), AT)
    await centre.beat(EDGE, a_status(a_camera(state="ok")), AT + timedelta(seconds=5))
    (edge,) = await edges(centre)
    assert (edge["seen_at"], [camera["state"] for camera in edge["cameras"]]) == (AT + timedelta(seconds=5), ["ok"])


async def test_the_brokers_word_that_an_edge_fell_silent_changes_only_that(centre: Centre) -> None:
    await centre.beat(EDGE, a_status(a_camera()), AT)
    await centre.beat(EDGE, Status(online=False), AT + timedelta(seconds=20))
    (edge,) = await edges(centre)
    assert (edge["online"], edge["seen_at"], edge["version"], len(edge["cameras"])) == (False, AT, "0.1.0", 1)


async def test_an_edge_that_is_not_registered_is_not_noted(centre: Centre) -> None:
    await centre.beat("stranger", a_status(a_camera()), AT)
    assert [edge["id"] for edge in await edges(centre)] == [EDGE]


async def test_an_area_sees_its_edges_and_those_with_a_camera_in_it(centre: Centre) -> None:
    inside, beside = a_camera(), a_camera(id="pos", area=f"{VILLAGE}/RW03")
    await centre.beat(EDGE, a_status(inside, beside), AT)
    await centre.register("pos-2", "33.03.06")
    assert [edge["id"] for edge in await edges(centre)] == [EDGE, "pos-2"]
    (edge,) = await edges(centre, f"{VILLAGE}/RW02")
    assert [camera["id"] for camera in edge["cameras"]] == ["gerbang"]
    assert await edges(centre, f"{VILLAGE}/RW04") == []


async def test_consoles_are_told_of_a_heartbeat(centre: Centre) -> None:
    await centre.beat(EDGE, a_status(a_camera()), AT)
    assert await told(centre) == [("edge", {"id": EDGE})]


async def told(centre: Centre) -> list[tuple[str, dict[str, Any]]]:
    """What the feed holds."""
    async with centre.database.read() as connection:
        return [(kind, payload) for _, kind, payload in await feed.since(connection, 0, VILLAGE, 10)]


@pytest.mark.parametrize("fps", [4.97, 5.04])
async def test_a_heartbeat_that_shows_nothing_new_is_not_told(centre: Centre, fps: float) -> None:
    counts = CameraCounts(frames_decoded=100)
    await centre.beat(EDGE, a_status(a_camera(fps=5.0)), AT)
    await centre.beat(EDGE, a_status(a_camera(fps=fps, counts=counts)), AT + timedelta(seconds=20))
    assert len(await told(centre)) == 1
    (edge,) = await edges(centre)
    assert edge["seen_at"] == AT + timedelta(seconds=20)


@pytest.mark.parametrize(
    "status",
    [
        Status(online=False),
        a_status(a_camera(fps=4.0)),
        a_status(a_camera(fps=5.0, state="failed", reason="no answer")),
        a_status(a_camera(fps=5.0, troubles=["covered"])),
        a_status(a_camera(fps=5.0, group="main", mode="night")),
        a_status(a_camera(fps=5.0), outbox=OutboxStatus(events=1)),
        a_status(a_camera(fps=5.0), a_camera(id="pos")),
        a_status(a_camera(fps=5.0, id="pos")),
        a_status(a_camera(fps=5.0, name="Gerbang")),
        a_status(a_camera(fps=5.0, area="33.03.05.1005/RW03")),
        a_status(),
    ],
)
async def test_a_heartbeat_that_shows_something_new_is_told(centre: Centre, status: Status) -> None:
    await centre.beat(EDGE, a_status(a_camera(fps=5.0)), AT)
    await centre.beat(EDGE, status, AT + timedelta(seconds=20))
    assert len(await told(centre)) == 2


async def test_a_camera_that_its_edge_names_no_more_is_not_shown(centre: Centre) -> None:
    await centre.beat(EDGE, a_status(a_camera(), a_camera(id="pos", name="Pos")), AT)
    await centre.beat(EDGE, a_status(a_camera()), AT + timedelta(seconds=5))
    (edge,) = await edges(centre)
    assert [camera["id"] for camera in edge["cameras"]] == ["gerbang"]


async def test_group_mode_and_troubles_of_a_camera_are_noted(centre: Centre) -> None:
    camera = a_camera(group="blok-a", mode="mudik", troubles=["covered", "dark"])
    await centre.beat(EDGE, a_status(camera), AT)
    ((row,),) = [edge["cameras"] for edge in await edges(centre)]
    assert (row["group"], row["mode"], row["troubles"]) == ("blok-a", "mudik", ["covered", "dark"])


async def test_an_area_knows_which_groups_reach_beyond_it(centre: Centre) -> None:
    rw02, rw03 = f"{VILLAGE}/RW02", f"{VILLAGE}/RW03"
    inside, across = a_camera(id="a", area=rw02, group="a"), a_camera(id="b", area=rw02, group="b")
    await centre.beat(EDGE, a_status(inside, across, a_camera(id="c", area=rw03, group="b")), AT)
    assert [edge["beyond"] for edge in await edges(centre)] == [set()]
    assert [edge["beyond"] for edge in await edges(centre, rw02)] == [{"b"}]


async def test_counters_add_up_from_everywhere(centre: Centre) -> None:
    await asyncio.gather(*(centre.sink.count("refused", amount) for amount in range(1, 11)))
    await centre.sink.count("duplicates")
    async with centre.database.read() as connection:
        assert await fleet.counts(connection) == {"refused": 55, "duplicates": 1}
