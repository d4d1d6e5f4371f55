"""Short clips of every kind of camera stream: somebody bright walks through a dark street with a blue door.

Or people on a lawn, the bundled footage, where a real detector is to find them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ekamling.footage import clip
from tests.edge.fakes import BRIGHT, DARK

RATE = 10
PICTURES = 12
LAWN_PICTURES = 25
KEYFRAME_EVERY = 6
BLUE = (190, 110)  # U and V of the door
ENCODERS = {"h264": "libx264", "hevc": "libx265", "mjpeg": "mjpeg"}
OPTIONS = {
    "h264": {"preset": "ultrafast", "tune": "zerolatency"},
    "hevc": {"preset": "ultrafast", "tune": "zerolatency", "x265-params": "log-level=error"},
}
SAMPLINGS = {"yuvj420p": 0x221111, "yuvj422p": 0x211111, "yuvj444p": 0x111111}  # as OpenCV's encoder takes them


@dataclass(frozen=True)
class Recording:
    """What a camera sends. `pixels` is libav's name of the format; `restart`: MJPEG blocks between restart markers.

    `lawn`: the footage in place of the street.
    """

    codec: str
    width: int
    height: int
    pixels: str = "yuv420p"
    restart: int = 0
    lawn: bool = False

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def full(self) -> bool:
        """Whether its luma is 0..255, as libav's names with a j say."""
        return self.pixels.startswith("yuvj")

    def __str__(self) -> str:
        return f"{self.codec}-{self.width}x{self.height}-{self.pixels}"


def street(recording: Recording, number: int) -> NDArray[np.uint8]:
    """The planes of one picture, in 4:2:0 one below the other; the door fills the upper left ninth."""
    width, height = recording.width, recording.height
    luma = np.full((height, width), DARK, np.uint8)
    middle = round((0.4 + 0.2 * abs(1 - 2 * number / PICTURES)) * width)  # there and back, so that a loop has no jump
    luma[height * 5 // 9 : height * 5 // 6, middle - width // 32 : middle + width // 32] = BRIGHT
    chroma = np.full((2, height // 2, width // 2), 128, np.uint8)
    for plane, value in zip(chroma, BLUE, strict=True):
        plane[: height // 6, : width // 6] = value
    return np.concatenate([luma.reshape(-1), chroma.reshape(-1)]).reshape(height * 3 // 2, width)


def pictures(recording: Recording) -> Iterator[VideoFrame]:
    """What it shows, in 4:2:0 of its range."""
    layout = "yuvj420p" if recording.full else "yuv420p"
    if not recording.lawn:
        for number in range(PICTURES):
            yield VideoFrame.from_ndarray(street(recording, number), format=layout)
        return
    with av.open(str(clip("vtest-main.mp4"))) as container:
        for frame in islice(container.decode(video=0), LAWN_PICTURES):
            yield frame.reformat(*recording.size, layout)


def record(recording: Recording, path: Path) -> Path:
    """Write a clip of a second or two."""
    return _record_jpeg(recording, path) if recording.codec == "mjpeg" else _record(path, recording)


def record_change(before: Recording, after: Recording, path: Path) -> Path:
    """One stream whose pictures change in the middle, as when somebody sets a camera anew; both of one codec.

    Each part lasts three rounds: one is over before an edge that is short of time has seen enough of it.
    """
    return _record(path, *3 * [before], *3 * [after])


def _record(path: Path, *recordings: Recording) -> Path:
    with av.open(str(path), "w", format="mpegts") as container:
        stream = _stream(container, recordings[0])
        for position, recording in enumerate(recordings):
            for packet in coded(recording, position * PICTURES):
                packet.stream = stream
                container.mux(packet)
    return path


def _stream(container: OutputContainer, recording: Recording) -> VideoStream:
    stream = container.add_stream(ENCODERS[recording.codec], rate=RATE)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = recording.width, recording.height, recording.pixels
    stream.codec_context.options = OPTIONS.get(recording.codec, {})
    return stream


def coded(recording: Recording, first: int = 0) -> Iterator["av.Packet[VideoStream]"]:
    """The pictures in Annex-B, parameter sets before each keyframe; `first` is the number of the first one."""
    encoder = av.CodecContext.create(ENCODERS[recording.codec], "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = recording.width, recording.height, recording.pixels
    encoder.time_base, encoder.framerate = Fraction(1, RATE), Fraction(RATE)
    encoder.gop_size, encoder.max_b_frames, encoder.options = KEYFRAME_EVERY, 0, OPTIONS[recording.codec]
    for number, picture in enumerate(pictures(recording)):
        frame = picture if picture.format.name == recording.pixels else picture.reformat(format=recording.pixels)
        frame.pts, frame.time_base, frame.pict_type = first + number, Fraction(1, RATE), PictureType.NONE
        yield from encoder.encode(frame)
    yield from encoder.encode(None)


def _record_jpeg(recording: Recording, path: Path) -> Path:
    settings = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, SAMPLINGS[recording.pixels]]
    settings += [cv2.IMWRITE_JPEG_RST_INTERVAL, recording.restart]
    with av.open(str(path), "w", format="avi") as container:
        stream = _stream(container, recording)
        for number, frame in enumerate(pictures(recording)):
            packet = av.Packet(cv2.imencode(".jpg", frame.to_ndarray(format="bgr24"), settings)[1].tobytes())
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, RATE), True
            packet.pts = packet.dts = number
            container.mux(packet)
    return path
