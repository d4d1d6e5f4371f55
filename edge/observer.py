"""What a loop shows to somebody who looks over its shoulder, as `ekamling watch` does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from detectors.images import Yuv420Image
from edge.motion import View
from edge.rules.base import Firing
from edge.source import Frame
from edge.tracking import Track


@dataclass(frozen=True, slots=True)
class Look:
    """One judged picture. `motion_s`, `inference_s` (tracking included) and `rules_s` (telling included): seconds
    that the steps took.

    `tracks` is empty where nothing moved and nobody was there, for then no one looked. `image` and `view` live as long
    as the look does.
    """

    frame: Frame
    image: Yuv420Image
    view: View
    tracks: Sequence[Track]
    firings: Sequence[Firing]
    motion_s: float
    inference_s: float
    rules_s: float


Observer = Callable[[Look], None]
"""Called in the loop's own thread after each judged picture: it takes the look and returns at once."""
