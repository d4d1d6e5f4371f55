"""Orders to sirens as the centre keeps them: sent once, only while they hold, and answered once."""

from datetime import timedelta

import pytest

from alerts.boxes.sirens import HOLDS, Sirens
from core.events import Reply, Status
from core.ids import new_id
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.messages import AT, a_camera, a_status


@pytest.fixture
async def sirens(centre: Centre) -> Sirens:
    await centre.beat(EDGE, a_status(a_camera(area=VILLAGE)), AT)
    return Sirens(centre.database, centre.bell, centre.clock)


async def test_people_stop_a_siren_and_it_is_written_down(centre: Centre, sirens: Sirens) -> None:
    async with centre.client("ronda", f"{VILLAGE}/RW02") as far, centre.client("linmas", VILLAGE) as linmas:
        assert (await far.post(f"/api/v1/edges/{EDGE}/siren/stop")).status_code == 404
        answer = await linmas.post(f"/api/v1/edges/{EDGE}/siren/stop")
    assert (answer.status_code, answer.json()) == (202, {"stopping": EDGE})
    ((edge, command),) = await sirens.claimed()
    assert (edge, command.name, command.args["action"], command.args["incident"]) == (EDGE, "siren", "stop", "")
    assert await sirens.claimed() == []
    async with centre.client("admin") as admin:
        log = (await admin.get("/api/v1/changes?what=siren")).json()["changes"]
    assert [(line["by"] if "by" in line else line["user"], line["which"]) for line in log] == [("linmas-2", EDGE)]


async def test_an_edge_that_is_away_is_named_with_the_remedy(centre: Centre, sirens: Sirens) -> None:
    await centre.beat(EDGE, Status(online=False), AT)
    async with centre.client("linmas", VILLAGE) as linmas:
        answer = await linmas.post(f"/api/v1/edges/{EDGE}/siren/stop")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "edge_away")
    assert await sirens.claimed() == []


async def test_an_order_that_nobody_took_in_time_is_not_sent(centre: Centre, sirens: Sirens) -> None:
    await sirens.stop(await centre.user(), EDGE)
    centre.clock.advance((HOLDS + timedelta(seconds=1)).total_seconds())
    assert await sirens.claimed() == []


async def test_only_its_own_edge_answers_an_order_and_only_once(centre: Centre, sirens: Sirens) -> None:
    await centre.register("pos-2")
    await sirens.stop(await centre.user(), EDGE)
    ((_, command),) = await sirens.claimed()
    rings = centre.bell.rings
    await sirens.put_reply("pos-2", Reply(command=command.id, ok=True), AT)
    await sirens.put_reply(EDGE, Reply(command=new_id(), ok=True), AT)
    assert centre.bell.rings == rings
    await sirens.put_reply(EDGE, Reply(command=command.id, ok=True), AT)
    await sirens.put_reply(EDGE, Reply(command=command.id, ok=False, message="late"), AT)
    assert centre.bell.rings == rings + 1
