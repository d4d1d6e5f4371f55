"""What cameras see on the map, and which of them stand near each other. Angles in degrees, distances in metres.

The earth is taken as a sphere: over the tens of metres that a camera sees the error is millimetres.
"""

import math
from collections.abc import Iterable

from msgspec import Struct

EARTH_M = 6_371_008.8  # mean radius of the earth (IUGG, R1)
STEP = 10.0  # degrees between two points of the arc
CIRCLE = 360.0

Position = tuple[float, float]  # latitude, longitude
Ring = list[list[float]]  # [longitude, latitude] each, the first one again at the end


class Standing(Struct, frozen=True):
    """A camera, or whatever else has a key, and where it stands."""

    key: tuple[str, str]
    at: Position


class Near(Struct, frozen=True):
    """One that stands near, with its distance in metres."""

    key: tuple[str, str]
    distance_m: float


def distance(one: Position, other: Position) -> float:
    """Metres between two positions, by the haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky and
    Telescope 68, 1984, p. 159)."""
    (lat1, lon1), (lat2, lon2) = (map(math.radians, position) for position in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(min(1.0, half)))


def moved(start: Position, bearing: float, metres: float) -> Position:
    """The position so many metres from another one, in the direction `bearing`, clockwise from north: the direct
    problem on a sphere (E. Williams, Aviation Formulary, "Lat/lon given radial and distance")."""
    lat, lon, way, turn = math.radians(start[0]), math.radians(start[1]), metres / EARTH_M, math.radians(bearing)
    there = math.asin(math.sin(lat) * math.cos(way) + math.cos(lat) * math.sin(way) * math.cos(turn))
    east = math.sin(turn) * math.sin(way) * math.cos(lat)
    along = lon + math.atan2(east, math.cos(way) - math.sin(lat) * math.sin(there))
    return math.degrees(there), (math.degrees(along) + 540.0) % 360.0 - 180.0


def view(at: Position, bearing: float, view_angle: float, reach_m: float) -> Ring:
    """The outline of what a camera sees: a sector of a circle, or a whole circle from 360 degrees on. It runs
    counter-clockwise and is closed, as GeoJSON wants it (RFC 7946, section 3.1.6)."""
    whole = view_angle >= CIRCLE
    angle = min(view_angle, CIRCLE)
    steps = max(1, math.ceil(angle / STEP))
    turns = [bearing + angle / 2 - angle * step / steps for step in range(steps + 1)]  # falling: counter-clockwise
    arc = [moved(at, turn, reach_m) for turn in turns]
    outline = [*arc[:-1], arc[0]] if whole else [at, *arc, at]
    return [[round(lon, 7), round(lat, 7)] for lat, lon in outline]


def near(camera: Standing, others: Iterable[Standing], within_m: float) -> list[Near]:
    """Those that stand at most so far from a camera, the nearest first: it may be worth to call them neighbours."""
    found = [Near(other.key, distance(camera.at, other.at)) for other in others if other.key != camera.key]
    return sorted((each for each in found if each.distance_m <= within_m), key=lambda each: (each.distance_m, each.key))
