"""What the RTSP client hands on: coded pictures and what is needed to decode them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Packet:
    """One access unit (all that belongs to one picture).

    `data`: Annex-B with start codes (h264, hevc), or one JPEG image (mjpeg).
    `pts`: 90 kHz ticks since the first RTP packet of the session, unwrapped over 32 bits; never goes back.
    `keyframe`: an IDR or IRAP picture, parameter sets included; true for every JPEG.
    `received`: `time.monotonic()` seconds when its last RTP packet was read.
    """

    data: bytes
    pts: int
    keyframe: bool
    received: float


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What the camera announced: `codec` is h264, hevc or mjpeg; `parameter_sets` is Annex-B and may be empty."""

    codec: str
    parameter_sets: bytes


@dataclass(slots=True)
class Counts:
    """Totals since the client was opened.

    `packets`: RTP packets of the video track. `bytes`: everything read from the socket.
    `lost`: RTP packets missing by their sequence numbers. `damaged`: pictures dropped because a part was missing or
    wrong. `spurious`: bytes that were no part of any frame or message, and RTP packets that were of no use, in bytes.
    """

    packets: int = 0
    bytes: int = 0
    lost: int = 0
    damaged: int = 0
    spurious: int = 0
