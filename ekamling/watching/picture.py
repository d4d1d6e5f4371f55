"""A look's picture and its motion in forms that a browser takes."""

import base64

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from detectors.images import Yuv420Image
from edge.snapshot import to_bgr

WIDEST = 1280  # pixels; a main stream is shown smaller
QUALITY = 80


class Motion(Struct, frozen=True):
    """What moves: one bit a small pixel, row after row from the highest bit on, in base64."""

    width: int
    height: int
    bits: str
    moving: bool


def jpeg(image: Yuv420Image) -> bytes:
    """The picture, at most `WIDEST` pixels wide."""
    picture = to_bgr(image)
    height, width = picture.shape[:2]
    if width > WIDEST:
        size = (WIDEST, height * WIDEST // width)
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def motion(changed: NDArray[np.uint8], *, moving: bool) -> Motion:
    """`changed` is that of edge.motion.View."""
    height, width = changed.shape
    return Motion(width, height, base64.b64encode(np.packbits(changed > 0).tobytes()).decode(), moving)
