"""What people see of incidents, within their area."""

from datetime import timedelta
from typing import Any

import pytest

from alerts.cases.incident import Resolution
from alerts.store import feed
from core.events import Media
from tests.alerts.centre import EDGE, VILLAGE, Centre, statements
from tests.messages import AT, JPEG, a_camera, a_status, an_event

RW02, RW03 = f"{VILLAGE}/RW02", f"{VILLAGE}/RW03"


@pytest.fixture
async def busy(centre: Centre) -> Centre:
    """With an open incident in RW02 (severity 2) and one in RW03 (severity 1)."""
    await centre.beat(EDGE, a_status(a_camera(), a_camera(id="pos", name="Pos", area=RW03)), AT)
    await centre.put(an_event(), an_event(camera="pos", severity=1))
    return centre


async def the_incident(centre: Centre, camera: str = "gerbang") -> dict[str, Any]:
    return next(each for each in await centre.incidents() if each["camera"]["id"] == camera)


async def test_the_gravest_stands_first_then_the_newest(busy: Centre) -> None:
    busy.clock.advance(60)
    await busy.put(an_event(kind="dark", rule="health", at=busy.clock.now()))
    found = await busy.incidents("open")
    assert [(each["severity"], each["rule"]) for each in found] == [(1, "halaman"), (2, "health"), (2, "halaman")]


async def test_the_queue_says_where_the_feed_goes_on(busy: Centre) -> None:
    answer = await busy.desk.queue(await busy.user(), "open", 10)
    async with busy.database.read() as connection:
        assert answer["feed"] == await feed.last(connection)


async def test_the_queue_can_be_limited(busy: Centre) -> None:
    assert len((await busy.desk.queue(await busy.user(), "open", 1))["incidents"]) == 1


@pytest.mark.parametrize(
    ("area", "cameras"),
    [
        ("33.03", ["gerbang", "pos"]),
        (VILLAGE, ["gerbang", "pos"]),
        (RW02, ["gerbang"]),
        (f"{RW02}/RT04", []),
        (f"{VILLAGE}/RW021", []),
        ("33.03.06", []),
    ],
)
async def test_everybody_sees_their_own_area(busy: Centre, area: str, cameras: list[str]) -> None:
    user = await busy.user(area=area)
    found = (await busy.desk.queue(user, "all", 10))["incidents"]
    assert sorted(each["camera"]["id"] for each in found) == cameras
    for camera in ("gerbang", "pos"):
        detail = await busy.desk.incident(user, (await the_incident(busy, camera))["id"])
        assert (detail is not None) == (camera in cameras)


async def test_the_queue_asks_the_database_as_often_for_many_as_for_few(busy: Centre) -> None:
    user = await busy.user()
    with statements(busy.database) as few:
        await busy.desk.queue(user, "all", 1000)
    start = AT + timedelta(days=1)
    busy.clock.advance(86400 * 7)
    for number in range(7):  # seven a time: fewer than make a flood
        busy.clock.advance(3600)
        await busy.put(*(an_event(camera=f"kamera-{n}", at=start + timedelta(hours=7 * number + n)) for n in range(7)))
    with statements(busy.database) as many:
        assert len((await busy.desk.queue(user, "all", 1000))["incidents"]) == 2 + 7 * 7
    assert len(many) == len(few) <= 3


async def test_an_incident_is_shown_with_its_events_and_its_history(busy: Centre) -> None:
    last = an_event()
    await busy.put(last)
    await busy.sink.put_media("snapshot", EDGE, last.id, Media.of(JPEG))
    user, incident = await busy.user(), await the_incident(busy)
    with statements(busy.database) as asked:
        detail = await busy.desk.incident(user, incident["id"])
    assert detail and detail["incident"] == incident
    assert [(each["snapshot"], each["clip"]) for each in detail["events"]] == [(True, False), (False, False)]
    assert detail["events"][0]["id"] == last.id
    assert [(line["action"], line["who"]) for line in detail["log"]] == [("opened", None)]
    assert [(each["id"], each["name"]) for each in detail["cameras"]] == [("gerbang", "Gerbang utama")]
    assert {step["id"] for step in detail["procedure"]} >= {"look", "judge"}
    assert {step["state"] for step in detail["ladder"]} == {"waiting", "held"}
    assert (detail["told"], detail["earlier"]) == ([], [])
    assert len(asked) <= 14


async def test_an_incident_shows_what_was_there_before(busy: Centre) -> None:
    user, first = await busy.user(), await the_incident(busy)
    await busy.casework.close(user, first["id"], Resolution.FALSE, "")
    busy.clock.advance(86400)
    await busy.put(an_event(at=busy.clock.now()))
    second = max(await busy.incidents("open"), key=lambda each: each["number"])
    detail = await busy.desk.incident(user, second["id"])
    assert detail
    assert [(each["id"], each["resolution"], each["why"]) for each in detail["earlier"]] == [
        (first["id"], "false", "camera")
    ]


async def test_nobody_changes_what_lies_outside_their_area(busy: Centre) -> None:
    user, incident = await busy.user(area=RW03), await the_incident(busy)
    assert await busy.casework.acknowledge(user, incident["id"]) is None
    assert await busy.casework.close(user, incident["id"], Resolution.TEST, "") is None
    assert await the_incident(busy) == incident


async def test_the_closed_are_listed_the_last_closed_first(busy: Centre) -> None:
    user = await busy.user()
    for camera in ("pos", "gerbang"):
        busy.clock.advance(1)
        await busy.casework.close(user, (await the_incident(busy, camera))["id"], Resolution.FALSE, "")
    assert [each["camera"]["id"] for each in await busy.incidents("closed")] == ["gerbang", "pos"]
    assert await busy.incidents("open") == []


async def test_media_are_found_by_those_who_see_their_incident(busy: Centre) -> None:
    event, picture = an_event(), Media.of(JPEG)
    await busy.put(event)
    await busy.sink.put_media("snapshot", EDGE, event.id, picture)
    inside, outside = await busy.user(area=RW02), await busy.user(area=RW03)
    assert await busy.desk.media(inside, event.id, "snapshot") == picture.sha256
    assert await busy.desk.media(inside, event.id, "clip") is None
    assert await busy.desk.media(inside, an_event().id, "snapshot") is None
    assert await busy.desk.media(outside, event.id, "snapshot") is None


async def test_edges_are_shown_within_the_area(busy: Centre) -> None:
    (edge,) = await busy.desk.edges(await busy.user(area=RW03))
    assert (edge["name"], edge["area_name"], edge["online"]) == (f"Edge {EDGE}", "Bancar", True)
    assert [camera["name"] for camera in edge["cameras"]] == ["Pos"]
    assert await busy.desk.edges(await busy.user(area="33.03.06")) == []
