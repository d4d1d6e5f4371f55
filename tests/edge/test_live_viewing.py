"""What a viewer gets, and when."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.live.viewing import BEGINNING_BYTES, LONGEST, STEP, USUAL, WAITING, Coded, Group, Viewing

SECOND = 90_000


def coded(number: int, *, keyframe: bool = False, size: int = 100, pts: int | None = None) -> Coded:
    """The picture of that number of a stream with ten a second."""
    return Coded(bytes([number % 256]) * size, number * 9000 if pts is None else pts, keyframe)


def group(count: int, size: int = 100) -> list[Coded]:
    return [coded(number, keyframe=number == 0, size=size) for number in range(count)]


def test_a_viewer_begins_at_once_with_what_came_since_the_last_keyframe() -> None:
    viewing = Viewing()
    viewing.begin(group(20))
    beginning = list(viewing.waiting)
    assert [each.at for each in beginning] == [STEP * (number + 1) for number in range(20)]
    assert all(each.hasty for each in beginning)
    viewing.take(coded(20))
    assert viewing.waiting[-1].at == beginning[-1].at + 9000  # from there on at the camera's own pace
    assert not viewing.waiting[-1].hasty


def test_nothing_waits_for_a_viewer_who_is_not_there_yet() -> None:
    viewing = Viewing()
    assert not viewing.take(coded(0, keyframe=True))
    assert not viewing.waiting


def test_a_beginning_that_is_too_long_is_left_out_and_the_next_keyframe_awaited() -> None:
    viewing = Viewing()
    viewing.begin(group(20, size=BEGINNING_BYTES // 10))
    assert not viewing.take(coded(20))
    assert viewing.take(coded(21, keyframe=True))
    assert viewing.take(coded(22))
    assert [each.data[0] for each in viewing.waiting] == [21, 22]
    assert viewing.skipped == 1


def test_a_viewer_who_does_not_keep_up_goes_on_at_a_keyframe() -> None:
    viewing = Viewing()
    viewing.begin([])
    viewing.take(coded(0, keyframe=True))
    for number in range(1, WAITING + 5):
        viewing.take(coded(number))
    assert len(viewing.waiting) < WAITING
    viewing.take(coded(WAITING + 5, keyframe=True))
    assert viewing.waiting[-1].data[0] == WAITING + 5
    assert viewing.skipped >= WAITING


@given(st.lists(st.tuples(st.integers(0, 2**40), st.booleans()), max_size=50))
def test_whatever_the_camera_s_clock_does_times_grow_and_never_jump(pictures: list[tuple[int, bool]]) -> None:
    viewing = Viewing()
    viewing.begin(group(3))
    for number, (pts, keyframe) in enumerate(pictures):
        viewing.take(coded(number, keyframe=keyframe, pts=pts))
    times = [each.at for each in viewing.waiting]
    assert all(0 < later - earlier <= LONGEST for earlier, later in pairwise(times))


def test_a_clock_that_begins_anew_goes_on_as_usual() -> None:
    viewing = Viewing()
    viewing.begin([])
    viewing.take(coded(0, keyframe=True, pts=100 * SECOND))
    viewing.take(coded(1, keyframe=True, pts=0))
    first, second = viewing.waiting
    assert second.at - first.at == USUAL


def test_after_a_cut_a_keyframe_is_awaited() -> None:
    viewing = Viewing()
    viewing.begin(group(2))
    viewing.cut()
    assert not viewing.take(coded(2))
    assert viewing.take(coded(3, keyframe=True))


def test_a_group_begins_with_its_keyframe_and_has_an_end() -> None:
    kept = Group()
    kept.add(coded(0))
    assert kept.packets == []
    for each in group(3):
        kept.add(each)
    assert len(kept.packets) == 3
    kept.add(coded(3, size=BEGINNING_BYTES))
    assert kept.packets == []
    kept.add(coded(4))
    assert kept.packets == []
    kept.add(coded(5, keyframe=True))
    assert len(kept.packets) == 1
