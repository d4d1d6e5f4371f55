"""What one picture looks like in a few thousand numbers: enough to tell whether a camera still sees its scene.

Where edges lie and which way they run is kept of cells of `CELL` small pixels (16 px of 640), by the structure tensor
(Bigun and Granlund, 1987) in its double-angle form: the vector of an edge does not change when dark and bright are
exchanged, as they are when a camera turns to infrared, and noise, which has no direction, averages to nothing in it.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.motion import View

Field = NDArray[np.float32]
AREA = cv2.INTER_AREA

CELL = 4  # small pixels
WORK = 320  # pixels across of the picture whose fine detail is measured; finer detail falls prey to bit rates
THUMB = (20, 12)  # columns and rows of the coarsest picture
FLOOR = 3.0  # grey levels a small pixel: an edge this strong counts half
TRACE = 0.4  # the least that has a direction, half; noise that was averaged over a cell stays below
COARSE = 2.0  # grey levels: with less coarse detail than this, nothing can be said of the fine


@dataclass(frozen=True, slots=True)
class Look:
    """The measures of one picture.

    `edges`: (rows, columns, 2), the direction of the edges in each cell, 0 to 1 long by their strength; `ways` the
    same, 1 long however faint they are. `contrast`: the amplitude of the
    strongest twentieth of them, in grey levels a small pixel. `sharpness`: fine detail over coarse detail, noise taken
    out; 0 where there is no detail. `thumb`: the mean grey levels of THUMB. `bright`: the level of its brightest
    twentieth.
    """

    edges: Field
    ways: Field
    contrast: float
    sharpness: float
    thumb: Field
    bright: float


def look(view: View) -> Look:
    """Measure a picture."""
    small = view.small
    size = (max(1, small.shape[1] // CELL), max(1, small.shape[0] // CELL))
    small = small[: size[1] * CELL, : size[0] * CELL]  # whole cells: five times as fast to average
    across = cv2.Sobel(small, cv2.CV_32F, 1, 0, scale=0.25)
    down = cv2.Sobel(small, cv2.CV_32F, 0, 1, scale=0.25)
    along = cv2.resize(cv2.subtract(cv2.multiply(across, across), cv2.multiply(down, down)), size, interpolation=AREA)
    aslant = cv2.resize(cv2.multiply(across, down, scale=2.0), size, interpolation=AREA)
    power = cv2.magnitude(along, aslant)
    tensor = np.asarray(cv2.merge([along, aslant]), np.float32)
    edges = tensor / (power + np.float32(FLOOR * FLOOR))[:, :, np.newaxis]
    ways = tensor / (power + np.float32(TRACE * TRACE))[:, :, np.newaxis]
    levels = cv2.resize(small, size, interpolation=AREA)
    thumb = np.asarray(cv2.resize(levels, THUMB, interpolation=AREA), np.float32)
    return Look(edges, ways, _top(power) ** 0.5, _sharpness(view), thumb, _top(levels))


def _top(cells: NDArray[np.generic]) -> float:
    """The value that a twentieth of the cells exceeds."""
    place = cells.size * 19 // 20
    return float(np.partition(cells, place, axis=None)[place])


def _sharpness(view: View) -> float:
    height, width = view.luma.shape
    size = (WORK, max(4, height * WORK // width))
    work = np.asarray(cv2.resize(view.luma, size, interpolation=AREA), np.uint8)
    fine = _detail(work)
    coarse = _detail(np.asarray(cv2.resize(work, (size[0] // 4, size[1] // 4), interpolation=AREA), np.uint8))
    return fine / coarse if coarse > COARSE else 0.0


def _detail(picture: NDArray[np.uint8]) -> float:
    """The Laplacian of the part that has most detail, less that of the part that has least, which is noise."""
    side = max(1, picture.shape[1] // THUMB[0])
    size = (picture.shape[1] // side, max(1, picture.shape[0] // side))
    laplacian = cv2.convertScaleAbs(cv2.Laplacian(picture, cv2.CV_16S))[: size[1] * side, : size[0] * side]
    cells = np.sort(cv2.resize(laplacian, size, interpolation=AREA), axis=None)
    return float(cells[cells.size * 3 // 4 :].mean()) - float(cells[: cells.size // 10].mean())
