"""Lines and zones drawn at random, as many installers would: what a rule reaches must not hang on one lucky line."""

import math
from random import Random

from core import config
from core.geometry import Point
from edge.rules.settings import RuleSettings

MIDDLE = (0.25, 0.8), (0.25, 0.7)  # where lines and zones are centred: across and down, as people draw them
HALF_LINE = (0.12, 0.3)  # half of a line's length, in fractions of the picture
RADIUS = (0.08, 0.2)  # of a zone
CORNERS = 6
EDGE = 0.02  # no corner lies nearer to the picture's edge


def drawn(count: int, seed: int) -> list[RuleSettings]:
    """`count` crossings and as many intrusions, the same ones for the same seed."""
    chance = Random(seed)  # noqa: S311 - drawn again by the same seed
    return [_rule("crossing", number, _line(chance)) for number in range(count)] + [
        _rule("intrusion", number, _zone(chance)) for number in range(count)
    ]


def _rule(kind: str, number: int, points: list[Point]) -> RuleSettings:
    name = f"{kind}-{number}"
    shape = "line" if kind == "crossing" else "zone"
    return config.build({"id": name, "kind": kind, shape: points}, RuleSettings, name=name)


def _line(chance: Random) -> list[Point]:
    x, y = _centre(chance)
    angle, half = chance.uniform(0, math.pi), chance.uniform(*HALF_LINE)
    across, down = half * math.cos(angle), half * math.sin(angle)
    return [_within(x - across, y - down), _within(x + across, y + down)]


def _zone(chance: Random) -> list[Point]:
    x, y = _centre(chance)
    radius = chance.uniform(*RADIUS)
    angles = [2 * math.pi * corner / CORNERS for corner in range(CORNERS)]
    return [_within(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]


def _centre(chance: Random) -> Point:
    (left, right), (top, bottom) = MIDDLE
    return chance.uniform(left, right), chance.uniform(top, bottom)


def _within(x: float, y: float) -> Point:
    return min(max(x, EDGE), 1 - EDGE), min(max(y, EDGE), 1 - EDGE)
