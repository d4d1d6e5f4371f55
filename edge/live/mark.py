"""The mark on a picture: who looks at it, and when it was taken, drawn into its upper right corner.

The page writes the same into the lower left one. A photograph of a screen, or a picture that somebody passed on, then
says whose it was.
"""

import unicodedata
from datetime import datetime, timedelta, timezone

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from core.errors import EkamlingError
from core.events import MAX_SNAPSHOT_BYTES

WIB = timezone(timedelta(hours=7), "WIB")
LONGEST_NAME = 40
FONT = cv2.FONT_HERSHEY_SIMPLEX
FONT_HEIGHT = 22.0  # pixels of a capital letter of that font at scale 1
SHARE = 1 / 28  # of the picture's height that a capital letter takes
SMALLEST = 0.35  # scale below which it cannot be read
QUALITIES = (75, 55, 35)  # of a picture that is made anew, until it fits a message
LIGHT, DARK = 235, 16  # in video range


def words(viewer: str, taken: datetime) -> str:
    """What is drawn: the name, as far as Latin letters can say it, and the time in WIB."""
    plain = unicodedata.normalize("NFKD", viewer).encode("ascii", "ignore").decode()
    name = " ".join("".join(letter if letter.isprintable() else " " for letter in plain).split())[:LONGEST_NAME].strip()
    return f"{name} {taken.astimezone(WIB):%Y-%m-%d %H:%M:%S} WIB".strip()


def on_jpeg(jpeg: bytes, text: str) -> bytes:
    """The picture with the mark; raises EkamlingError for what is no picture."""
    packed = np.frombuffer(jpeg, np.uint8)
    picture = cv2.imdecode(packed, cv2.IMREAD_COLOR) if packed.size else None
    if picture is None:
        raise EkamlingError("a picture of the camera cannot be read")
    marked = np.asarray(picture, dtype=np.uint8)
    _draw(marked, text, (LIGHT,) * 3, (DARK,) * 3)
    for quality in QUALITIES:
        made = cv2.imencode(".jpg", marked, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(made) <= MAX_SNAPSHOT_BYTES:
            return made
    raise EkamlingError(f"a picture of the camera does not fit {MAX_SNAPSHOT_BYTES} bytes")


def on_frame(frame: VideoFrame, text: str) -> VideoFrame:
    """A decoded picture of even sides with the mark, as yuv420p, without a time. It is drawn on the luma only: the
    colours of what lies under it tint it, and it stays light on dark."""
    planes = np.asarray(frame.to_ndarray(format="yuv420p"), dtype=np.uint8)
    _draw(planes[: frame.height], text, (LIGHT,), (DARK,))
    return VideoFrame.from_ndarray(planes, format="yuv420p")


def _draw(picture: NDArray[np.uint8], text: str, light: tuple[int, ...], dark: tuple[int, ...]) -> None:
    """Draw in place: light letters with a dark outline, made smaller where the picture is narrow."""
    height, width = picture.shape[:2]
    scale = max(SMALLEST, height * SHARE / FONT_HEIGHT)
    edge = max(2, round(height / 90))
    (wide, high), _ = cv2.getTextSize(text, FONT, scale, 1)
    if wide > width - 2 * edge:
        scale *= max(0.1, (width - 2 * edge) / wide)
        (wide, high), _ = cv2.getTextSize(text, FONT, scale, 1)
    left, base, line = width - edge - wide, edge + high, max(1, round(height / 700))
    for right, down in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        place = (left + right * line, base + down * line)
        cv2.putText(picture, text, place, FONT, scale, dark, 1, cv2.LINE_AA)
    cv2.putText(picture, text, (left, base), FONT, scale, light, 1, cv2.LINE_AA)
