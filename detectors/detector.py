"""The seam between a camera's loop and whatever finds objects in its pictures."""

from typing import Protocol

from core.geometry import Box
from detectors.detections import Detections
from detectors.images import Image
from detectors.regions import Region


class Detector(Protocol):
    """Finds objects in one picture; may be called from several threads at once."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; `Detections.class_id` is an index into it."""
        ...

    def detect(self, image: Image) -> Detections:
        """Objects of one picture, boxes in its pixels; ModelError when the model fails on it."""
        ...


class RegionDetector(Detector, Protocol):
    """One that can look at a part of a picture for a part of the cost."""

    def region(self, needed: Box, width: int, height: int) -> Region | None:
        """The part of a picture of `width` x `height` to look at for `needed` (left, top, right, bottom, as fractions).

        None where looking at the whole costs little more.
        """
        ...

    def detect(self, image: Image, region: Region | None = None) -> Detections:
        """Objects of one picture, or of a region of it, boxes in the picture's pixels; ModelError when that fails."""
        ...
