"""Streams whose pictures say which they are: a row of black and white squares holds the number of each."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from ekamling.bench.footage import FPS, GOP, Stream
from ekamling.footage import clip

SECONDS = 20
BITS = 10  # for 500 pictures; behind them stands how many are ones, and one more: no torn or black picture is read
CHECK_BITS = 4
SQUARE = 32  # pixels a side, at the upper left


def build(stream: Stream, folder: Path) -> Path:
    """The clip of a stream; made once a folder."""
    path = folder / f"stamped-{stream.name}.mp4"
    if path.exists():
        return path
    with av.open(str(path), "w") as container:
        options = {"preset": "veryfast", "tune": "zerolatency", "sc_threshold": "0"}
        video = container.add_stream("libx264", rate=FPS, options=options)
        video.width, video.height, video.pix_fmt = stream.width, stream.height, "yuv420p"
        video.bit_rate, video.gop_size = stream.bit_rate, GOP
        video.codec_context.time_base = Fraction(1, FPS)
        for number, picture in enumerate(_pictures(stream)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = number
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def _pictures(stream: Stream) -> Iterator[NDArray[np.uint8]]:
    with av.open(str(clip("vtest-sub.mp4"))) as container:
        frames = [
            np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in islice(container.decode(video=0), 200)
        ]
    for number in range(SECONDS * FPS):
        picture = cv2.resize(frames[number * 10 // FPS % len(frames)], (stream.width, stream.height))
        bits = [number >> bit & 1 for bit in range(BITS)]
        bits += [sum(bits) + 1 >> bit & 1 for bit in range(CHECK_BITS)]
        for place, bit in enumerate(bits):
            picture[:SQUARE, place * SQUARE : (place + 1) * SQUARE] = 255 * bit
        yield np.asarray(picture, dtype=np.uint8)
