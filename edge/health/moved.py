"""Moved: the camera was turned or bumped. It sees another scene, as clear as the old one, and goes on seeing it."""

from edge.health import covered
from edge.health.evidence import Evidence

AFTER_S = 14.0
ACCEPT_S = 600.0  # after which a new scene is the one that the camera is meant to see
ALIKE = 0.38  # two scenes are .05 alike in the median, .36 in the worst of fifty
STEADY = 0.55  # a crowd, rain or leaves are less
STILL_S = 10.0  # pictures exactly equal for so long are no live scene, unless the camera is like that


def begins(seen: Evidence) -> bool:
    """Either everything fits a good way off, or nothing fits any more and there is a clear scene all the same."""
    if not seen.known or seen.odd_s < AFTER_S or seen.steady < STEADY or seen.same_s > STILL_S or seen.young:
        return False
    return seen.elsewhere or (seen.alike < ALIKE and not seen.dark_s and not _covered(seen))


def _covered(seen: Evidence) -> bool:
    return covered.hides(seen) or seen.rest >= covered.SAME


def ends(seen: Evidence) -> bool:
    """It was turned back."""
    return not seen.odd_s
