"""The seam between a camera's loop and whatever finds objects in its pictures."""

from typing import Protocol

from detectors.detections import Detections
from detectors.images import Image


class Detector(Protocol):
    """Finds objects in one picture; may be called from several threads at once."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; `Detections.class_id` is an index into it."""
        ...

    def detect(self, image: Image) -> Detections:
        """Objects of one picture, boxes in its pixels; ModelError when the model fails on it."""
        ...
