"""Edges that fall silent, and are heard again."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from alerts.boxes.outages import LOOK_S, SILENT, Outages
from alerts.cases.incident import Resolution
from core.clock import ManualClock
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.messages import a_camera, a_status, an_event

HEARTBEAT_S = 20
NEXT_DOOR = "33.03.05.1006"  # another village of the same district
FAR = "33.03.01.2001"  # of another one


class Watched:
    """Edges that report every 20 s as long as they live, and a centre that looks every 5 s."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.clock: ManualClock = centre.clock
        self.passed = 0.0
        self.hears = True
        self.living: dict[str, str] = {}
        self.outages = Outages(centre.database, centre.bell, centre.clock)

    async def live(self, edge: str, area: str = VILLAGE) -> None:
        await self.centre.register(edge, area)
        self.living[edge] = area

    async def go(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(int(seconds / LOOK_S)):
            if self.passed % HEARTBEAT_S == 0:
                for edge in self.living:
                    await self.centre.beat(edge, a_status(a_camera()), self.clock.now())
            self.clock.advance(LOOK_S)
            self.passed += LOOK_S
            if self.hears:
                await self.centre.sink.put_hearing(self.clock.now())
            await self.outages.look()

    async def told(self, which: str = "open") -> list[str]:
        return [found["kind"] for found in await self.centre.incidents(which)]


@pytest.fixture
async def watched(centre: Centre) -> Watched:
    watched = Watched(centre)
    await watched.live(EDGE)
    await watched.go(120)
    assert await watched.told() == []
    return watched


async def test_a_silent_edge_is_an_incident_within_90_seconds(watched: Watched) -> None:
    watched.living.clear()
    await watched.go(90)
    (found,) = await watched.centre.incidents("open")
    assert (found["kind"], found["severity"], found["source"]) == ("edge_silent", 2, "centre")
    await watched.go(600)
    assert len(await watched.told("all")) == 1


async def test_it_ends_by_itself_when_the_edge_is_heard_again(watched: Watched) -> None:
    watched.living.clear()
    await watched.go(90)
    await watched.live(EDGE)
    await watched.go(40)
    (found,) = await watched.centre.incidents("closed")
    assert (found["kind"], found["resolution"]) == ("edge_silent", "resolved")
    watched.living.clear()  # and it is another one when it happens again
    await watched.go(90)
    assert await watched.told() == ["edge_silent"]


async def test_what_a_person_has_closed_is_not_opened_again_for_the_same_silence(watched: Watched) -> None:
    watched.living.clear()
    await watched.go(90)
    (found,) = await watched.centre.incidents("open")
    admin = await watched.centre.user("admin")
    await watched.centre.casework.close(admin, found["id"], Resolution.FALSE, "listrik dimatikan pemilik")
    await watched.go(300)
    assert await watched.told() == []


async def test_edges_of_one_district_that_fall_silent_together_are_one_outage(watched: Watched) -> None:
    await watched.live("pos-2", f"{VILLAGE}/RW02/RT04")
    await watched.live("pos-3", NEXT_DOOR)
    await watched.live("pos-9", FAR)
    await watched.go(60)
    watched.living.clear()
    await watched.go(90)
    assert sorted(await watched.told()) == ["edge_silent", "edge_silent"]  # two districts
    await watched.live("pos-2", f"{VILLAGE}/RW02/RT04")
    await watched.go(60)
    assert len(await watched.told()) == 2  # others of the outage are still away
    await watched.live(EDGE)
    await watched.live("pos-3", NEXT_DOOR)
    await watched.go(60)
    assert len(await watched.told()) == 1


async def test_an_edge_that_fails_much_later_is_an_incident_of_its_own(watched: Watched) -> None:
    await watched.live("pos-3", NEXT_DOOR)
    await watched.go(60)
    del watched.living[EDGE]
    await watched.go(600)
    del watched.living["pos-3"]
    await watched.go(90)
    assert await watched.told() == ["edge_silent", "edge_silent"]


async def test_trouble_of_its_cameras_is_part_of_it(watched: Watched) -> None:
    watched.living.clear()
    await watched.go(90)
    await watched.centre.put(an_event(kind="silent", at=watched.clock.now()))
    assert await watched.told("all") == ["edge_silent"]


async def test_an_edge_that_was_never_heard_is_not_put_up_yet(watched: Watched) -> None:
    await watched.centre.register("pos-baru", FAR)
    await watched.go(300)
    assert await watched.told("all") == []


@pytest.mark.parametrize(
    "befall",
    [
        pytest.param(lambda watched: watched.clock.step_wall(7200), id="the clock was set two hours forward"),
        pytest.param(lambda watched: setattr(watched, "outages", again(watched)), id="the centre was away"),
    ],
)
async def test_no_edge_is_blamed_for_what_befell_the_centre(
    watched: Watched, befall: Callable[[Watched], None]
) -> None:
    befall(watched)
    await watched.go(300)
    assert await watched.told("all") == []


async def test_while_nothing_is_taken_in_nobody_is_silent_and_afterwards_who_stays_away(watched: Watched) -> None:
    await watched.live("pos-3", FAR)
    await watched.go(60)
    living, watched.living, watched.hears = watched.living, {}, False  # what edges send waits with the broker
    await watched.go(300)
    assert await watched.told("all") == []
    watched.living, watched.hears = {EDGE: living[EDGE]}, True
    await watched.go(60)
    assert await watched.told("all") == []
    await watched.go(30)
    assert await watched.told() == ["edge_silent"]
    watched.living["pos-3"] = living["pos-3"]
    await watched.go(40)
    assert await watched.told() == []


async def test_a_lag_shorter_than_a_gap_does_not_blame_those_who_wait_in_it(watched: Watched) -> None:
    living, watched.living, watched.hears = watched.living, {}, False
    await watched.go(15)
    watched.living, watched.hears = living, True
    await watched.go(120)
    assert await watched.told("all") == []


def again(watched: Watched) -> Outages:
    """A centre that starts after an hour in which it heard nothing."""
    watched.clock.advance(3600)
    return Outages(watched.centre.database, watched.centre.bell, watched.clock)


def test_three_heartbeats_fit_into_the_patience() -> None:
    assert timedelta(seconds=3 * HEARTBEAT_S) <= SILENT <= timedelta(seconds=90 - 2 * LOOK_S)
