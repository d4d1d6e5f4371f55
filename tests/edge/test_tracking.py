"""What the tracker promises to rules, told by walkers of 100 px who cover most of their own height in a second."""

from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.geometry import Box
from detectors.coco import CLASSES
from detectors.detections import Detections
from edge.tracking import Track, Tracker

SIZE = (640, 360)
PERSON, CAR, BUS = (CLASSES.index(name) for name in ("person", "car", "bus"))
Seen = tuple[float, float, float, float, float, int]  # left, top, right, bottom, score, class


def person(x: float, y: float, score: float = 0.9, *, tall: float = 100.0) -> Seen:
    """Somebody whose feet stand at (x, y)."""
    return (x - 0.2 * tall, y - tall, x + 0.2 * tall, y, score, PERSON)


def detections(seen: Sequence[Seen]) -> Detections:
    rows = np.array(sorted(seen, key=lambda row: -row[4]), np.float64).reshape(-1, 6)
    return Detections(rows[:, :4].astype(np.float32), rows[:, 4].astype(np.float32), rows[:, 5].astype(np.int32))


def follow(pictures: Iterable[Sequence[Seen]], fps: float = 5, tracker: Tracker | None = None) -> list[list[Track]]:
    """The tracks of each picture."""
    tracker = tracker or Tracker(CLASSES)
    return [tracker.update(detections(seen), SIZE, 1000 + number / fps) for number, seen in enumerate(pictures)]


def visible(tracks: Sequence[Track]) -> list[Track]:
    return [track for track in tracks if track.visible]


def walk(fps: float, *, start: float = 60, speed: float = 80, y: float = 300, seconds: float = 6) -> list[list[Seen]]:
    """One walker along the street, measured with an error of a few pixels."""
    random = np.random.default_rng(7)
    steps = int(seconds * fps)
    return [
        [person(start + speed * step / fps + random.normal(0, 2), y + random.normal(0, 2))] for step in range(steps)
    ]


@pytest.mark.parametrize(("fps", "speed"), [(10, 80), (5, 80), (2, 50)])
def test_a_straight_walk_is_one_track(fps: float, speed: float) -> None:
    """At 2 pictures a second a step must stay within a body's width, until the speed is known."""
    tracker = Tracker(CLASSES)
    found = follow(walk(fps, speed=speed), fps, tracker)
    assert {track.id for tracks in found for track in tracks} == {1}
    assert tracker.started == 1
    assert all(len(tracks) == 1 for tracks in found[1:])


@pytest.mark.parametrize(("scores", "told"), [((0.9, 0.71, 0.9), 1), ((0.9, 0.69, 0.9), 2), ((0.69, 0.9, 0.9), 2)])
def test_a_track_is_told_from_its_third_detection_on_or_its_second_when_both_are_sure(
    scores: tuple[float, ...], told: int
) -> None:
    found = follow([[person(100, 300, score)] for score in scores])
    assert [len(tracks) for tracks in found] == [0] * told + [1] * (3 - told)
    first = found[told][0]
    assert (first.label, first.first_seen, first.last_seen) == ("person", 1000.0, 1000 + told / 5)


def test_a_flash_of_one_picture_is_no_track() -> None:
    tracker = Tracker(CLASSES)
    found = follow([[person(300, 300)], *[[]] * 10], tracker=tracker)
    assert not any(found)
    assert tracker.started == 0
    assert not tracker.attentive(1000 + 10 / 5)


def test_feet_stand_where_they_were_seen() -> None:
    track = follow([[person(320, 270)]] * 5)[-1][0]
    assert track.feet == pytest.approx((0.5, 0.75), abs=0.01)
    assert track.box == pytest.approx((300 / 640, 170 / 360, 340 / 640, 270 / 360), abs=0.01)


@pytest.mark.parametrize(("fps", "speed"), [(5, 80), (2, 50)])
def test_a_walker_hidden_for_a_second_is_the_same(fps: float, speed: float) -> None:
    pictures = walk(fps, speed=speed)
    hidden = range(int(3 * fps), int(4 * fps))
    found = follow([[] if step in hidden else seen for step, seen in enumerate(pictures)], fps)
    assert {track.id for tracks in found for track in tracks} == {1}
    assert visible(found[-1])
    assert not any(visible(found[step]) for step in hidden)


@pytest.mark.parametrize("apart", [10.0, 25.0])
def test_walkers_who_cross_keep_their_names(apart: float) -> None:
    right = walk(5, start=100, y=300)
    left = walk(5, start=580, speed=-80, y=300 + apart)
    found = follow([one + other for one, other in zip(right, left, strict=True)])
    first, last = found[3], found[-1]
    west, east = sorted(first, key=lambda track: track.feet)
    at_end = {track.id: track.feet[0] for track in last}
    assert at_end[west.id] > 0.6
    assert at_end[east.id] < 0.4
    assert {track.id for tracks in found for track in tracks} == {west.id, east.id}


def test_doubtful_detections_keep_a_track() -> None:
    pictures = [[person(60 + 16 * step, 300, 0.9 if step < 5 else 0.4)] for step in range(30)]
    found = follow(pictures)
    assert {track.id for tracks in found for track in tracks} == {1}
    assert all(len(visible(tracks)) == 1 for tracks in found[2:])


def test_doubtful_detections_never_start_a_track() -> None:
    tracker = Tracker(CLASSES)
    assert not any(follow([[person(320, 300, 0.45)]] * 30, tracker=tracker))
    assert not tracker.attentive(1000 + 30 / 5)


def test_the_most_frequent_class_names_a_track() -> None:
    kinds = [CAR, CAR, BUS, CAR, BUS, CAR, CAR]
    found = follow([[(200, 200, 320, 280, 0.9, kind)] for kind in kinds])
    assert {track.id for tracks in found for track in tracks} == {1}
    assert [tracks[0].label for tracks in found[2:]] == ["car"] * 5


def test_a_person_beside_a_car_is_a_track_of_its_own() -> None:
    found = follow([[(200, 200, 320, 280, 0.9, CAR), person(260, 280, 0.8, tall=75)]] * 5)
    assert sorted(track.label for track in found[-1]) == ["car", "person"]


def test_a_track_ends_and_the_next_is_another() -> None:
    tracker = Tracker(CLASSES)
    follow([[person(320, 300)]] * 5, tracker=tracker)
    for step in range(50):
        tracker.update(Detections.empty(), SIZE, 1001 + step / 5)
    assert not tracker.attentive(1011)
    ids = {track.id for step in range(5) for track in tracker.update(detections([person(320, 300)]), SIZE, 1020 + step)}
    assert ids == {2}
    assert tracker.started == 2


def test_somebody_who_stands_still_is_one_track_for_minutes() -> None:
    found = follow([[person(320, 300, 0.7)]] * 600)
    assert {track.id for tracks in found for track in tracks} == {1}


@pytest.mark.parametrize("box", [(100.0, 360.0, 140.0, 360.0), (640.0, 100.0, 640.0, 200.0), (0.0, 0.0, 0.0, 0.0)])
def test_what_clipping_leaves_of_a_box_outside_the_picture_is_nothing(box: Box) -> None:
    tracker = Tracker(CLASSES)
    assert not any(follow([[(*box, 0.9, PERSON)]] * 5, tracker=tracker))
    assert tracker.started == 0


def test_a_box_never_leaves_the_picture() -> None:
    found = follow(walk(5, start=540, speed=60, y=345, seconds=4))
    boxes = [track.box for tracks in found for track in tracks]
    assert boxes
    assert all(0 <= left <= right <= 1 and 0 <= top <= bottom <= 1 for left, top, right, bottom in boxes)


def within_the_picture(row: Seen) -> Seen:
    left, top, right, bottom, score, kind = row
    width, height = SIZE
    return max(left, 0.0), max(top, 0.0), min(max(right, 0.0), width), min(max(bottom, 0.0), height), score, kind


@st.composite
def scenes(draw: st.DrawFn) -> list[list[Seen]]:
    """Pictures of boxes anywhere, of any size and score, often near those of the picture before."""
    pictures, before = list[list[Seen]](), list[Seen]()
    for _ in range(draw(st.integers(1, 12))):
        seen = list[Seen]()
        for left, top, right, bottom, _, kind in before:
            if draw(st.booleans()):
                dx, dy, score = draw(st.floats(-30, 30)), draw(st.floats(-10, 10)), draw(st.floats(0.05, 1))
                seen.append((left + dx, top + dy, right + dx, bottom + dy, score, kind))
        for _ in range(draw(st.integers(0, 3))):
            x, y = draw(st.floats(-20, 650)), draw(st.floats(-20, 370))
            wide, high = draw(st.floats(0, 300)), draw(st.floats(0, 300))
            score, kind = draw(st.floats(0.05, 1)), draw(st.sampled_from([PERSON, CAR, BUS]))
            seen.append((x, y, x + wide, y + high, score, kind))
        before = [within_the_picture(row) for row in seen]
        pictures.append(before)
    return pictures


@settings(max_examples=150)
@given(scenes(), st.lists(st.floats(0.01, 3), min_size=12, max_size=12))
def test_tracks_have_names_of_their_own_that_are_never_given_again(
    pictures: list[list[Seen]], gaps: list[float]
) -> None:
    tracker, now, born = Tracker(CLASSES), 1000.0, dict[int, float]()
    for seen, gap in zip(pictures, gaps, strict=False):
        now += gap
        tracks = tracker.update(detections(seen), SIZE, now)
        ids = [track.id for track in tracks]
        assert len(set(ids)) == len(ids)
        assert len(visible(tracks)) <= len(seen)
        for track in tracks:
            assert born.setdefault(track.id, track.first_seen) == track.first_seen
            assert track.first_seen <= track.last_seen <= now
            assert 0 <= track.box[0] <= track.box[2] <= 1
            assert 0 <= track.box[1] <= track.box[3] <= 1
    assert tracker.started >= len(born)
