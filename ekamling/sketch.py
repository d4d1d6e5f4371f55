"""A camera's picture with its zones and lines drawn in, so that an installer sees what a rule looks at."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import StorageError
from core.geometry import Point
from edge.rules.settings import RuleSettings
from edge.snapshot import to_bgr
from edge.source import Frame

COLOURS = ((31, 159, 245), (246, 130, 59), (94, 197, 34), (68, 68, 239), (212, 113, 168))  # BGR
FONT = cv2.FONT_HERSHEY_SIMPLEX


def save(frame: Frame, rules: Sequence[RuleSettings], path: Path) -> None:
    """Write the picture as JPEG or PNG, by the name's ending; raises StorageError where that cannot be done."""
    picture = to_bgr(frame.image())
    for number, rule in enumerate(rules):
        _draw(picture, rule, COLOURS[number % len(COLOURS)])
    try:
        good = cv2.imwrite(str(path), picture)
    except cv2.error:
        good = False
    if not good:
        raise StorageError(f"{path}: cannot be written as a picture; the name must end in .jpg or .png")


def _draw(picture: NDArray[np.uint8], rule: RuleSettings, colour: tuple[int, int, int]) -> None:
    """One rule: its zone closed, its line with an arrow towards its second point, its name at the first one."""
    points = [_pixel(point, picture) for point in (rule.line if rule.kind == "crossing" else rule.zone)]
    if not points:
        return  # a rule of the whole picture
    if rule.kind == "crossing":
        cv2.arrowedLine(picture, points[0], points[1], colour, 2, cv2.LINE_AA, tipLength=0.05)
    else:
        cv2.polylines(picture, [np.array(points, np.int32)], True, colour, 2, cv2.LINE_AA)
    x, y = points[0]
    for ink, width in (((0, 0, 0), 3), (colour, 1)):
        cv2.putText(picture, rule.id, (x + 4, max(14, y - 6)), FONT, 0.5, ink, width, cv2.LINE_AA)


def _pixel(point: Point, picture: NDArray[np.uint8]) -> tuple[int, int]:
    height, width = picture.shape[:2]
    return round(point[0] * (width - 1)), round(point[1] * (height - 1))
