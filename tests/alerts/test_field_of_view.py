"""What a camera sees on the map, and who stands near it."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.ground.field_of_view import EARTH_M, Near, Standing, distance, moved, near, view

SQUARE = (-7.3881, 109.3640)  # near the alun-alun of Purbalingga
latitudes, longitudes = st.floats(-80, 80), st.floats(-180, 180)


def test_a_degree_along_a_meridian_is_as_long_as_it_is() -> None:
    assert distance((0.0, 109.0), (1.0, 109.0)) == pytest.approx(math.pi * EARTH_M / 180)
    assert distance(SQUARE, SQUARE) == 0.0
    assert distance((0.0, 0.0), (0.0, 180.0)) == pytest.approx(math.pi * EARTH_M)


@given(latitudes, longitudes, st.floats(0, 360), st.floats(1, 5_000))
def test_who_goes_so_far_in_any_direction_is_so_far_away(
    latitude: float, longitude: float, bearing: float, metres: float
) -> None:
    start = (latitude, longitude)
    there = moved(start, bearing, metres)
    assert distance(start, there) == pytest.approx(metres, rel=1e-4, abs=1e-2)
    assert -180 <= there[1] <= 180


@pytest.mark.parametrize(("bearing", "sign"), [(0.0, (1, 0)), (90.0, (0, 1)), (180.0, (-1, 0)), (270.0, (0, -1))])
def test_bearings_run_clockwise_from_north(bearing: float, sign: tuple[int, int]) -> None:
    latitude, longitude = moved(SQUARE, bearing, 100)
    steps = (round((latitude - SQUARE[0]) * 1000), round((longitude - SQUARE[1]) * 1000))
    assert steps == sign


def area(ring: list[list[float]]) -> float:
    """The signed area of a ring in square degrees: positive for counter-clockwise."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in itertools.pairwise(ring)) / 2


@given(latitudes, st.floats(-170, 170), st.floats(0, 359), st.floats(1, 360), st.floats(5, 500))
def test_a_field_of_view_is_a_closed_ring_that_geojson_takes(
    latitude: float, longitude: float, bearing: float, angle: float, reach: float
) -> None:
    ring = view((latitude, longitude), bearing, angle, reach)
    assert ring[0] == ring[-1]
    assert len(ring) >= 4
    shifted = [[x - longitude, y - latitude] for x, y in ring]
    assert area(shifted) > -1e-12


def test_a_sector_has_the_area_of_its_share_of_the_circle() -> None:
    ring = view(SQUARE, 45, 90, 30)
    east = math.cos(math.radians(SQUARE[0]))
    square_metres = area([[x - SQUARE[1], y - SQUARE[0]] for x, y in ring]) * (math.pi * EARTH_M / 180) ** 2 * east
    assert square_metres == pytest.approx(math.pi * 30**2 / 4, rel=0.01)
    assert ring[0] == [SQUARE[1], SQUARE[0]]
    assert all(x >= SQUARE[1] - 1e-6 and y >= SQUARE[0] - 1e-6 for x, y in ring)  # between north and east


def test_who_sees_all_around_has_a_circle_without_a_point_in_the_middle() -> None:
    ring = view(SQUARE, 0, 360, 20)
    assert [SQUARE[1], SQUARE[0]] not in ring
    assert {round(distance(SQUARE, (y, x)), 1) for x, y in ring} == {20.0}


def test_the_nearest_are_suggested_and_nobody_is_near_to_itself() -> None:
    here = Standing(("pos-1", "a"), SQUARE)
    others = [here] + [
        Standing(("pos-1", name), moved(SQUARE, 10, metres)) for name, metres in (("far", 101), ("c", 80), ("b", 20))
    ]
    found = near(here, others, 100)
    assert [each.key[1] for each in found] == ["b", "c"]
    assert isinstance(found[0], Near)
    assert found[0].distance_m == pytest.approx(20, rel=1e-4)
