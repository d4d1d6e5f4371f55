"""Who holds an incident hears of it when more happens, on both engines."""

from typing import Any

import pytest

from alerts.cases.mutes import Mute
from alerts.neighbours.residents import Residents
from alerts.neighbours.residents import Told as Reported
from alerts.notifiers.base import DeliveryError, Message
from alerts.people.roles import Role
from alerts.store import mutes
from alerts.store.notifications import FAILED, SENT
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

    async def begin(self, score: float = 0.8) -> None:
        cameras = [a_camera(id=each, area=RT) for each in ("gerbang", "jalan", "kebun", "pos")]
        await self.centre.beat(EDGE, a_status(*cameras), AT)
        self.siti = await a_person(self.centre, "siti", Role.RT, RT, "wire", "mail")
        await self.sees(score=score)
        (found,) = await self.centre.incidents("open")
        self.incident = found["id"]
        await settled(self.worker)

    async def sees(self, camera: str = "gerbang", severity: int = 2, **changes: Any) -> None:
        now = self.centre.clock.now()
        event = an_event(id=new_id(), camera=camera, severity=severity, at=now, seq=self._next(), **changes)
        await self.centre.put(event)
        await settled(self.worker)

    async def taken(self) -> None:
        await self.centre.casework.acknowledge(self.siti, self.incident)
        await settled(self.worker)

    def over(self, *channels: str) -> Wire:
        """Let messages go out over one wire from now on, whatever the channel."""
        wire = Wire()
        self.centre.notifiers = dict.fromkeys(channels, wire)
        return wire

    async def delivered(self) -> None:
        delivery = Delivery(self.centre.services)
        while await delivery.tick() == 0:
            pass

    async def ladder(self) -> list[tuple[str, str | None]]:
        found = await self.centre.desk.incident(self.siti, self.incident)
        return [(step["state"], step["due_at"]) for step in found["ladder"]] if found else []

    async def updates(self) -> list[tuple[str, str]]:
        return [(each.user, each.channel) for each in await told(self.centre, self.incident) if each.action == "update"]

    def _next(self) -> int:
        self._seq = getattr(self, "_seq", 0) + 1
        return self._seq


def said(wire: Wire) -> list[Message]:
    """What went out to who holds it."""
    return [message for _, message in wire.sent if message.action == "update"]


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


async def test_another_kind_of_event_is_news_once(night: Night) -> None:
    await night.taken()
    wire = night.over("wire")
    for _ in range(3):
        await night.sees(kind="loitering")
        await night.delivered()
        night.centre.clock.advance(4 * MINUTE)
    assert len(said(wire)) == 1


async def test_that_somebody_is_seen_for_sure_is_news(centre: Centre) -> None:
    night = Night(centre)
    await night.begin(score=0.4)
    await night.taken()
    await night.sees(score=0.45)
    assert await night.updates() == []
    await night.sees(score=0.8)
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


async def test_a_second_word_waits_for_five_minutes_and_says_all_by_then(night: Night) -> None:
    await night.taken()
    wire = night.over("wire")
    await night.sees("jalan")
    await night.delivered()
    for camera in ("kebun", "pos"):
        night.centre.clock.advance(MINUTE)
        await night.sees(camera)
        await night.delivered()
    assert len(said(wire)) == 1
    night.centre.clock.advance(3 * MINUTE)
    await night.delivered()
    counts = [message.body.split(": ")[1].split(",")[0] for message in said(wire)]
    assert counts == ["2 peristiwa", "4 peristiwa"]


async def test_what_became_graver_does_not_wait(night: Night) -> None:
    await night.taken()
    wire = night.over("wire", "mail")
    await night.sees("jalan")
    await night.delivered()
    await night.sees("kebun")  # this word waits, and is never sent
    await night.sees("jalan", severity=1)
    assert sorted(await night.updates()) == [("siti", "mail"), ("siti", "wire"), ("siti", "wire")]  # P1: every way
    await night.delivered()
    assert len(said(wire)) == 3


async def test_what_waits_for_who_held_it_is_not_sent_to_who_holds_it_no_more(night: Night) -> None:
    await night.taken()
    night.over("wire")
    await night.sees("jalan")
    await night.delivered()
    await night.sees("kebun")
    await night.centre.casework.release(night.siti, night.incident, "")
    states = [each.state for each in await told(night.centre, night.incident) if each.action == "update"]
    assert states == [SENT, FAILED]


async def test_who_sent_somebody_without_taking_it_hears_of_more(night: Night) -> None:
    await night.centre.casework.dispatch(night.siti, night.incident, "ronda", "")
    await night.sees("jalan")
    assert await night.updates() == [("siti", "wire")]


async def test_a_report_is_news_also_of_who_has_reported_it_before(night: Night) -> None:
    await night.taken()
    warga = await a_person(night.centre, "warga", Role.RESIDENT, RT)
    residents = Residents(night.centre.database, night.centre.bell, night.centre.clock)
    for _ in range(2):
        await residents.report(warga, Reported(id=new_id(), kind="thief", urgent=False, area=RT))
        assert len(await night.updates()) == 1
        night.centre.clock.advance(2)


async def test_what_was_seen_already_is_told_once(night: Night) -> None:
    await night.taken()
    event = an_event(id=new_id(), camera="jalan", at=night.centre.clock.now(), seq=50)
    for _ in range(3):
        await night.centre.put(event)
    assert len(await night.updates()) == 1


async def test_a_word_that_cannot_be_delivered_takes_the_next_way(night: Night) -> None:
    await night.taken()
    wire = night.over("wire", "mail")
    await night.delivered()  # what called her
    wire.failures.append(DeliveryError("gone for good", permanent=True))
    await night.sees("jalan")
    await night.delivered()
    assert await night.updates() == [("siti", "wire"), ("siti", "mail")]
    assert len(said(wire)) == 1


async def test_it_changes_no_ladder(night: Night) -> None:
    await night.taken()
    before = await night.ladder()
    await night.sees("jalan")
    assert await night.ladder() == before


async def test_trouble_of_a_camera_that_comes_and_goes_is_no_news(centre: Centre) -> None:
    night = Night(centre)
    await night.begin()
    await centre.put(an_event(id=new_id(), kind="dark", at=centre.clock.now(), seq=70))
    (trouble,) = [each for each in await centre.incidents("open") if each["kind"] == "dark"]
    await centre.casework.acknowledge(night.siti, trouble["id"])
    centre.clock.advance(10 * MINUTE)
    await centre.put(an_event(id=new_id(), kind="frozen", at=centre.clock.now(), seq=71))
    assert [each for each in await told(centre, trouble["id"]) if each.action == "update"] == []


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
    wire = night.over("wire")
    await night.sees("jalan")
    await night.delivered()
    assert [(message.answer_url, message.body.split(":")[0]) for message in said(wire)] == [
        ("", "Kejadian yang Anda tangani bertambah")
    ]


async def test_the_console_shows_it_among_what_was_told(night: Night) -> None:
    await night.taken()
    await night.sees("jalan")
    found = await night.centre.desk.incident(night.siti, night.incident)
    assert found is not None
    assert [(each["user"], each["state"]) for each in found["told"] if each["action"] == "update"] == [
        ("siti", "waiting")
    ]


async def test_an_operator_has_it_on_the_console_at_once(night: Night) -> None:
    operator = await a_person(night.centre, "budi", Role.OPERATOR, VILLAGE)
    await night.centre.casework.acknowledge(operator, night.incident)
    for camera in ("jalan", "kebun"):
        await night.sees(camera)
    assert await night.updates() == [("budi", "console")]
