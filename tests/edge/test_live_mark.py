"""The name and the time on a picture."""

from datetime import UTC, datetime

import numpy as np
import pytest
from av.video.frame import VideoFrame

from edge.live import mark

TAKEN = datetime(2026, 11, 23, 20, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("Bripka Sri Wahyuni", "Bripka Sri Wahyuni 2026-11-24 03:04:05 WIB"),
        ("Ñandú\n\x00Éka", "Nandu Eka 2026-11-24 03:04:05 WIB"),
        ("", "2026-11-24 03:04:05 WIB"),
        ("\u4f60\u597d", "2026-11-24 03:04:05 WIB"),
        ("x" * 500, "x" * mark.LONGEST_NAME + " 2026-11-24 03:04:05 WIB"),
    ],
)
def test_the_name_is_written_in_latin_letters_and_the_time_in_wib(name: str, drawn: str) -> None:
    assert mark.words(name, TAKEN) == drawn


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (640, 360), (352, 288), (128, 96), (16, 16)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_it_can_be_read_on_any_ground_and_fits_any_picture(width: int, height: int, level: int) -> None:
    frame = VideoFrame.from_ndarray(np.full((height * 3 // 2, width), level, np.uint8), format="yuv420p")
    marked = mark.on_frame(frame, mark.words("Bripka Sri Wahyuni", TAKEN))
    assert (marked.width, marked.height) == (width, height)
    luma = np.asarray(marked.to_ndarray(format="yuv420p"))[:height].astype(int)
    if height >= 96:
        assert np.abs(luma - level).max() > 90  # light letters or their dark outline stand out
    if height >= 288:
        assert luma.max() - luma.min() > 150
        assert not np.any(luma[height // 4 :] - level)
