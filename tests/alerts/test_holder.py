"""Who holds an incident hears of it when more happens, on both engines."""

import pytest

from alerts.cases.mutes import Mute
from alerts.people.roles import Role
from alerts.store import mutes
from alerts.telling.delivery import Delivery
from alerts.telling.escalation import Escalation
from core.ids import new_id
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.alerts.telling import Wire, a_person, settled, told
from tests.messages import AT, a_camera, a_status, an_event

RT = f"{VILLAGE}/RW02/RT04"
MINUTE = 60


class Night:
    """A camera in an RT whose head, Siti, has taken what it saw."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.worker = Escalation(centre.database, centre.bell, centre.clock)
        self.incident = ""

    async def begin(self) -> None:
        cameras = a_camera(area=RT), a_camera(id="jalan", name="Jalan", area=RT)
        await self.centre.sink.put_status(EDGE, a_status(*cameras), AT)
        self.siti = await a_person(self.centre, "siti", Role.RT, RT, "wire", "mail")
        await self.sees()
        (found,) = await self.centre.incidents("open")
        self.incident = found["id"]
        await settled(self.worker)

    async def sees(self, camera: str = "gerbang", severity: int = 2) -> None:
        event = an_event(id=new_id(), camera=camera, severity=severity, at=self.centre.clock.now(), seq=self._next())
        await self.centre.put(event)
        await settled(self.worker)

    async def taken(self) -> None:
        await self.centre.casework.acknowledge(self.siti, self.incident)
        await settled(self.worker)

    async def updates(self) -> list[tuple[str, str]]:
        return [(each.user, each.channel) for each in await told(self.centre, self.incident) if each.action == "update"]

    def _next(self) -> int:
        self._seq = getattr(self, "_seq", 0) + 1
        return self._seq


@pytest.fixture
async def night(centre: Centre) -> Night:
    night = Night(centre)
    await night.begin()
    return night


async def test_another_camera_is_news(night: Night) -> None:
    await night.taken()
    await night.sees("gerbang")
    assert await night.updates() == []  # the same camera goes on seeing it
    await night.sees("jalan")
    assert await night.updates() == [("siti", "wire")]


async def test_that_it_is_seen_again_after_a_pause_is_news(night: Night) -> None:
    await night.taken()
    for _ in range(4):
        night.centre.clock.advance(4 * MINUTE)
        await night.sees()
    assert await night.updates() == []
    night.centre.clock.advance(5 * MINUTE)
    await night.sees()
    assert len(await night.updates()) == 1


async def test_one_word_in_five_minutes_unless_it_became_graver(night: Night) -> None:
    await night.taken()
    await night.sees("jalan")
    await night.centre.put(an_event(id=new_id(), camera="kebun", at=night.centre.clock.now(), seq=90))
    assert len(await night.updates()) == 1
    await night.sees("jalan", severity=1)
    assert sorted(await night.updates()) == [("siti", "mail"), ("siti", "wire"), ("siti", "wire")]  # P1: every way


async def test_nobody_is_told_who_does_not_hold_it(night: Night) -> None:
    await night.sees("jalan")
    assert await night.updates() == []  # the ladder is at work


async def test_nobody_is_told_of_what_is_silenced(centre: Centre) -> None:
    quiet = Mute(
        id=new_id(),
        purpose="test",
        area=VILLAGE,
        since=AT,
        until=AT.replace(year=AT.year + 1),
        reason="uji",
        who="x",
        made_at=AT,
    )
    async with centre.database.write() as connection:
        await mutes.add(connection, quiet)
    night = Night(centre)
    await night.begin()
    await night.taken()
    await night.sees("jalan")
    assert await night.updates() == []


async def test_the_word_says_how_much_happened_and_offers_nothing_to_take(night: Night) -> None:
    await night.taken()
    await night.sees("jalan")
    wire = Wire()
    night.centre.notifiers = {"wire": wire}
    delivery = Delivery(night.centre.services)
    while await delivery.tick() == 0:
        pass
    said = [message for _, message in wire.sent if message.action == "update"]
    assert [(message.answer_url, message.body.split(":")[0]) for message in said] == [
        ("", "Kejadian yang Anda tangani bertambah")
    ]


async def test_it_stands_in_the_history(night: Night) -> None:
    await night.taken()
    await night.sees("jalan")
    found = await night.centre.desk.incident(night.siti, night.incident)
    assert found is not None
    assert [line["note"] for line in found["log"] if line["action"] == "told"][-1] == "siti"
