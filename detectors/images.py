"""The two kinds of picture a source may hand on: packed BGR, or the three planes a video decoder gives."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError


@dataclass(frozen=True, slots=True)
class BgrImage:
    """A picture as (height, width, 3) uint8 in the order blue, green, red."""

    pixels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or 0 in self.pixels.shape:
            raise SourceError(f"a BGR picture has the shape (height, width, 3), not {self.pixels.shape}")

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True)
class Yuv420Image:
    """A picture as BT.601 planes: `y` (height, width), `u` and `v` half of it each way, rounded up; all uint8.

    `full_range` tells 0..255 (JPEG, yuvj420p) from the usual 16..235 of video. Planes may be views with longer strides.
    """

    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]
    full_range: bool = False

    def __post_init__(self) -> None:
        if self.y.ndim != 2 or 0 in self.y.shape:
            raise SourceError(f"a Y plane has the shape (height, width), not {self.y.shape}")
        half = ((self.height + 1) // 2, (self.width + 1) // 2)
        if self.u.shape != half or self.v.shape != half:
            raise SourceError(
                f"planes U and V must be {half} beside Y {self.y.shape}, not {self.u.shape}, {self.v.shape}"
            )

    @property
    def width(self) -> int:
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        return int(self.y.shape[0])


Image = BgrImage | Yuv420Image
