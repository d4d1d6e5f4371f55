"""Defocused: the scene is there, its fine detail is not: the lens was turned, or something clear lies on it."""

from edge.health.evidence import Evidence

AFTER_S = 16.0
LOST = 0.33  # of the scene's sharpness; infrared at night leaves .37 or more, a blur of 3 px of 640 at most .31
BACK = 0.5


def begins(seen: Evidence) -> bool:
    return seen.known and seen.blurred_s >= AFTER_S


def ends(seen: Evidence) -> bool:
    return seen.sharpness >= BACK
