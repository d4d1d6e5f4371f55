import numpy as np
import pytest
from numpy.typing import NDArray

from edge.motion import MotionGate

HEIGHT, WIDTH = 384, 512
Luma = NDArray[np.uint8]


def scene() -> Luma:
    """A street without anybody: smooth areas and hard edges."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    picture = 60 + 60 * (columns > 200) + 30 * (rows > 150) + rows / 10
    return np.asarray(picture, np.uint8)


def noisy(picture: Luma, seed: int, deviation: float = 8.0) -> Luma:
    noise = np.random.default_rng(seed).normal(0, deviation, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def walker(picture: Luma, left: int, height: int = 45) -> Luma:
    changed = picture.copy()
    changed[200 : 200 + height, left : left + height // 3] = 20
    return changed


@pytest.fixture
def gate() -> MotionGate:
    """A gate that has seen the empty scene for a while."""
    settled = MotionGate()
    for seed in range(20):
        settled.update(noisy(scene(), seed))
    return settled


def test_the_first_picture_counts_as_moving() -> None:
    assert MotionGate().update(scene()).moving


def test_a_still_picture_is_no_motion() -> None:
    gate = MotionGate()
    gate.update(scene())
    assert not any(gate.update(scene()).moving for _ in range(10))


@pytest.mark.parametrize("deviation", [2.0, 5.0, 8.0])
def test_the_noise_of_a_sensor_is_no_motion(deviation: float) -> None:
    gate = MotionGate()
    gate.update(noisy(scene(), 0, deviation))
    assert not any(gate.update(noisy(scene(), seed, deviation)).moving for seed in range(1, 30))


def test_the_noise_of_a_dark_night_is_no_motion_once_the_scene_is_known(gate: MotionGate) -> None:
    assert not any(gate.update(noisy(scene(), 400 + seed, 15.0)).moving for seed in range(30))


def test_a_small_walker_is_motion_in_every_picture(gate: MotionGate) -> None:
    assert all(gate.update(noisy(walker(scene(), left), 100 + left)).moving for left in range(40, 400, 12))


def test_a_walker_who_has_left_leaves_no_lasting_motion(gate: MotionGate) -> None:
    for left in range(40, 400, 12):
        gate.update(noisy(walker(scene(), left), left))
    moving = [gate.update(noisy(scene(), 200 + seed)).moving for seed in range(25)]
    assert not any(moving[5:])


def test_what_stays_becomes_background(gate: MotionGate) -> None:
    moving = [gate.update(noisy(walker(scene(), 250), seed)).moving for seed in range(60)]
    assert moving[0]
    assert not any(moving[45:])


def test_a_light_that_is_switched_is_learnt_at_once(gate: MotionGate) -> None:
    lit = np.clip(scene().astype(int) + 70, 0, 255).astype(np.uint8)
    assert gate.update(noisy(lit, 1)).moving
    assert not any(gate.update(noisy(lit, seed)).moving for seed in range(2, 10))
    assert gate.update(noisy(walker(lit, 250), 11)).moving


def test_a_camera_that_changes_its_size_begins_anew(gate: MotionGate) -> None:
    smaller = np.ascontiguousarray(scene()[:288, :352])
    assert gate.update(smaller).moving
    assert not gate.update(smaller).moving


@pytest.mark.parametrize("shape", [(1, 1), (2, 4000), (4000, 2), (160, 160), (97, 133)])
def test_a_picture_of_any_size_can_be_compared(shape: tuple[int, int]) -> None:
    gate = MotionGate()
    assert gate.update(np.zeros(shape, np.uint8)).moving
    assert not gate.update(np.zeros(shape, np.uint8)).moving


def test_a_plane_with_padded_rows_is_read_as_it_is(gate: MotionGate) -> None:
    padded = np.zeros((HEIGHT, WIDTH + 64), np.uint8)
    padded[:, :WIDTH] = noisy(scene(), 300)
    assert not gate.update(padded[:, :WIDTH]).moving
