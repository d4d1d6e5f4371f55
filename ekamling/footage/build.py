"""Build the demonstration clips from OpenCV's `vtest.avi`: run `python -m ekamling.footage.build SOURCE FOLDER`.

The result depends on nothing but the source and the versions of libx264 and libavformat: one thread, no dates.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import PictureType, VideoFrame

from core.errors import EkamlingError, StorageError

FRAMES_PER_SECOND = 10
KEYFRAME_EVERY = 20  # frames: a viewer who joins waits at most two seconds of footage for a whole picture


@dataclass(frozen=True, slots=True)
class Rendition:
    """One clip to make; `crf` is libx264's constant quality, chosen so that both clips stay below 3 MB together."""

    name: str
    width: int
    height: int
    crf: float


RENDITIONS = (
    Rendition("vtest-main.mp4", 768, 576, 35.0),
    Rendition("vtest-sub.mp4", 512, 384, 37.0),
)


def frames(source: Path) -> Iterator[VideoFrame]:
    """The source's pictures in order; StorageError if it is no readable video."""
    try:
        with av.open(str(source)) as container:
            yield from container.decode(video=0)
    except (OSError, IndexError, av.error.FFmpegError) as error:
        raise StorageError(f"{source} is no readable video: give the path of OpenCV's vtest.avi") from error


def build(source: Path, target: Path, rendition: Rendition) -> None:
    """Encode the whole source as H.264 without B-frames, closed groups of pictures, index at the front."""
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(target), "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND)
        stream.width, stream.height, stream.pix_fmt = rendition.width, rendition.height, "yuv420p"
        context = stream.codec_context
        context.thread_count = 1
        context.gop_size = KEYFRAME_EVERY
        context.max_b_frames = 0
        context.options = {
            "preset": "veryslow",
            "profile": "main",
            "crf": str(rendition.crf),
            "x264-params": f"keyint={KEYFRAME_EVERY}:min-keyint={KEYFRAME_EVERY}:scenecut=0:open-gop=0:bframes=0",
            "flags": "+bitexact+cgop",
        }
        for number, frame in enumerate(frames(source)):
            picture = frame.reformat(rendition.width, rendition.height, "yuv420p", interpolation="AREA")
            picture.pts, picture.time_base = number, Fraction(1, FRAMES_PER_SECOND)
            picture.pict_type = PictureType.NONE  # else the source's keyframes would be forced upon the encoder
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the bundled demonstration clips.")
    parser.add_argument("source", type=Path, help="vtest.avi of OpenCV's examples")
    parser.add_argument("folder", type=Path, help="where the clips are written")
    chosen = parser.parse_args(arguments)
    try:
        for rendition in RENDITIONS:
            build(chosen.source, chosen.folder / rendition.name, rendition)
    except EkamlingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
