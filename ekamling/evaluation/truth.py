"""Ground truth of tracks: who stands where in which frame, as people have annotated it."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import EkamlingError


@dataclass(frozen=True, slots=True)
class Boxes:
    """The objects of one frame: `id` (n,) and `xyxy` (n, 4) in pixels."""

    id: NDArray[np.int64]
    xyxy: NDArray[np.float32]

    @classmethod
    def of(cls, rows: list[tuple[int, float, float, float, float]]) -> "Boxes":
        table = np.array(rows, float).reshape(-1, 5)
        return cls(table[:, 0].astype(np.int64), table[:, 1:].astype(np.float32))


def read(path: Path) -> Mapping[int, Boxes]:
    """Boxes by frame from lines `frame,id,left,top,width,height`; raises EkamlingError naming the first bad line."""
    rows: dict[int, list[tuple[int, float, float, float, float]]] = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for number, line in enumerate(csv.reader(file), start=1):
                frame, box = _row(path, number, line)
                rows.setdefault(frame, []).append(box)
    except (OSError, UnicodeDecodeError) as error:
        raise EkamlingError(f"{path}: cannot be read: {error}") from error
    if not rows:
        raise EkamlingError(f"{path}: holds no boxes")
    return {frame: Boxes.of(boxes) for frame, boxes in rows.items()}


def _row(path: Path, number: int, line: list[str]) -> tuple[int, tuple[int, float, float, float, float]]:
    try:
        frame, identity = int(line[0]), int(line[1])
        left, top, width, height = (float(value) for value in line[2:6])
    except (ValueError, IndexError) as error:
        raise EkamlingError(f"{path}: line {number} is not frame,id,left,top,width,height") from error
    return frame, (identity, left, top, left + width, top + height)
