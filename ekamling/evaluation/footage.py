"""A recorded video as a slow camera: every so many frames of it, with the time at which each would have been seen."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from core.errors import EkamlingError, SourceError
from detectors.images import Yuv420Image
from edge.source import planes


@dataclass(frozen=True, slots=True)
class Shot:
    """Frame `index` of the video (0-based), seen `seconds` after the first one."""

    index: int
    seconds: float
    image: Yuv420Image
    rate: float  # of the video, in frames a second


@dataclass(frozen=True, slots=True)
class Span:
    """Frames `first` up to but without `end`; `end` None for all."""

    first: int = 0
    end: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Span":
        """Read `A:B`, `A:` or `:B`; raises EkamlingError for anything else."""
        first, separator, end = text.partition(":")
        try:
            span = cls(int(first or 0), int(end) if end else None)
        except ValueError:
            separator = ""
            span = cls()
        if not separator or span.first < 0 or (span.end is not None and span.end <= span.first):
            raise EkamlingError(f"--frames {text!r} is not of the form A:B with A below B")
        return span


def shots(video: Path, span: Span, fps: float) -> Iterator[Shot]:
    """The frames of a span that a camera loop at `fps` would look at; SourceError where the file is no video."""
    try:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            rate = float(stream.average_rate or 0)
            if not rate:
                raise SourceError(f"{video}: states no frame rate")
            step = max(1, math.floor(rate / fps + 0.5))
            for index, frame in enumerate(container.decode(stream)):
                if span.end is not None and index >= span.end:
                    return
                if index >= span.first and (index - span.first) % step == 0:
                    yield Shot(index, (index - span.first) / rate, planes(frame), rate)
    except (av.FFmpegError, OSError, IndexError) as error:
        raise SourceError(f"{video}: cannot be read as a video: {error}") from error
