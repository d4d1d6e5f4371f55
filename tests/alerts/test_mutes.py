"""What stays quiet, for how long, and what never does."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.cases.mutes import LONGEST, Mute, check, muted_by
from alerts.cases.quiet import close_outlived
from alerts.cases.signal import Signal
from alerts.store import mutes as store
from alerts.store.schema import incidents
from core.errors import EkamlingError
from tests.alerts.centre import EDGE, Centre
from tests.alerts.signals import RT, VILLAGE, a_mute, a_report, a_signal, a_silent_edge
from tests.messages import AT, a_camera, a_status, an_event

HOUR = timedelta(hours=1)


def hears(signal: Signal, **changes: Any) -> bool:
    """Whether people hear of a signal although there is such a silence."""
    return muted_by(signal, [a_mute(**changes)], signal.at) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"reason": "  abc "}, "needs a reason"),
        ({"until": AT}, "needs an end"),
        ({"since": AT - 2 * HOUR, "until": AT - HOUR}, "still to come"),
        ({"until": AT + LONGEST + timedelta(seconds=1)}, "7 days at most"),
        ({"camera": "gerbang"}, "names its edge"),
        ({"area": "Bancar"}, "is not a code"),
    ],
)
def test_a_silence_that_nobody_may_make_is_refused_in_one_line(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(EkamlingError, match=why) as refused:
        check(a_mute(**changes))
    assert "\n" not in str(refused.value)


def test_a_week_with_a_reason_is_a_silence() -> None:
    week = a_mute(until=AT + LONGEST)
    assert check(week) is week


def test_a_silence_holds_from_its_first_moment_to_before_its_last() -> None:
    assert [hears(a_signal(seconds)) for seconds in (-1, 0, 3599, 3600)] == [True, False, False, True]
    assert [hears(a_signal(seconds), ended_at=AT + timedelta(seconds=60)) for seconds in (59, 60)] == [False, True]


@pytest.mark.parametrize(
    ("place", "quiet"),
    [
        ({"area": VILLAGE}, True),
        ({"area": RT}, True),
        ({"area": f"{VILLAGE}/RW02/RT05"}, False),
        ({"area": f"{RT[:-1]}"}, False),
        ({"edge": "pos-1"}, True),
        ({"edge": "pos-2"}, False),
        ({"edge": "pos-1", "camera": "gerbang"}, True),
        ({"edge": "pos-1", "camera": "pos"}, False),
        ({"edge": "pos-1", "camera": "gerbang", "area": "33.03.06"}, False),
    ],
)
def test_a_silence_is_of_its_place(place: dict[str, str], quiet: bool) -> None:
    assert hears(a_signal(), **place) is not quiet


def test_all_kinds_leaves_the_gravest_through_which_only_its_name_silences() -> None:
    assert [hears(a_signal(severity=severity)) for severity in (1, 2, 3)] == [True, False, False]
    assert not hears(a_signal(severity=1), kind="intrusion")
    assert hears(a_signal(severity=3), kind="loitering")


def test_a_test_keeps_the_gravest_quiet_too() -> None:
    assert not hears(a_signal(severity=1), purpose="test")
    assert hears(a_signal(severity=1), purpose="test", kind="loitering")


@pytest.mark.parametrize("purpose", ["silence", "test"])
@pytest.mark.parametrize("kind", ["", "thief"])
def test_what_people_report_themselves_is_never_silenced(purpose: str, kind: str) -> None:
    assert hears(a_report("thief"), purpose=purpose, kind=kind)


def test_a_silent_edge_may_be_silenced_with_its_edge() -> None:
    assert not hears(a_silent_edge(), edge="pos-1")
    assert hears(a_silent_edge(), edge="pos-1", camera="gerbang")


def test_a_test_comes_before_a_silence() -> None:
    both = [a_mute(), a_mute(purpose="test"), a_mute()]
    assert muted_by(a_signal(), both, AT) is both[1]
    assert muted_by(a_signal(), both[::-1], AT) is both[1]


@given(
    st.lists(st.builds(a_mute, kind=st.sampled_from(["", "intrusion"]), purpose=st.sampled_from(["silence", "test"]))),
    st.randoms(use_true_random=False),
)
def test_the_order_of_silences_does_not_matter(mutes: list[Mute], random: Random) -> None:
    shuffled = random.sample(mutes, len(mutes))
    assert muted_by(a_signal(), mutes, AT) == muted_by(a_signal(), shuffled, AT)


# in the database


async def add(centre: Centre, mute: Mute) -> Mute:
    async with centre.database.write() as connection:
        await store.add(connection, mute)
    return mute


async def listed(centre: Centre, area: str) -> list[Mute]:
    async with centre.database.read() as connection:
        return await store.listed(connection, area, centre.clock.now())


async def put(centre: Centre, **changes: Any) -> None:
    """An event of the gate in the RT, now."""
    await centre.beat(EDGE, a_status(a_camera(area=RT)), AT)
    await centre.put(an_event(at=centre.clock.now(), **changes))


async def quiet_ones(centre: Centre) -> list[dict[str, Any]]:
    async with centre.database.read() as connection:
        rows = await connection.execute(incidents.select().where(incidents.c.quiet.is_not(None)))
        return [dict(row) for row in rows.mappings()]


async def test_a_silence_is_listed_as_it_was_made_until_it_is_over(centre: Centre) -> None:
    late, soon = (
        await add(centre, a_mute(until=AT + 2 * HOUR)),
        await add(centre, a_mute(area=RT, camera="g", edge="e")),
    )
    assert await listed(centre, "33.03") == [soon, late]
    assert await listed(centre, RT) == [soon]
    assert await listed(centre, "33.04") == []
    centre.clock.advance(3600)
    assert await listed(centre, "33.03") == [late]


async def test_a_silence_is_ended_once_and_by_those_of_its_place(centre: Centre) -> None:
    mute = await add(centre, a_mute())
    centre.clock.advance(60)
    now = centre.clock.now()

    async def end(area: str) -> Mute | None:
        async with centre.database.write() as connection:
            return await store.end(connection, mute.id, area, now)

    assert await end(RT) is None
    assert await end("33.03") == replace(mute, ended_at=now)
    assert await end("33.03") is None
    assert await listed(centre, "33.03") == []


async def test_what_comes_during_a_silence_is_kept_and_shown_to_nobody(centre: Centre) -> None:
    mute = await add(centre, a_mute())
    await put(centre)
    assert await centre.incidents() == []
    (incident,) = await quiet_ones(centre)
    assert (incident["quiet"], incident["test"], incident["event_count"]) == (mute.id, False, 1)
    async with centre.database.read() as connection:
        assert await store.outlived(connection, AT) == []


async def test_what_comes_during_a_test_is_shown_as_one(centre: Centre) -> None:
    await add(centre, a_mute(purpose="test"))
    await put(centre, severity=1)
    (incident,) = await centre.incidents()
    assert (incident["test"], incident["severity"]) == (True, 1)


async def test_what_was_made_during_a_silence_is_quiet_however_late_it_comes(centre: Centre) -> None:
    await add(centre, a_mute())
    made = an_event(at=AT + timedelta(minutes=30))
    centre.clock.advance(7200)
    await centre.put(made)
    assert await centre.incidents() == []


@pytest.mark.parametrize("purpose", ["silence", "test"])
@pytest.mark.parametrize("early", [True, False])
async def test_what_came_meanwhile_is_closed_when_the_quiet_time_is_over(
    centre: Centre, purpose: str, early: bool
) -> None:
    mute = await add(centre, a_mute(purpose=purpose))
    await put(centre)
    async with centre.database.write() as connection:
        assert await close_outlived(connection, centre.clock) == 0
    if early:
        async with centre.database.write() as connection:
            await store.end(connection, mute.id, "33.03", AT)
    else:
        centre.clock.advance(3600)
    async with centre.database.write() as connection:
        assert await close_outlived(connection, centre.clock) == 1
        assert await close_outlived(connection, centre.clock) == 0
    (incident,) = await quiet_ones(centre)
    assert (incident["state"], incident["resolution"]) == ("closed", "test" if purpose == "test" else "silenced")


async def test_after_a_silence_the_same_camera_is_heard_again(centre: Centre) -> None:
    await add(centre, a_mute())
    await put(centre)
    centre.clock.advance(3600)
    await put(centre)
    assert [each["event_count"] for each in await centre.incidents("open")] == [1]
