"""A centre whose clock is set while an incident climbs its ladder: nobody waits for hours, nobody is told twice."""

from collections.abc import Callable

import pytest

from alerts.notifiers.base import DeliveryError
from alerts.people.roles import Role
from alerts.telling.delivery import Delivery
from alerts.telling.escalation import Escalation
from tests.alerts.centre import EDGE, VILLAGE, Centre, statements
from tests.alerts.telling import Wire, a_person, settled, told
from tests.messages import AT, a_camera, a_status, an_event

RW, RT = f"{VILLAGE}/RW02", f"{VILLAGE}/RW02/RT04"
TWO_HOURS_S = 7200.0


def a_worker(centre: Centre) -> Escalation:
    return Escalation(centre.database, centre.bell, centre.clock)


@pytest.fixture
async def workers(centre: Centre) -> list[Escalation]:
    """Two of them; the head of the RT is told at once, the head of the RW after two minutes, and again later."""
    await centre.beat(EDGE, a_status(a_camera(area=RT)), AT)
    await a_person(centre, "siti", Role.RT, RT, "wire")
    await a_person(centre, "wati", Role.RW, RW, "wire")
    workers = [a_worker(centre), a_worker(centre)]
    await centre.put(an_event(severity=2, at=centre.clock.now()))
    await all_settled(workers)
    return workers


async def all_settled(workers: list[Escalation]) -> None:
    for worker in workers:
        await settled(worker)


async def called(centre: Centre) -> list[str]:
    (incident,) = await centre.incidents("open")
    return [each.user for each in await told(centre, incident["id"]) if each.action == "trigger"]


@pytest.mark.parametrize("same", [True, False], ids=["while the centre runs", "while it was away"])
async def test_a_clock_set_back_holds_nobody_up(centre: Centre, workers: list[Escalation], same: bool) -> None:
    centre.clock.advance(60)
    centre.clock.step_wall(-TWO_HOURS_S)
    workers = workers if same else [a_worker(centre)]
    await all_settled(workers)
    assert await called(centre) == ["siti"]
    centre.clock.advance(119)
    await all_settled(workers)
    assert await called(centre) == ["siti"]
    centre.clock.advance(1)
    await all_settled(workers)
    assert await called(centre) == ["siti", "wati"]


async def test_each_step_is_given_its_time_anew_once(centre: Centre, workers: list[Escalation]) -> None:
    """Or a second worker, which has not looked since, would hold everybody up again."""
    one, other = workers
    centre.clock.step_wall(-TWO_HOURS_S)
    await settled(one)
    centre.clock.advance(100)
    await settled(other)
    centre.clock.advance(20)
    await settled(one)
    assert await called(centre) == ["siti", "wati"]


@pytest.mark.parametrize("move", [lambda clock: clock.advance(5), lambda clock: clock.step_wall(-9)])
async def test_a_clock_that_was_not_set_costs_nothing(
    centre: Centre, workers: list[Escalation], move: Callable[..., None]
) -> None:
    move(centre.clock)
    with statements(centre.database) as seen:
        await all_settled(workers)
    assert len(seen) == len(workers)


async def test_a_clock_set_forward_tells_everybody_once(centre: Centre, workers: list[Escalation]) -> None:
    centre.clock.step_wall(TWO_HOURS_S)
    await all_settled(workers)
    everybody = await called(centre)
    assert {"siti", "wati"} <= set(everybody)
    centre.clock.step_wall(-TWO_HOURS_S)
    await all_settled(workers)
    assert await called(centre) == everybody


async def test_a_message_that_failed_is_tried_again_within_a_minute(centre: Centre, workers: list[Escalation]) -> None:
    wire = Wire()
    wire.failures.append(DeliveryError("wire: try again later", permanent=False, retry_after_s=30))
    centre.notifiers["wire"] = wire
    delivery = Delivery(centre.services)
    await delivery.tick()
    await delivery.tick()
    assert not wire.failures
    assert not wire.sent
    centre.clock.step_wall(-TWO_HOURS_S)
    await all_settled(workers)
    centre.clock.advance(60)
    while await delivery.tick() == 0:
        pass
    assert [address for address, _ in wire.sent] == ["siti@wire"]
