"""Which stream serves a wish, and whether it goes out as the camera made it."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.live.messages import Stream


@dataclass(frozen=True)
class Plan:
    """`anew`: it is decoded, and encoded for each of its viewers, because nothing else can be sent."""

    stream: Stream
    anew: bool


def planned(codecs: Mapping[Stream, str], wish: Stream, *, touched: bool = False) -> Plan | None:
    """How a camera with these codecs is shown; None where it brings nothing.

    The wished stream, or the other one, goes out untouched where it is H.264. Where neither is, or where something must
    be drawn on the pictures (`touched`), the sub stream is made anew, which this machine decodes for analysis anyway.
    """
    if not touched:
        order: tuple[Stream, Stream] = ("main", "sub") if wish == "main" else ("sub", "main")
        for stream in order:
            if codecs.get(stream) == "h264":
                return Plan(stream, anew=False)
    if not codecs:
        return None
    return Plan("sub" if "sub" in codecs else "main", anew=True)
