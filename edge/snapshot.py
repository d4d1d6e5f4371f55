"""Snapshots: one small JPEG of the picture in which a rule fired, with the object's box drawn on a copy."""

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import EkamlingError
from core.events import MAX_SNAPSHOT_BYTES
from core.geometry import Box
from detectors.images import Yuv420Image

QUALITIES = (85, 75, 65, 55, 45, 35)
SHRINK = 0.75
LONGEST = 1280  # pixels a side; more does not fit the limit, and a try at 3840x2160 takes half a second
AMBER = (31, 159, 245)  # BGR, readable on day and infra-red pictures


def to_bgr(image: Yuv420Image) -> NDArray[np.uint8]:
    """A packed BGR copy, (height, width, 3)."""
    height, width = image.height & ~1, image.width & ~1
    planes = np.concatenate(
        [
            image.y[:height, :width].reshape(-1),
            image.u[: height // 2, : width // 2].reshape(-1),
            image.v[: height // 2, : width // 2].reshape(-1),
        ]
    )
    packed = planes.reshape(height * 3 // 2, width)
    if image.full_range:  # cvtColor knows video range only: shadows would turn black and lamps white
        luma, chroma = packed[:height], packed[height:]
        cv2.convertScaleAbs(luma, dst=luma, alpha=219 / 255, beta=16)
        cv2.convertScaleAbs(chroma, dst=chroma, alpha=224 / 255, beta=128 - 128 * 224 / 255)
    return np.asarray(cv2.cvtColor(packed, cv2.COLOR_YUV2BGR_I420), dtype=np.uint8)


def encode(image: Yuv420Image, box: Box | None, limit: int = MAX_SNAPSHOT_BYTES) -> bytes:
    """A JPEG of at most `limit` bytes; `box` in fractions of the picture. Quality falls first, then size."""
    picture = _at_most(to_bgr(image), LONGEST)
    if box is not None:
        _draw(picture, box)
    for _ in range(12):
        for quality in QUALITIES:
            jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
            if len(jpeg) <= limit:
                return jpeg
        picture = np.asarray(
            cv2.resize(picture, None, fx=SHRINK, fy=SHRINK, interpolation=cv2.INTER_AREA), dtype=np.uint8
        )
    raise EkamlingError(f"a picture of {image.width}x{image.height} does not fit {limit} bytes")


def _at_most(picture: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """The picture with sides of at most `longest` pixels."""
    height, width = picture.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _draw(picture: NDArray[np.uint8], box: Box) -> None:
    height, width = picture.shape[:2]
    corner = (round(box[0] * width), round(box[1] * height))
    opposite = (round(box[2] * width), round(box[3] * height))
    cv2.rectangle(picture, corner, opposite, (0, 0, 0), 3)
    cv2.rectangle(picture, corner, opposite, AMBER, 1)
