"""A detector that fits its input to each picture's shape, so that no time goes into empty rows."""

import threading

from detectors.backends.network import BackendName
from detectors.detections import Detections
from detectors.images import Image
from detectors.preprocess import Size
from detectors.registry import Model, input_for
from detectors.session import OnnxDetector


class FittedDetector:
    """One session for each shape of input that the pictures ask for (most sites have one or two), made when needed.

    A model whose file fixes its size is used as it is. Safe to call from several threads at once.
    """

    def __init__(self, model: Model, *, score_threshold: float = 0.3, backend: BackendName = "onnxruntime") -> None:
        """Load and try the model; ModelError when the file is damaged, replaced or of no use."""
        self._model = model
        self._score_threshold = score_threshold
        self._backend = backend
        self._lock = threading.Lock()
        first = OnnxDetector(model, score_threshold=score_threshold, backend=backend)
        self.classes = first.classes
        self._sessions: dict[Size, OnnxDetector] = {first.input_size: first}
        self._first = first

    def detect(self, image: Image) -> Detections:
        """Objects of one picture, boxes in its pixels; ModelError when the model fails on it."""
        return self._for(image.width, image.height).detect(image)

    def _for(self, width: int, height: int) -> OnnxDetector:
        if self._model.input is None:
            return self._first
        size = input_for(width, height, max(self._model.input))
        found = self._sessions.get(size)
        if found is None:
            with self._lock:
                found = self._sessions.get(size) or OnnxDetector(
                    self._model.at(size), score_threshold=self._score_threshold, backend=self._backend
                )
                self._sessions[size] = found
        return found
