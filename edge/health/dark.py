"""Dark: far too dark to see anybody, as at night when lamps or the camera's infrared have failed.

Of the luma plane alone it cannot be told why: no lamp, a dead infrared lamp and an infrared filter that is stuck look
the same. A picture that turned black within seconds and keeps no trace of its scene counts as covered instead.
"""

from edge.health.evidence import Evidence

AFTER_S = 18.0


def begins(seen: Evidence) -> bool:
    return seen.dark_s >= AFTER_S


def ends(seen: Evidence) -> bool:
    return not seen.dark_s
