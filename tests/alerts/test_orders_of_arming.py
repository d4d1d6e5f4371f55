"""Orders to edges: they wait until the edge has answered, nothing loses them, and everybody is told."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from alerts.boxes import arming as arming_module
from alerts.boxes.arming import Arming, BeyondArea
from alerts.store import feed, orders
from core.events import Command, Reply, Status
from core.ids import new_id
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.messages import AT, a_camera, a_status

GROUP = "blok-a"
BEAT = timedelta(seconds=20)


@pytest.fixture
def arming(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> Arming:
    monkeypatch.setattr(arming_module, "LOOK_S", 0.0)
    return Arming(centre.database, centre.bell, centre.clock)


async def beat(centre: Centre, mode: str = "armed", **changes: Any) -> None:
    """A heartbeat of the edge, 20 s after the last one."""
    centre.clock.advance(BEAT.total_seconds())
    now = centre.clock.now()
    camera = a_camera(group=GROUP, mode=mode)
    await centre.beat(EDGE, a_status(camera, **{"at": now, **changes}), now)


async def shown(centre: Centre) -> dict[str, Any]:
    """The group as consoles show it."""
    found: dict[str, Any]
    (found,) = [group for edge in await centre.desk.edges(await centre.user()) for group in edge["groups"]]
    return found


async def wish(centre: Centre, arming: Arming, mode: Any) -> dict[str, Any] | None:
    return await arming.order(await centre.user(), EDGE, GROUP, mode)


async def log_of(centre: Centre) -> list[tuple[str, str, str]]:
    async with centre.database.read() as connection:
        lines = await orders.history(connection, EDGE, GROUP)
    return [(line["action"], line["mode"], line["who"]) for line in reversed(lines)]


async def told(centre: Centre) -> int:
    async with centre.database.read() as connection:
        return await feed.last(connection)


async def due(arming: Arming) -> list[Command]:
    commands = await arming.due()
    assert {edge for edge, _ in commands} <= {EDGE}
    return [command for _, command in commands]


async def test_an_order_is_sent_at_once_and_only_once(centre: Centre, arming: Arming) -> None:
    await beat(centre)
    await wish(centre, arming, "night")
    (command,) = await due(arming)
    assert (command.name, command.args) == ("arm", {"group": GROUP, "mode": "night"})
    assert await due(arming) == []


async def test_an_answer_ends_the_waiting_and_shows_the_new_mode(centre: Centre, arming: Arming) -> None:
    await beat(centre)
    view = await wish(centre, arming, "night")
    assert view and (view["mode"], view["wanted"]["mode"], view["wanted"]["by"]) == ("armed", "night", "Operator-1")
    (command,) = await due(arming)
    before = await told(centre)
    await arming.put_reply(EDGE, Reply(command=command.id, ok=True), centre.clock.now())
    assert await told(centre) == before + 1
    group = await shown(centre)
    assert (group["mode"], group["wanted"], group["refused"]) == ("night", None, None)
    assert await log_of(centre) == [("given", "night", "Operator-1"), ("taken", "night", "system")]


async def test_an_edge_that_is_away_gets_its_order_when_it_is_back(centre: Centre, arming: Arming) -> None:
    await beat(centre)
    await centre.beat(EDGE, Status(online=False), centre.clock.now())
    await wish(centre, arming, "mudik")
    assert await due(arming) == []
    await beat(centre)
    (command,) = await due(arming)
    assert command.args["mode"] == "mudik"


async def test_an_order_that_is_not_answered_is_sent_with_every_heartbeat(centre: Centre, arming: Arming) -> None:
    await beat(centre)
    await wish(centre, arming, "night")
    first = await due(arming)
    for _ in range(2):
        await beat(centre)
        assert await due(arming) == first
    await arming.put_reply(EDGE, Reply(command=first[0].id, ok=True), centre.clock.now())
    await beat(centre, "night")
    assert await due(arming) == []


async def test_a_restart_of_the_centre_loses_no_order(centre: Centre, arming: Arming) -> None:
    await beat(centre)
    await wish(centre, arming, "night")
    restarted = Arming(centre.database, centre.bell, centre.clock)
    (command,) = await due(restarted)  # given, and not yet sent
    restarted = Arming(centre.database, centre.bell, centre.clock)
    await beat(centre)
    assert await due(restarted) == [command]  # sent, and not yet answered


async def test_a_refusal_ends_the_waiting_and_says_why(
    centre: Centre, arming: Arming, caplog: pytest.LogCaptureFixture
) -> None:
    await beat(centre)
    await wish(centre, arming, "night")
    (command,) = await due(arming)
    await arming.put_reply(EDGE, Reply(command=command.id, ok=False, message="no such group"), centre.clock.now())
    group = await shown(centre)
    assert (group["mode"], group["wanted"], group["refused"]["reason"]) == ("armed", None, "no such group")
    assert "does not put group blok-a into mode night: no such group" in caplog.text
    await beat(centre)
    assert await due(arming) == []
    await wish(centre, arming, "night")
    assert [again.args for again in await due(arming)] == [command.args]
    assert (await shown(centre))["refused"] is None


async def test_a_refusal_without_a_word_is_still_shown(centre: Centre, arming: Arming) -> None:
    await beat(centre)
    await wish(centre, arming, "night")
    (command,) = await due(arming)
    await arming.put_reply(EDGE, Reply(command=command.id, ok=False), centre.clock.now())
    assert (await shown(centre))["refused"]["reason"] == "the edge gives no reason"


async def test_a_heartbeat_in_the_wanted_mode_ends_the_waiting(centre: Centre, arming: Arming) -> None:
    await beat(centre)
    await centre.beat(EDGE, Status(online=False), centre.clock.now())
    await wish(centre, arming, "night")
    await beat(centre, "night")
    assert await due(arming) == []
    assert (await shown(centre))["wanted"] is None
    assert (await log_of(centre))[-1] == ("taken", "night", "system")


async def test_the_newest_order_takes_the_place_of_the_older_and_of_its_answer(centre: Centre, arming: Arming) -> None:
    await beat(centre)
    await wish(centre, arming, "night")
    (older,) = await due(arming)
    await wish(centre, arming, "armed")
    await arming.put_reply(EDGE, Reply(command=older.id, ok=True), centre.clock.now())
    assert (await shown(centre))["wanted"]["mode"] == "armed"
    (newer,) = await due(arming)
    assert newer.args["mode"] == "armed" and newer.id != older.id


async def test_the_same_wish_twice_is_one(centre: Centre, arming: Arming) -> None:
    await beat(centre)
    await wish(centre, arming, "night")
    before = await told(centre)
    view = await wish(centre, arming, "night")
    assert view and view["wanted"]["by"] == "Operator-1"
    assert (await told(centre), len(await due(arming)), len(await log_of(centre))) == (before, 1, 1)


async def test_a_later_change_at_the_edge_is_simply_shown(centre: Centre, arming: Arming) -> None:
    await beat(centre)
    await wish(centre, arming, "night")
    (command,) = await due(arming)
    await arming.put_reply(EDGE, Reply(command=command.id, ok=True), centre.clock.now())
    await beat(centre, "disarmed")
    group = await shown(centre)
    assert (group["mode"], group["wanted"]) == ("disarmed", None)
    assert await due(arming) == []


async def test_an_answer_to_something_else_changes_nothing(centre: Centre, arming: Arming) -> None:
    await beat(centre)
    await wish(centre, arming, "night")
    (command,) = await due(arming)
    before = await told(centre)
    await centre.register("pos-2")
    await arming.put_reply("pos-2", Reply(command=command.id, ok=True), AT)  # of another edge
    await arming.put_reply(EDGE, Reply(command=new_id(), ok=True), AT)
    assert (await told(centre), (await shown(centre))["wanted"]["mode"]) == (before, "night")


async def test_who_wanted_it_stands_in_the_log(
    centre: Centre, arming: Arming, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await beat(centre)
    await wish(centre, arming, "disarmed")
    assert "operator-1 wants group blok-a of edge pos-1 in mode disarmed" in caplog.text


async def test_nobody_changes_a_group_with_cameras_that_they_may_not_see(centre: Centre, arming: Arming) -> None:
    rw02, rw03 = f"{VILLAGE}/RW02", f"{VILLAGE}/RW03"
    cameras = [a_camera(id=area[-2:], area=area, group=GROUP, mode="armed") for area in (rw02, rw03)]
    await centre.beat(EDGE, a_status(*cameras), AT)
    with pytest.raises(BeyondArea, match="blok-a"):
        await arming.order(await centre.user(area=rw02), EDGE, GROUP, "disarmed")
    assert await arming.order(await centre.user(area=f"{VILLAGE}/RW04"), EDGE, GROUP, "disarmed") is None
    assert await due(arming) == []
    assert await arming.order(await centre.user(area=VILLAGE), EDGE, GROUP, "disarmed")
