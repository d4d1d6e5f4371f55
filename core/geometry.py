"""Geometry of the picture: points, polygons and boxes in any one unit (zones use fractions of the picture, 0 to 1)."""

from collections.abc import Sequence

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


def polygon_area(polygon: Sequence[Point]) -> float:
    """Area of a simple polygon, by the shoelace formula."""
    pairs = zip(polygon, [*polygon[1:], polygon[0]], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Whether a point lies in a polygon, by counting the edges that a ray to the right crosses (even-odd rule)."""
    x, y = point
    result = False
    x1, y1 = polygon[-1]
    for x2, y2 in polygon:
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            result = not result
        x1, y1 = x2, y2
    return result
