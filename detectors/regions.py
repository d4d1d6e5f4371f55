"""Parts of a picture to look at alone, at the same scale as the whole: what a look costs grows with its pixels."""

from dataclasses import dataclass
from math import ceil

from core.geometry import Box
from detectors.preprocess import Size

STEP = 32  # tensor pixels; the grid of the coarsest level of the networks that are shipped
WORTH = 0.5  # share of the whole input above which a region saves too little


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle in even pixels of the picture, as YUV 4:2:0 needs it, and the input (height, width) it is seen at."""

    left: int
    top: int
    width: int
    height: int
    input: Size

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height


def covering(needed: Box, picture: Size, whole: Size) -> Region | None:
    """A region of a `picture` (height, width) around `needed` (left, top, right, bottom, as fractions of it).

    `whole` is the input (height, width) at which the whole picture is seen. None where the whole costs little more.
    """
    scale = min(whole[0] / picture[0], whole[1] / picture[1])
    left, width, across = _stretch(needed[0] * picture[1], needed[2] * picture[1], picture[1], scale, whole[1])
    top, height, down = _stretch(needed[1] * picture[0], needed[3] * picture[0], picture[0], scale, whole[0])
    if across * down > WORTH * whole[0] * whole[1]:
        return None
    return Region(left, top, width, height, (down, across))


def _stretch(first: float, last: float, length: int, scale: float, whole: int) -> tuple[int, int, int]:
    """(start, length) in pixels around first..last, and the tensor's length for it.

    Both ends lie on the network's grid as it lies over the whole picture: so an object is seen in a region as it is in
    the whole, and a track does not tremble when the two take turns.
    """
    begin = int(first * scale) // STEP * STEP
    end = min(whole, ceil(last * scale / STEP) * STEP)
    start = min(int(begin / scale) // 2 * 2, length - 2)
    size = min(length - start, round((end - begin) / scale / 2) * 2)
    return start, size, end - begin
