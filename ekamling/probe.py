"""What a camera sends, measured for a few seconds, and what an installer should change about it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from urllib.parse import urlsplit

from core.clock import SystemClock
from core.errors import SourceError
from edge.rtsp.client import RtspClient
from edge.rtsp.packet import Packet, StreamInfo
from edge.settings import CameraSettings
from edge.source import MAX_GROUP_S, Frame, RtspSource
from ekamling.discovery import paths

LARGE = 1280  # pixels a side, above which a stream is dear to analyse
FAST = 15.0  # pictures a second that analysis has no use for
HEAVY = 8_000_000  # bit/s that a 4G uplink or a small disk feels
SETTLED_S = 1.0  # cameras begin with pictures that they had kept
UNEVEN_S = 0.5  # that pictures may come later than the promptest one before an event is noticeably late
CLOCK_S = 5.0  # that a camera's clock may be off; a report's own way takes less than one


@dataclass(frozen=True, slots=True)
class Finding:
    """Figures of one stream. `keyframe_interval_s` is None where fewer than two keyframes came in the time.

    `uneven_s`: how much later pictures come than the promptest one, 95th percentile; None where the look was too short.
    `clock_off_s`: how far the camera's clock is ahead of this machine's; None where it tells no time.
    The whole way from the lens to here cannot be told from the stream: only its changes can.
    """

    codec: str
    width: int
    height: int
    fps: float
    bit_rate: int
    keyframe_interval_s: float | None
    first_picture_s: float
    packets_lost: int
    seconds: float
    uneven_s: float | None = None
    clock_off_s: float | None = None


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
    return _finding(infos[-1], seen, last, first.received - began, client), last


def _finding(info: StreamInfo, seen: list[Packet], frame: Frame, first_picture_s: float, client: RtspClient) -> Finding:
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
        packets_lost=client.counts.lost,
        seconds=round(span, 1),
        uneven_s=_uneven(seen),
        clock_off_s=None if frame.clock_off_s is None else round(frame.clock_off_s, 1),
    )


def _uneven(seen: Sequence[Packet]) -> float | None:
    """How much later than the promptest packet the others come, by their own times; 95th percentile by nearest rank."""
    settled = [packet for packet in seen if packet.received - seen[0].received >= SETTLED_S]
    delays = sorted(packet.received - packet.pts / 90_000 for packet in settled)
    if len(delays) < 10:
        return None
    return round(delays[-(-len(delays) * 95 // 100) - 1] - delays[0], 3)


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
        (
            (finding.uneven_s or 0) > UNEVEN_S,
            f"pictures come up to {finding.uneven_s} s late: the network or the camera is busy, so events will be too.",
        ),
        (
            abs(finding.clock_off_s or 0) > CLOCK_S,
            f"the camera's clock is {clock(finding.clock_off_s)}: give it a time server (NTP), or its recordings"
            " and our events carry different times.",
        ),
    )
    return [sentence for wrong, sentence in checks if wrong]


def clock(off_s: float | None) -> str:
    """How far a camera's clock is off, in words."""
    if off_s is None:
        return "unknown, it tells no time"
    if abs(off_s) < 1:
        return "right within a second"
    return f"{abs(off_s):.0f} s {'ahead' if off_s > 0 else 'behind'}"


def advice_on(camera: CameraSettings) -> list[str]:
    """What to change in the camera's own table of edge.toml."""
    parts = urlsplit(camera.url)
    sub = paths.sub_of(parts.path + (f"?{parts.query}" if parts.query else ""))
    usual = f" (this maker's is usually {parts.scheme}://{parts.netloc}{sub})" if sub else ""
    checks = (
        (
            not camera.sub_url,
            f"no sub_url: name the camera's small stream{usual}, or all is analysed from the large one.",
        ),
        (camera.sub_url == camera.url, "sub_url is the main stream: name the camera's small one."),
        (not camera.rules, "no rules: without a zone or a line nothing but the camera's health is watched."),
    )
    return [sentence for wrong, sentence in checks if wrong]
