from math import cos, sin, tau

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.geometry import Point, inside, polygon_area

SQUARE: list[Point] = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]
ELL: list[Point] = [(0.0, 0.0), (1.0, 0.0), (1.0, 0.3), (0.3, 0.3), (0.3, 1.0), (0.0, 1.0)]
units = st.floats(0, 1, allow_nan=False)


def test_area_of_known_shapes() -> None:
    assert polygon_area(SQUARE) == pytest.approx(0.36)
    assert polygon_area(ELL) == pytest.approx(0.3 + 0.7 * 0.3)
    assert polygon_area([(0, 0), (0.5, 0.5), (1, 1)]) == 0


@given(st.integers(0, 5), st.booleans())
def test_area_is_the_same_from_any_corner_and_either_way_round(turn: int, backwards: bool) -> None:
    turned = [*ELL[turn:], *ELL[:turn]]
    assert polygon_area(turned[::-1] if backwards else turned) == pytest.approx(polygon_area(ELL))


@pytest.mark.parametrize(
    ("point", "within"), [((0.15, 0.9), True), ((0.9, 0.15), True), ((0.6, 0.6), False), ((-0.1, 0.1), False)]
)
def test_a_corner_that_points_inwards_is_outside(point: Point, within: bool) -> None:
    assert inside(point, ELL) is within


@given(units, units)
def test_a_rectangle_holds_what_its_sides_say(x: float, y: float) -> None:
    assume(min(abs(x - 0.2), abs(x - 0.8), abs(y - 0.2), abs(y - 0.8)) > 1e-9)
    assert inside((x, y), SQUARE) == (0.2 < x < 0.8 and 0.2 < y < 0.8)


@st.composite
def stars(draw: st.DrawFn) -> list[Point]:
    """Simple polygons: corners at growing angles around a middle, each at a distance of its own."""
    distances = draw(st.lists(st.floats(0.05, 0.5), min_size=3, max_size=12))
    step = tau / len(distances)
    return [(0.5 + d * cos(index * step), 0.5 + d * sin(index * step)) for index, d in enumerate(distances)]


def _side(a: Point, b: Point, p: Point) -> float:
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


@given(stars(), units, units)
def test_a_star_is_the_sum_of_its_triangles(polygon: list[Point], x: float, y: float) -> None:
    point, middle, held = (x, y), (0.5, 0.5), False
    for a, b in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        sides = [_side(middle, a, point), _side(a, b, point), _side(b, middle, point)]
        assume(min(abs(side) for side in sides) > 1e-9)  # on an edge either answer is right
        held = held or min(sides) > 0
    assert inside(point, polygon) == held
