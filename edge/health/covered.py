"""Covered: the lens is covered, sprayed, blocked or blinded, so that most of the scene is gone at once."""

from edge.health.evidence import Evidence

AFTER_S = 14.0  # a truck that passes close is gone sooner
AT_START_S = 18.0
ALIKE = 0.35  # a scene that is only dim, foggy or dazzled is more alike
TRACE = 0.12  # a lamp that failed leaves this much even in a black picture
FAINT = 0.35  # of the scene's contrast
FAINT_AND_BLURRED = 0.6  # the same where there is no fine detail: what lies on the lens is out of focus
SHARP = 0.33
DAZZLED = 1.0  # the same where a lamp shines into it
SAME = 0.5  # what a partial cover leaves is in its place; of another scene at most .4
BACK = 0.55


def begins(seen: Evidence) -> bool:
    """A cover over all of the lens is faint and unlike the scene; one over most of it leaves a clear rest in place."""
    if not seen.known:
        return seen.bare_s >= AT_START_S
    if seen.lost_s < AFTER_S or not seen.sudden or seen.alike >= ALIKE or seen.layout >= 0.9 or seen.elsewhere:
        return False
    if hides(seen):
        return not seen.dark_s or seen.alike < TRACE
    return seen.rest >= SAME


def hides(seen: Evidence) -> bool:
    """Whether there is hardly a scene in the picture."""
    blurred = seen.contrast < FAINT_AND_BLURRED and seen.sharpness < SHARP
    return seen.contrast < FAINT or blurred or (seen.dazzled and seen.contrast < DAZZLED)


def ends(seen: Evidence) -> bool:
    """The scene is back, or another one that is as clear."""
    if not seen.known:
        return not seen.bare_s
    return seen.alike >= BACK or (not hides(seen) and seen.rest < SAME / 2)
