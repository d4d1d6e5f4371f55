"""How good the tracker is: MOTA, IDF1 and HOTA against ground truth, computed by the `trackeval` package."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from trackeval.metrics import CLEAR, HOTA, Identity

from detectors import registry
from detectors.fitted import FittedDetector
from detectors.suppression import iou_table
from edge.motion import MotionGate
from edge.pace import Pace
from edge.sight import Sight
from edge.tracking import LOWEST
from ekamling.evaluation.footage import Span, shots
from ekamling.evaluation.truth import Boxes


@dataclass(frozen=True, slots=True)
class TrackingScores:
    """Shares 0..1, and the count of identity switches. CLEAR: Bernardin 2008; IDF1: Ristani 2016; HOTA: Luiten 2021."""

    mota: float
    idf1: float
    hota: float
    switches: int
    precision: float
    recall: float
    frames: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What was tracked in a video: visible and carried-on boxes by frame, the video's rate, and its picture's size."""

    boxes: Mapping[int, Boxes]
    rate: float
    size: tuple[int, int]


def track(video: Path, span: Span, fps: float, model: str, label: str, progress: Callable[[int], None]) -> Seen:
    """What an edge sees of the objects of class `label`, by its own motion gate, detector and tracker.

    Raises SourceError where the file is no video.
    """
    detector = FittedDetector(registry.find(model), score_threshold=LOWEST)
    sight, gate = Sight(detector, threading.Semaphore(), Pace(fps)), MotionGate()
    seen: dict[int, Boxes] = {}
    rate, size = 1.0, (1, 1)
    for shot in shots(video, span, fps):
        rate, size = shot.rate, (shot.image.width, shot.image.height)
        tracks = sight.look(shot.image, gate.update(shot.image.y), shot.seconds + 1.0) or []
        scale = np.array((*size, *size))
        seen[shot.index] = Boxes.of([(track.id, *(scale * track.box)) for track in tracks if track.label == label])
        progress(shot.index)
    return Seen(seen, rate, size)


def compare(seen: Mapping[int, Boxes], truth: Mapping[int, Boxes]) -> TrackingScores:
    """Scores of what was seen; frames without an annotation count as empty."""
    data = _table(seen, truth)
    quiet = {"PRINT_CONFIG": False}
    clear: dict[str, Any] = CLEAR(quiet).eval_sequence(data)
    identity: dict[str, Any] = Identity(quiet).eval_sequence(data)
    hota: dict[str, Any] = HOTA().eval_sequence(data)
    return TrackingScores(
        mota=round(float(clear["MOTA"]), 4),
        idf1=round(float(identity["IDF1"]), 4),
        hota=round(float(np.mean(hota["HOTA"])), 4),
        switches=int(clear["IDSW"]),
        precision=round(float(clear["CLR_Pr"]), 4),
        recall=round(float(clear["CLR_Re"]), 4),
        frames=len(seen),
    )


def _table(seen: Mapping[int, Boxes], truth: Mapping[int, Boxes]) -> dict[str, Any]:
    """The sequence in the shape that trackeval reads: ids counted from 0, similarities by frame."""
    empty = Boxes.of([])
    pairs = [(truth.get(frame, empty), boxes) for frame, boxes in sorted(seen.items())]
    real = {name: index for index, name in enumerate(sorted({int(i) for boxes, _ in pairs for i in boxes.id}))}
    ours = {name: index for index, name in enumerate(sorted({int(i) for _, boxes in pairs for i in boxes.id}))}
    return {
        "num_timesteps": len(pairs),
        "num_gt_ids": len(real),
        "num_tracker_ids": len(ours),
        "num_gt_dets": sum(len(boxes.id) for boxes, _ in pairs),
        "num_tracker_dets": sum(len(boxes.id) for _, boxes in pairs),
        "gt_ids": [np.array([real[int(i)] for i in boxes.id], int) for boxes, _ in pairs],
        "tracker_ids": [np.array([ours[int(i)] for i in boxes.id], int) for _, boxes in pairs],
        "similarity_scores": [iou_table(real_boxes.xyxy, our_boxes.xyxy) for real_boxes, our_boxes in pairs],
    }
