"""What disturbs a camera without anybody being there: weather, light, the camera itself, leaves and insects.

Each is a function of a luma plane (height, width) and of the seconds since it began; it changes nothing in place and
is the same each time it is asked. `QUIET` names them all.
"""

from collections.abc import Callable
from math import cos, pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
Disturbance = Callable[[Luma, float], Luma]

_NOISE = np.random.default_rng(1).normal(0, 1, (720, 960)).astype(np.float32)
_LEAVES = np.random.default_rng(2).integers(20, 120, (40, 60)).astype(np.uint8)


def noise(luma: Luma, seconds: float, deviation: float = 4.0) -> Luma:
    """A sensor's noise, another in each picture."""
    random = np.random.default_rng(round(seconds * 1000))
    height, width = luma.shape
    top, left = random.integers(_NOISE.shape[0] - height), random.integers(_NOISE.shape[1] - width)
    grain = _NOISE[top : top + height, left : left + width] * np.float32(deviation)
    return _luma(cv2.add(luma, grain, dtype=cv2.CV_8U))


def dark(luma: Luma, seconds: float) -> Luma:
    """A night with little light: a good third of the contrast, much noise."""
    return noise(_luma(cv2.convertScaleAbs(luma, alpha=0.4, beta=16)), seconds, 5.0)


def rain(luma: Luma, seconds: float) -> Luma:
    """A hundred streaks, some of them near the lens."""
    random = np.random.default_rng(round(seconds * 1000))
    height, width = luma.shape
    streaks = np.zeros_like(luma)
    for number in range(100):
        x, y = int(random.integers(width)), int(random.integers(-40, height))
        near = number < 6
        length, bright = (90, 90) if near else (int(random.integers(8, 28)), int(random.integers(20, 60)))
        cv2.line(streaks, (x, y), (x + length // 6, y + length), bright, 2 if near else 1)
    return _luma(cv2.add(luma, cv2.GaussianBlur(streaks, (3, 3), 0)))


def insects(luma: Luma, seconds: float) -> Luma:
    """Two insects that fly by the lens, and one that dances before it."""
    height, width = luma.shape
    picture = luma.copy()
    spots = np.zeros_like(luma)
    for number, (speed, every) in enumerate(((2.1, 7.0), (-1.3, 11.0))):
        passed = seconds % every
        x = round((passed * speed if speed > 0 else 1 + passed * speed) * width)
        y = round(height * (0.3 + 0.2 * number + 0.1 * sin(9 * seconds)))
        cv2.ellipse(spots, (x, y), (26, 12), 40 * number, 0, 360, 210, -1)
    if seconds % 20 < 8:
        random = np.random.default_rng(round(seconds * 1000))
        x, y = round(width * 0.6 + random.normal(0, 30)), round(height * 0.4 + random.normal(0, 30))
        cv2.ellipse(spots, (x, y), (14, 10), 0, 0, 360, 190, -1)
    return _luma(cv2.max(picture, cv2.GaussianBlur(spots, (15, 15), 0)))


def infrared(luma: Luma, seconds: float) -> Luma:
    """Every twenty seconds the camera turns to infrared for ten: other greys, brighter in the middle."""
    if seconds % 20 >= 10:
        return luma
    height, width = luma.shape
    curve = (255 * (np.arange(256) / 255) ** 0.6 * 0.8 + 20).astype(np.uint8)
    spot = _spot(width, height, 0.5, 0.55, 0.45)
    return _luma(cv2.multiply(cv2.LUT(luma, curve), 0.55 + 0.55 * spot, dtype=cv2.CV_8U))


def lamp(luma: Luma, seconds: float) -> Luma:
    """A lamp that is switched every eight seconds and lights a third of the picture."""
    if seconds % 16 < 8:
        return luma
    height, width = luma.shape
    return _luma(cv2.multiply(luma, 0.8 + 0.9 * _spot(width, height, 0.3, 0.5, 0.22), dtype=cv2.CV_8U))


def flicker(luma: Luma, seconds: float) -> Luma:
    """A failing tube, small and bright, over a part of the picture."""
    height, width = luma.shape
    level = 1.0 if np.random.default_rng(round(seconds * 1000)).random() < 0.5 else 0.0
    return _luma(cv2.multiply(luma, 0.9 + 0.6 * level * _spot(width, height, 0.55, 0.45, 0.12), dtype=cv2.CV_8U))


def shake(luma: Luma, seconds: float) -> Luma:
    """Wind in the pole: four pixels to and fro, for five of fifteen seconds."""
    if seconds % 15 >= 5:
        return luma
    return _moved(luma, 4 * sin(2 * pi * 1.7 * seconds), 2 * cos(2 * pi * 2.3 * seconds))


def leaves(luma: Luma, seconds: float) -> Luma:
    """A branch before the camera that sways by its own breadth."""
    height, width = luma.shape
    picture = luma.copy()
    branch = cv2.resize(_LEAVES, (width // 5, height // 4), interpolation=cv2.INTER_CUBIC)
    gust = 1.0 if seconds % 30 < 15 else 0.4
    left = round(width * 0.62 + gust * 14 * sin(2 * pi * 0.45 * seconds))
    top = round(height * 0.12 + gust * 5 * sin(2 * pi * 0.7 * seconds))
    picture[top : top + branch.shape[0], left : left + branch.shape[1]] = branch
    return picture


def shadow(luma: Luma, seconds: float) -> Luma:
    """Shadows that pass: a small one with hard edges, then a cloud's."""
    height, width = luma.shape
    shade = np.ones_like(luma, np.float32)
    passed = seconds % 12
    cv2.ellipse(shade, (round(passed * 0.12 * width), round(0.6 * height)), (50, 22), 15, 0, 360, 0.6, -1)
    if seconds % 60 > 40:
        edge = round((seconds % 60 - 40) * 0.1 * width)
        shade[:, max(0, edge - width // 2) : max(0, edge)] *= np.float32(0.7)
        shade = np.asarray(cv2.GaussianBlur(shade, (41, 41), 0), np.float32)
    return _luma(cv2.multiply(luma, cv2.GaussianBlur(shade, (5, 5), 0), dtype=cv2.CV_8U))


def headlights(luma: Luma, seconds: float) -> Luma:
    """A car outside the picture turns: its lights sweep over a dark scene."""
    height, width = luma.shape
    night = cv2.convertScaleAbs(luma, alpha=0.5)
    passed = seconds % 10
    if passed > 4:
        return _luma(night)
    light = _spot(width, height, passed / 3 - 0.2, 0.6, 0.13)
    return _luma(cv2.multiply(night, 1.0 + 2.0 * light, dtype=cv2.CV_8U))


def dawn(luma: Luma, seconds: float) -> Luma:
    """Five minutes in which the light doubles."""
    return _luma(cv2.convertScaleAbs(luma, alpha=0.6 + 0.6 * min(1.0, seconds / 300)))


QUIET: dict[str, Disturbance] = {
    "noise": noise,
    "dark": dark,
    "rain": rain,
    "insects": insects,
    "infrared": infrared,
    "lamp": lamp,
    "flicker": flicker,
    "shake": shake,
    "leaves": leaves,
    "shadow": shadow,
    "headlights": headlights,
    "dawn": dawn,
}


def _spot(width: int, height: int, x: float, y: float, radius: float) -> NDArray[np.float32]:
    """A soft spot of light of height 1 around (x, y); `radius` as a share of the width."""
    across = np.exp(-(((np.arange(width) - x * width) / (radius * width)) ** 2))
    down = np.exp(-(((np.arange(height) - y * height) / (radius * width)) ** 2))
    return np.outer(down, across).astype(np.float32)


def _moved(luma: Luma, across: float, down: float) -> Luma:
    height, width = luma.shape
    shift = np.array([[1, 0, across], [0, 1, down]], np.float64)
    return _luma(cv2.warpAffine(luma, shift, (width, height), borderMode=cv2.BORDER_REPLICATE))


def _luma(picture: NDArray[np.generic]) -> Luma:
    return np.asarray(picture, np.uint8)
