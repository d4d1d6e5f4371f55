"""What the outputs of the known families of models mean, and how to tell the families apart.

Every layout picks its candidates by score first and decodes the boxes of those alone: of some thousand cells a street
scene keeps a few dozen. Boxes come out in pixels of the input tensor, not yet suppressed.

    NanoDet        cls8 cls16 cls32 (1, n, classes) and dis8 dis16 dis32 (1, n, 32 or 44), scores 0..1
    NanoDet-Plus   scores (1, n, classes) and distances (1, n, 32), four strides in one array
    YOLOX          (1, n, 5 + classes): centre and size relative to the cell, objectness, class scores 0..1
    YOLO           (1, 4 + classes, n): centre and size in pixels, class scores 0..1 (export of Ultralytics)
    YOLO-e2e       (1, k, 6): corners in pixels, score, class; already suppressed
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from detectors.detections import Detections
from detectors.preprocess import Size

Array = NDArray[np.float32]
Shapes = Mapping[str, tuple[int, ...]]

NAMES = ("nanodet", "nanodet-plus", "yolox", "yolo", "yolo-e2e")

_MAX_LOG_SIZE = 20.0  # e^20 cells: keeps a damaged model from overflowing


class Layout(Protocol):
    """Decoder of one family of models for one input size."""

    @property
    def name(self) -> str: ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs `decode` wants, in its order."""
        ...

    @property
    def classes(self) -> int | None:
        """How many classes the outputs tell apart; None where they don't say."""
        ...

    def decode(self, outputs: Sequence[Array], threshold: float) -> Detections:
        """Candidates with a score above `threshold`, in pixels of the input tensor."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The cells of one or more strides, row by row: `column` and `row` (n, 2) as xy, `stride` (n, 1)."""

    xy: Array
    stride: Array

    @classmethod
    def of(cls, size: Size, strides: Sequence[int]) -> "Cells":
        height, width = size
        xy, stride = [], []
        for step in strides:
            rows, columns = np.mgrid[0 : -(-height // step), 0 : -(-width // step)]
            xy.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
            stride.append(np.full((rows.size, 1), step))
        return cls(np.concatenate(xy).astype(np.float32), np.concatenate(stride).astype(np.float32))

    def __len__(self) -> int:
        return len(self.stride)


@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """NanoDet and NanoDet-Plus: distances from a centre to the four sides, each a distribution over 0..reg_max cells.

    One array of scores and one of distances for each entry of `cells`. `shift` is where the centre lies in a cell of
    stride s, in pixels: (s - 1) / 2 in NanoDet, 0 in NanoDet-Plus (Generalized Focal Loss, arXiv 2006.04388).
    """

    name: str
    outputs: tuple[str, ...]
    classes: int
    cells: tuple[Cells, ...]
    centred: bool

    def decode(self, outputs: Sequence[Array], threshold: float) -> Detections:
        levels = len(self.cells)
        pairs = zip(outputs[:levels], outputs[levels:], self.cells, strict=True)
        return _joined([self._level(scores[0], distances[0], cells, threshold) for scores, distances, cells in pairs])

    def _level(self, scores: Array, distances: Array, cells: Cells, threshold: float) -> Detections:
        rows, class_id = _above(scores, threshold)
        if not len(rows):
            return Detections.empty()
        stride = cells.stride[rows]
        centre = cells.xy[rows] * stride + ((stride - 1) / 2 if self.centred else 0)
        sides = _expectation(distances[rows].reshape(len(rows), 4, -1)) * stride
        xyxy = np.concatenate([centre - sides[:, :2], centre + sides[:, 2:]], axis=1)
        return _detections(xyxy, scores[rows, class_id], class_id)


@dataclass(frozen=True, slots=True, eq=False)
class Yolox:
    """YOLOX (arXiv 2107.08430): offsets from the cell, logarithms of the size; score = objectness * class."""

    outputs: tuple[str, ...]
    classes: int
    cells: Cells
    name: str = "yolox"

    def decode(self, outputs: Sequence[Array], threshold: float) -> Detections:
        table = outputs[0][0]
        rows = np.flatnonzero(table[:, 4] > threshold)  # a class score of at most 1 can't lift it again
        scores = table[rows, 5:] * table[rows, 4:5]
        kept, class_id = _above(scores, threshold)
        rows = rows[kept]
        centre = (table[rows, :2] + self.cells.xy[rows]) * self.cells.stride[rows]
        half = np.exp(np.minimum(table[rows, 2:4], _MAX_LOG_SIZE)) * self.cells.stride[rows] / 2
        return _detections(np.concatenate([centre - half, centre + half], axis=1), scores[kept, class_id], class_id)


@dataclass(frozen=True, slots=True, eq=False)
class Yolo:
    """YOLO as Ultralytics exports it (v8 and later): one column a cell, boxes decoded by the model."""

    outputs: tuple[str, ...]
    classes: int
    name: str = "yolo"

    def decode(self, outputs: Sequence[Array], threshold: float) -> Detections:
        table = outputs[0][0]
        class_id, columns = _above(table[4:], threshold)
        centre, half = table[:2, columns].T, table[2:4, columns].T / 2
        return _detections(
            np.concatenate([centre - half, centre + half], axis=1), table[4 + class_id, columns], class_id
        )


@dataclass(frozen=True, slots=True, eq=False)
class YoloEndToEnd:
    """YOLO with suppression inside the model: one row a detection."""

    outputs: tuple[str, ...]
    name: str = "yolo-e2e"
    classes: None = None

    def decode(self, outputs: Sequence[Array], threshold: float) -> Detections:
        table = outputs[0][0]
        table = table[table[:, 4] > threshold]
        return _detections(table[:, :4], table[:, 4], table[:, 5])


def recognise(outputs: Shapes, size: Size) -> Layout:
    """The layout of a model with an input of `size` that gives arrays of these names and shapes.

    Raises ModelError, with the shapes it saw, when no known layout fits.
    """
    layout = _nanodet(outputs, size) or _nanodet_plus(outputs, size) or _single(outputs, size)
    if layout is None:
        seen = ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape in outputs.items())
        raise ModelError(
            f"outputs of no known layout for an input of {size[0]}x{size[1]}: {seen}. "
            "Known are NanoDet, NanoDet-Plus, YOLOX and YOLO, exported with a batch of 1."
        )
    return layout


def _nanodet(outputs: Shapes, size: Size) -> Layout | None:
    strides = (8, 16, 32)
    names = tuple(f"{kind}{stride}" for kind in ("cls", "dis") for stride in strides)
    if set(names) != set(outputs):
        return None
    cells = tuple(Cells.of(size, [stride]) for stride in strides)
    classes = outputs["cls8"][-1]
    for name, level in zip(names, cells * 2, strict=True):
        last = classes if name.startswith("cls") else outputs["dis8"][-1]
        if outputs[name] != (1, len(level), last) or not classes or outputs["dis8"][-1] not in (32, 44):
            return None
    return Distances("nanodet", names, classes, cells, centred=True)


def _nanodet_plus(outputs: Shapes, size: Size) -> Layout | None:
    cells = Cells.of(size, (8, 16, 32, 64))
    names = tuple(sorted(outputs, key=lambda name: outputs[name][-1:] == (32,)))  # scores first
    if len(names) != 2 or any(outputs[name][:-1] != (1, len(cells)) for name in names):
        return None
    classes = outputs[names[0]][-1]
    if outputs[names[1]][-1] != 32 or not classes:
        return None
    return Distances("nanodet-plus", names, classes, (cells,), centred=False)


def _single(outputs: Shapes, size: Size) -> Layout | None:
    cells = Cells.of(size, (8, 16, 32))
    match tuple(outputs.values()):
        case ((1, rows, columns),) if rows == len(cells) and columns > 5:
            return Yolox(tuple(outputs), columns - 5, cells)
        case ((1, rows, columns),) if columns == len(cells) and rows > 4:
            return Yolo(tuple(outputs), rows - 4)
        case ((1, _, 6),):
            return YoloEndToEnd(tuple(outputs))
    return None


def _above(table: Array, threshold: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the values above the threshold; by way of flat indices, 10x faster than `nonzero` of 2-d."""
    rows, columns = np.divmod(np.flatnonzero(table > threshold), table.shape[1])
    return rows, columns


def _expectation(logits: Array) -> Array:
    """Mean of the distribution over 0..n-1 that softmax makes of the last axis."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    mean = weights @ np.arange(logits.shape[-1], dtype=np.float32) / weights.sum(axis=-1)
    return np.asarray(mean, np.float32)


def _detections(xyxy: Array, score: Array, class_id: NDArray[np.generic]) -> Detections:
    return Detections(xyxy.astype(np.float32), score.astype(np.float32), class_id.astype(np.int32))


def _joined(parts: Sequence[Detections]) -> Detections:
    return Detections(
        np.concatenate([part.xyxy for part in parts]),
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.class_id for part in parts]),
    )
