"""A detector that fits its input to each picture's shape, so that no time goes into empty rows."""

import threading

import numpy as np

from core.geometry import Box
from detectors.backends import catalogue
from detectors.backends.network import BackendName
from detectors.detections import Detections
from detectors.images import BgrImage, Image, Yuv420Image
from detectors.preprocess import Size
from detectors.regions import Region, covering
from detectors.registry import Model, input_for
from detectors.session import OnnxDetector


class FittedDetector:
    """The input has the shape of what is looked at: a whole picture, or a region of one at the same scale.

    All sizes share one loaded network; ONNX Runtime is as fast with an open size as with a fixed one (measured,
    docs/design/models.md). OpenVINO compiles for each size, a second each, so there it is whole pictures only, as it is
    with a model whose file fixes its size. Safe to call from several threads at once.
    """

    def __init__(self, model: Model, *, score_threshold: float = 0.3, backend: BackendName = "onnxruntime") -> None:
        """Load and try the model; ModelError when the file is damaged, replaced or of no use."""
        self._model = model
        self._score_threshold = score_threshold
        self._backend = backend
        self._lock = threading.Lock()
        self._open = catalogue.load(model.at(None), backend) if model.input and backend != "openvino" else None
        self._sizes: dict[Size, OnnxDetector] = {}
        self._first = self._load(model)
        self.classes = self._first.classes

    def region(self, needed: Box, width: int, height: int) -> Region | None:
        """The part of a picture of `width` x `height` to look at for `needed`; None where the whole is as cheap."""
        return covering(needed, (height, width), self._input(width, height)) if self._open else None

    def detect(self, image: Image, region: Region | None = None) -> Detections:
        """Objects of one picture, or of a region of it, boxes in the picture's pixels; ModelError when that fails."""
        if region is None:
            return self._at(self._input(image.width, image.height)).detect(image)
        found = self._at(region.input).detect(_part(image, region))
        offset = np.array((region.left, region.top) * 2, np.float32)
        return Detections(found.xyxy + offset, found.score, found.class_id)

    def _input(self, width: int, height: int) -> Size:
        if self._model.input is None:
            return self._first.input_size
        return input_for(width, height, max(self._model.input))

    def _at(self, size: Size) -> OnnxDetector:
        found = self._sizes.get(size)
        if found is None:
            with self._lock:
                found = self._sizes.get(size) or self._load(self._model.at(size))
        return found

    def _load(self, model: Model) -> OnnxDetector:
        detector = OnnxDetector(model, score_threshold=self._score_threshold, backend=self._backend, network=self._open)
        self._sizes[detector.input_size] = detector
        return detector


def _part(image: Image, region: Region) -> Image:
    """The pixels of a region, not copied."""
    top, bottom, left, right = region.top, region.bottom, region.left, region.right
    if isinstance(image, BgrImage):
        return BgrImage(image.pixels[top:bottom, left:right])
    rows, columns = slice(top // 2, (bottom + 1) // 2), slice(left // 2, (right + 1) // 2)
    return Yuv420Image(
        image.y[top:bottom, left:right], image.u[rows, columns], image.v[rows, columns], image.full_range
    )
