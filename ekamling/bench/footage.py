"""Streams to measure on: quiet for four fifths of the time, walkers for one, with the noise of a real sensor."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from ekamling.footage import clip

FPS = 25
SECONDS = 30
ACTIVE = 0.2  # share of the time in which somebody walks
NOISE = 2.0  # grey levels of deviation: without it every quiet picture would cost nothing to decode
GOP = 50
SEED = 20261122


@dataclass(frozen=True, slots=True)
class Stream:
    """A kind of stream: its picture and its rate in bit/s."""

    name: str
    width: int
    height: int
    bit_rate: int


SUB = Stream("sub", 640, 360, 500_000)
MAIN = Stream("main", 1920, 1080, 3_000_000)


def build(stream: Stream, folder: Path) -> Path:
    """The clip of a stream, made from the bundled footage; made once a folder."""
    path = folder / f"bench-{stream.name}.mp4"
    if path.exists():
        return path
    partial = path.with_suffix(".part")
    with av.open(str(partial), "w", format="mp4") as container:
        options = {"preset": "veryfast", "bf": "0", "sc_threshold": "0", "profile": "main"}
        video = container.add_stream("libx264", rate=FPS, options=options)
        video.width, video.height, video.pix_fmt = stream.width, stream.height, "yuv420p"
        video.bit_rate, video.gop_size = stream.bit_rate, GOP
        video.codec_context.time_base = Fraction(1, FPS)
        for index, picture in enumerate(_pictures(stream)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = index
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    partial.replace(path)
    return path


def _pictures(stream: Stream) -> Iterator[NDArray[np.uint8]]:
    """Walkers first, then the empty place, each picture with noise of its own."""
    walkers, empty = _source(stream)
    noise = np.random.default_rng(SEED)
    grains = [noise.normal(0, NOISE, (stream.height, stream.width, 1)).astype(np.int16) for _ in range(16)]
    for index in range(SECONDS * FPS):
        walking = index < ACTIVE * SECONDS * FPS
        picture = walkers[index * 10 // FPS % len(walkers)] if walking else empty
        grain = grains[int(noise.integers(len(grains)))]
        shift = (int(noise.integers(stream.height)), int(noise.integers(stream.width)))
        yield np.clip(picture + np.roll(grain, shift, (0, 1)), 0, 255).astype(np.uint8)


def _source(stream: Stream) -> tuple[list[NDArray[np.int16]], NDArray[np.int16]]:
    """The bundled pictures with walkers, and the place without them (the median over time)."""
    with av.open(str(clip("vtest-main.mp4"))) as container:
        frames = [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in container.decode(video=0)]
    walkers = [_fit(frame, stream) for frame in frames[: int(ACTIVE * SECONDS * 10)]]
    empty = np.median(np.stack(frames[::25]), axis=0).astype(np.uint8)
    return walkers, _fit(empty, stream)


def _fit(picture: NDArray[np.uint8], stream: Stream) -> NDArray[np.int16]:
    """Cut to the stream's aspect, keeping the lower part where people walk, and scale."""
    height, width = picture.shape[:2]
    wanted = width * stream.height // stream.width
    cut = picture[height - wanted - (height - wanted) // 3 :][:wanted]
    return cv2.resize(cut, (stream.width, stream.height), interpolation=cv2.INTER_CUBIC).astype(np.int16)
