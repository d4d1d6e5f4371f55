"""An empty street and real walkers to put on it, both taken from a clip."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from edge.source import Frame
from tests.edge.fakes import START

Planes = NDArray[np.uint8]  # yuv420p as one array: (height * 3 / 2, width)
Rect = tuple[int, int, int, int]  # left, top, right, bottom in pixels
FRAMES = 400  # of the clip; the rest is held out
WALKER, WALKER_IN = (470, 180, 508, 266), 16  # one walker of vtest-sub.mp4, and the picture in which he is there
APART = 22  # grey levels between a walker and the street


@dataclass(frozen=True, slots=True)
class Stage:
    """A clip's pictures, and the street without anybody: the median of them."""

    clip: list[Planes]
    street: Planes

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.street.shape[1], self.street.shape[0] * 2 // 3

    def with_walkers(self, street: Planes, number: int, where: Rect) -> Planes:
        """`street` with those who are in `where` in picture `number` of the clip; `where` in even numbers."""
        return self.with_cutout(street, number, where, where[:2])

    def with_cutout(self, street: Planes, number: int, where: Rect, at: tuple[int, int]) -> Planes:
        """`street` with those who are in `where`, put so that its corner comes to `at` (left, top)."""
        left, top, right, bottom = where
        target = street.copy()
        mask = self.walkers(number)[top:bottom, left:right]
        for step, source, result in zip((1, 2, 2), planes(self.clip[number]), planes(target), strict=True):
            x, y = at[0] // step, at[1] // step
            cut = source[top // step : bottom // step, left // step : right // step]
            place = result[y : y + cut.shape[0], x : x + cut.shape[1]]
            place[mask[::step, ::step]] = cut[mask[::step, ::step]]
        return target

    def with_walker(self, luma: Planes, at: tuple[int, int]) -> Planes:
        """A luma plane of the clip's size with `WALKER`, his feet at `at`, where he is within the picture."""
        left, top, right, bottom = WALKER
        across, down = at[0] - (left + right) // 2, at[1] - bottom
        mask = np.zeros_like(luma)
        mask[top:bottom, left:right] = self.walkers(WALKER_IN)[top:bottom, left:right]
        shift = np.array([[1, 0, across], [0, 1, down]], np.float64)
        height, width = luma.shape
        source = cv2.warpAffine(self.clip[WALKER_IN][:height], shift, (width, height), flags=cv2.INTER_NEAREST)
        moved = cv2.warpAffine(mask, shift, (width, height), flags=cv2.INTER_NEAREST)
        return np.where(moved > 0, source, luma).astype(np.uint8)

    def walkers(self, number: int) -> NDArray[np.bool_]:
        """Where somebody is in a picture of the clip."""
        height = self.size[1]
        apart = cv2.absdiff(self.clip[number][:height], self.street[:height]) > APART
        closed = cv2.morphologyEx(apart.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
        return np.asarray(closed) > 0


def load(path: Path) -> Stage:
    """The first `FRAMES` pictures of a clip."""
    pictures: list[Planes] = []
    with av.open(str(path)) as container:
        for picture in container.decode(video=0):
            pictures.append(np.asarray(picture.to_ndarray(format="yuv420p"), np.uint8))
            if len(pictures) == FRAMES:
                break
    street = np.asarray(np.median(np.stack(pictures[:: FRAMES // 50]), axis=0), np.uint8)
    return Stage(pictures, street)


def planes(picture: Planes) -> tuple[Planes, Planes, Planes]:
    """Views of Y, U and V."""
    height, width = picture.shape[0] * 2 // 3, picture.shape[1]
    chroma = picture[height:].reshape(2, height // 2, width // 2)
    return picture[:height], chroma[0], chroma[1]


def frame(picture: Planes, at: float) -> Frame:
    """A decoded picture received `at` seconds after the start, on both clocks."""
    decoded = VideoFrame.from_ndarray(picture, format="yuv420p")
    return Frame(decoded, round(at * 90_000), 1000.0 + at, START + timedelta(seconds=at), late=False)
