"""Moved: the camera was turned or bumped. It sees another scene, as clear as the old one, and goes on seeing it."""

from edge.health import covered
from edge.health.evidence import Evidence

AFTER_S = 14.0
ACCEPT_S = 600.0  # after which a new scene is the one that the camera is meant to see
ALIKE = 0.38  # two scenes are .05 alike in the median, .36 in the worst of fifty
CLEAR = 0.35  # of the old scene's contrast
STEADY = 0.55  # a crowd, rain or leaves are less
CELLS = 2.0  # a shift that counts: 5 % of the picture's width
FIT = 0.5


def begins(seen: Evidence) -> bool:
    """Either nothing fits any more, or everything fits a good way off."""
    if not seen.known or seen.odd_s < AFTER_S or seen.steady < STEADY or seen.contrast < CLEAR or seen.same_s > 10:
        return False
    if seen.rest >= covered.SAME:
        return False  # something stands in the way
    return seen.alike < ALIKE or (seen.shift >= CELLS and seen.fit >= max(FIT, seen.alike + 0.2))


def ends(seen: Evidence) -> bool:
    """It was turned back."""
    return not seen.odd_s
