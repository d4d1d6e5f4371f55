"""Notifications on their way, on both engines: sent once, again where it may help, otherwise the next way is taken."""

import asyncio
from datetime import timedelta
from typing import ClassVar

import pytest

from alerts.notifiers.base import MAX_ATTEMPTS, DeliveryError, Message, Receipt
from alerts.people.roles import Role
from alerts.store import duty
from alerts.store.notifications import FAILED, SENT, WAITING
from alerts.telling.delivery import LEASE, Delivery
from alerts.telling.escalation import Escalation
from core.events import Media
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.alerts.telling import Wire, a_person, settled, told
from tests.messages import AT, JPEG, a_camera, a_status, an_event

RT = f"{VILLAGE}/RW02/RT04"
SOON = DeliveryError("wire: busy", permanent=False, retry_after_s=7.0)
NEVER = DeliveryError("wire: no such thing", permanent=True)
GONE = DeliveryError("wire: moved away", permanent=True, gone=True)


class Post(Wire):
    """A second channel."""

    channel: ClassVar[str] = "post"


class Broken(Wire):
    """A channel with a fault of its own."""

    async def send(self, address: str, message: Message) -> Receipt:
        raise RuntimeError("a fault with a secret in it")


@pytest.fixture
async def wire(centre: Centre) -> Wire:
    """The channels `wire` and `post`, and a head of the RT who can be reached."""
    await centre.beat(EDGE, a_status(a_camera(area=RT)), AT)
    wire = Wire()
    centre.notifiers |= {"wire": wire, "post": Post()}
    await a_person(centre, "siti", Role.RT, RT, "wire", "post")
    return wire


async def called(centre: Centre, severity: int = 2) -> str:
    """An incident whose first step is due, and done."""
    event = an_event(severity=severity, at=centre.clock.now())
    await centre.put(event)
    await centre.sink.put_media("snapshot", EDGE, event.id, centre.media.store("snapshot", JPEG))
    await settled(Escalation(centre.database, centre.bell, centre.clock))
    (incident,) = await centre.incidents("open")
    found: str = incident["id"]
    return found


async def delivered(centre: Centre) -> None:
    """Send everything that is due now."""
    worker = Delivery(centre.services)
    while await worker.tick() == 0:
        pass


async def test_a_message_says_what_where_and_when_and_carries_the_picture(centre: Centre, wire: Wire) -> None:
    incident = await called(centre)
    await delivered(centre)
    ((address, message),) = wire.sent
    assert address == "siti@wire"
    assert message.title == "P2 Masuk area terlarang · RT 04 / RW 02 · Bancar"
    assert message.body.startswith("Orang terlihat di Gerbang utama, 19.00 WIB.")
    assert (message.incident, message.action, message.picture) == (incident, "trigger", JPEG)
    assert message.url == f"{centre.url}/?kejadian={incident}"
    assert message.answer_url.startswith(f"{centre.url}/j/{message.id}_")
    (row,) = await told(centre, incident)
    assert (row.state, row.provider_id, row.sent_at, row.attempts) == (SENT, "wire-1", centre.clock.now(), 1)


async def test_a_busy_channel_is_tried_again_when_it_asks_for_it(centre: Centre, wire: Wire) -> None:
    wire.failures = [SOON]
    incident = await called(centre)
    await delivered(centre)
    (row,) = await told(centre, incident)
    assert (row.state, row.error, row.due_at) == (WAITING, "wire: busy", centre.clock.now() + timedelta(seconds=7))
    centre.clock.advance(7)
    await delivered(centre)
    assert [message.id for _, message in wire.sent] == [row.id]  # the same id, so that a receiver can drop a repeat


async def test_after_too_many_tries_the_next_channel_is_taken(centre: Centre, wire: Wire) -> None:
    wire.failures = [SOON] * MAX_ATTEMPTS
    incident = await called(centre)
    for _ in range(MAX_ATTEMPTS):
        await delivered(centre)
        centre.clock.advance(100)
    await delivered(centre)
    assert [(each.channel, each.state) for each in await told(centre, incident)] == [("wire", FAILED), ("post", SENT)]


async def test_a_dead_address_is_forgotten(centre: Centre, wire: Wire) -> None:
    wire.failures = [GONE]
    await called(centre)
    await delivered(centre)
    async with centre.database.read() as connection:
        (siti,) = await duty.named_people(connection, ["siti"])
    assert [way.channel for way in siti.channels] == ["post"]


async def test_with_no_way_left_the_next_step_is_due_at_once(centre: Centre, wire: Wire) -> None:
    wire.failures = [NEVER]
    await a_person(centre, "wati", Role.RW, f"{VILLAGE}/RW02", "wire")
    centre.notifiers.pop("post")
    incident = await called(centre)
    await delivered(centre)
    await settled(Escalation(centre.database, centre.bell, centre.clock))
    await delivered(centre)
    assert [(each.user, each.channel, each.state) for each in await told(centre, incident)] == [
        ("siti", "wire", FAILED),
        ("siti", "post", FAILED),
        ("wati", "wire", SENT),
    ]


async def test_a_fault_of_a_channel_stops_no_other_and_tells_no_secret(
    centre: Centre, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    centre.notifiers["wire"] = Broken()
    await a_person(centre, "joko", Role.RT, RT, "post")
    incident = await called(centre)
    await delivered(centre)
    rows = {each.user: each for each in await told(centre, incident)}
    assert (rows["joko"].state, rows["siti"].state, rows["siti"].error) == (SENT, WAITING, "unexpected: RuntimeError")


async def test_a_worker_that_dies_while_sending_leaves_it_to_the_next_when_the_lease_is_over(
    centre: Centre, wire: Wire
) -> None:
    class Hanging(Wire):
        async def send(self, address: str, message: Message) -> Receipt:
            await asyncio.Event().wait()
            raise AssertionError

    centre.notifiers["wire"] = Hanging()
    incident = await called(centre)
    dying = asyncio.create_task(Delivery(centre.services).tick())
    await asyncio.sleep(0.2)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    centre.notifiers["wire"] = wire
    await delivered(centre)
    assert wire.sent == []
    centre.clock.advance(LEASE.total_seconds())
    await delivered(centre)
    assert len(wire.sent) == 1
    assert [each.state for each in await told(centre, incident)] == [SENT]


@pytest.mark.parametrize("workers", [2, 4])
async def test_any_number_of_workers_sends_each_message_once(centre: Centre, wire: Wire, workers: int) -> None:
    for number in range(12):
        await a_person(centre, f"warga-{number}", Role.RT, RT, "wire")
    await called(centre, severity=1)
    team = [Delivery(centre.services) for _ in range(workers)]

    async def work(worker: Delivery) -> None:
        while await worker.tick() == 0:
            pass

    await asyncio.gather(*(work(each) for each in team))
    addresses = [address for address, _ in wire.sent]
    assert len(addresses) == len(set(addresses)) == 13


async def test_a_picture_that_is_gone_from_the_disk_keeps_no_message_back(centre: Centre, wire: Wire) -> None:
    await called(centre)
    centre.media.path("snapshot", Media.of(JPEG).sha256).unlink()
    await delivered(centre)
    ((_, message),) = wire.sent
    assert message.picture is None
