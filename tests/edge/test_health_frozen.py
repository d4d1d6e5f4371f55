"""When the same picture again and again is told, and when a camera that is merely calm is left alone."""

from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from edge.health.frozen import LEAST_S, NEVER_LIVE_S
from tests.edge.scenes import HEIGHT, WIDTH, Luma, Part, film, footage, noisy, nothing, told

STILL = footage()[:1]  # one picture of the street, at which nothing moves


def hang(pictures: Iterable[tuple[float, Luma]], start: float, end: float) -> Iterator[tuple[float, Luma]]:
    """The last picture before `start` is sent again until `end`."""
    kept = np.zeros((HEIGHT, WIDTH), np.uint8)
    for now, luma in pictures:
        if not start <= now < end:
            kept = luma
        yield now, kept


@pytest.mark.parametrize("fps", [0.5, 5.0])
def test_an_encoder_that_hangs_is_told_within_30_s_until_it_goes_on(fps: float) -> None:
    pictures = film(footage()[:60], [Part(nothing, 20), Part(nothing, 45)], fps)
    (begun, frozen), (ended, over) = told(hang(pictures, 0, 35))
    assert (frozen, over) == ("frozen", "not frozen")
    assert 20 <= begun <= 30
    assert 35 <= ended <= 42


def test_a_still_scene_with_a_sensors_noise_is_never_frozen() -> None:
    def faint(luma: Luma, at: float, chance: np.random.Generator) -> Luma:
        return noisy(nothing(luma, at, np.random.default_rng(1)), 0.3, chance)

    assert told(film(STILL, [Part(faint, 900)], 0.5)) == []


def skipping(seconds: float, every: float) -> Iterator[tuple[float, Luma]]:
    """A calm scene as a sparing encoder sends it: noise only in its keyframes, exactly equal pictures between."""
    kept = np.zeros((HEIGHT, WIDTH), np.uint8)
    for number, (now, luma) in enumerate(film(STILL, [Part(nothing, seconds)], 1.0)):
        kept = luma if number % every == 0 else kept
        yield now, kept


@pytest.mark.parametrize("every", [4, 10, 20])
def test_blocks_that_are_skipped_between_keyframes_are_not_a_hang(every: float) -> None:
    assert told(skipping(400, every)) == []


def test_a_camera_that_skips_for_long_is_given_longer() -> None:
    """Its longest run was 19 s, so 50 s are no proof and 60 s are."""
    pictures = list(skipping(200, 20))
    last = pictures[-1][1]
    rest = [(float(second), last) for second in range(100)]
    ((begun, kind),) = told(iter(pictures + rest))
    assert kind == "frozen"
    assert 3 * 19 - 20 <= begun <= 3 * 19


def test_where_no_picture_was_ever_another_it_takes_ten_minutes() -> None:
    """So that a test picture or a recording that stands is not cried over at once."""
    luma = nothing(STILL[0], 0, np.random.default_rng(1))
    ((begun, kind),) = told((second * 2.0, luma) for second in range(400))
    assert kind == "frozen"
    assert NEVER_LIVE_S <= begun <= NEVER_LIVE_S + 4
    assert LEAST_S < NEVER_LIVE_S


def test_a_hang_on_a_picture_from_elsewhere_is_told_as_frozen_and_not_as_moved() -> None:
    """As a recorder's "no signal" picture."""
    pictures = [*film(footage()[:60], [Part(nothing, 20)], 1.0)]
    other = np.ascontiguousarray(footage()[0][:HEIGHT, :WIDTH][::-1, ::-1])
    found = told(iter(pictures + [(float(second), other) for second in range(35)]))
    assert [kind for _, kind in found] == ["frozen"]
