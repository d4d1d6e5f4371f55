"""Covered: the lens is covered, sprayed, blocked or blinded, so that most of the scene is gone at once."""

from edge.health.evidence import Evidence

AFTER_S = 14.0  # a truck that passes close is gone sooner
AT_START_S = 18.0
FAINT = 0.35  # of the scene's contrast: what lies on the lens is out of focus
SAME = 0.6  # what a partial cover leaves is in its place
ALIKE = 0.35  # a scene that is only dim, foggy or dazzled is still alike


def begins(seen: Evidence) -> bool:
    """A cover over all of the lens is faint and unlike the scene; one over most of it leaves a clear rest in place."""
    if not seen.known:
        return seen.bare_s >= AT_START_S
    if seen.lost_s < AFTER_S or not seen.sudden or seen.alike >= ALIKE or seen.layout >= 0.9:
        return False
    if seen.contrast < FAINT:
        return seen.alike < (0.12 if seen.dark_s else ALIKE)  # a lamp that failed leaves a trace of the scene
    return seen.rest >= SAME


def ends(seen: Evidence) -> bool:
    """The scene is back, or another one that is as clear."""
    if not seen.known:
        return not seen.bare_s
    return seen.alike >= 0.55 or (seen.contrast >= 0.6 and seen.rest < 0.35)
