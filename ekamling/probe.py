"""What a camera sends, measured for a few seconds, and what an installer should change about it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from core.clock import SystemClock
from core.errors import SourceError
from edge.rtsp.client import RtspClient
from edge.rtsp.packet import Packet, StreamInfo
from edge.source import MAX_GROUP_S, Frame, RtspSource

LARGE = 1280  # pixels a side, above which a stream is dear to analyse
FAST = 15.0  # pictures a second that analysis has no use for
HEAVY = 8_000_000  # bit/s that a 4G uplink or a small disk feels


@dataclass(frozen=True, slots=True)
class Finding:
    """Figures of one stream. `keyframe_interval_s` is None where fewer than two keyframes came in the time."""

    codec: str
    width: int
    height: int
    fps: float
    bit_rate: int
    keyframe_interval_s: float | None
    first_picture_s: float
    packets_lost: int
    seconds: float


def probe(
    url: str, username: str, password: str, seconds: float, progress: Callable[[float], None]
) -> tuple[Finding, Frame]:
    """Read a stream for so many seconds; its figures and its last picture. Raises SourceError where none comes."""
    seen: list[Packet] = []
    infos: list[StreamInfo] = []

    def tap(info: StreamInfo, packet: Packet) -> None:
        infos.append(info)
        seen.append(packet)

    client = RtspClient(url, username=username, password=password)
    began = time.monotonic()
    first = last = None
    try:
        for frame in RtspSource(client, SystemClock(), tap).frames():
            first, last = first or frame, frame
            progress(time.monotonic() - began)
            if time.monotonic() - began >= seconds:
                break
    finally:
        client.close()
    if first is None or last is None:
        raise SourceError("it sent no picture that can be decoded")
    return _finding(infos[-1], seen, last, first.received - began, client.counts.lost), last


def _finding(info: StreamInfo, seen: list[Packet], frame: Frame, first_picture_s: float, lost: int) -> Finding:
    span = max((seen[-1].pts - seen[0].pts) / 90_000, 1e-3)
    keyframes = [packet.pts for packet in seen if packet.keyframe]
    intervals = [(later - earlier) / 90_000 for earlier, later in pairwise(keyframes)]
    return Finding(
        codec=info.codec,
        width=frame.size[0],
        height=frame.size[1],
        fps=round((len(seen) - 1) / span, 2),
        bit_rate=round(sum(len(packet.data) for packet in seen) * 8 / span),
        keyframe_interval_s=round(median(intervals), 2) if intervals else None,
        first_picture_s=round(first_picture_s, 2),
        packets_lost=lost,
        seconds=round(span, 1),
    )


def advice(finding: Finding) -> list[str]:
    """What to change at the camera, in sentences; none for a stream that is good to analyse."""
    interval = finding.keyframe_interval_s
    rare = interval is None or interval > MAX_GROUP_S
    checks = (
        (
            max(finding.width, finding.height) > LARGE,
            f"{finding.width}x{finding.height} is dear to analyse: name a sub stream of about 640x360 as sub_url.",
        ),
        (finding.fps > FAST, f"{finding.fps:g} pictures a second: 10 are enough for analysis and cost less."),
        (
            rare and finding.codec != "mjpeg",
            f"keyframes come {'every ' + format(interval, 'g') + ' s' if interval else 'too rarely to measure'}:"
            " set the keyframe interval to 2 s, or clips begin late.",
        ),
        (
            finding.codec == "hevc",
            "H.265 does not play in every browser: choose H.264 for the main stream, or clips may stay black.",
        ),
        (finding.codec == "mjpeg", "MJPEG gives no clips and takes much of the network: choose H.264."),
        (finding.bit_rate > HEAVY, f"{finding.bit_rate / 1e6:.1f} Mbit/s is much for a small link: 2 to 4 are enough."),
        (finding.packets_lost > 0, f"{finding.packets_lost} packets were lost: look at the cable or the Wi-Fi."),
    )
    return [sentence for wrong, sentence in checks if wrong]
