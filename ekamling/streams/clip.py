"""A clip in memory, cut into the RTP payloads that a camera would send."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer
from av.video.stream import VideoStream

from core.errors import StorageError
from ekamling.streams import h264, h265, mjpeg

CLOCK_HZ = 90_000
LARGEST_PAYLOAD = 1400  # bytes: fits an Ethernet frame, as cameras do
_REMEDY = "give an H.264, H.265 or MJPEG video file (for example MP4) that begins with a keyframe"


@dataclass(frozen=True, slots=True)
class Codec:
    """How one codec goes over RTP. `filter` is libav's bit stream filter that makes Annex-B of it, if it needs one.

    `payloads` cuts one picture, `fmtp` makes the format parameters of its SDP; both raise ValueError, whose text goes
    on from the name of the clip.
    """

    encoding: str
    payload_type: int
    filter: str
    payloads: Callable[[bytes, int], list[bytes]]
    fmtp: Callable[[bytes], str]


CODECS = {
    "h264": Codec("H264", 96, "h264_mp4toannexb", h264.payloads, h264.fmtp),
    "hevc": Codec("H265", 96, "hevc_mp4toannexb", h265.payloads, h265.fmtp),
    "mjpeg": Codec("JPEG", 26, "", mjpeg.payloads, mjpeg.fmtp),
}


@dataclass(frozen=True, slots=True)
class CodedPicture:
    """One access unit of a clip: its RTP payloads; `due` and `stamp` (90 kHz) tell when it is sent and its time."""

    payloads: tuple[bytes, ...]
    due: int
    stamp: int
    keyframe: bool


@dataclass(frozen=True, slots=True)
class Clip:
    """A demuxed clip; `length` in 90 kHz ticks, `fmtp` the format parameters of its SDP (empty: none)."""

    codec: Codec
    pictures: tuple[CodedPicture, ...]
    length: int
    fmtp: str

    @property
    def sdp(self) -> list[str]:
        """The lines of its track in a session description (RFC 8866)."""
        number = self.codec.payload_type
        lines = [f"m=video 0 RTP/AVP {number}", f"a=rtpmap:{number} {self.codec.encoding}/{CLOCK_HZ}"]
        return [*lines, f"a=fmtp:{number} {self.fmtp}"] if self.fmtp else lines


@lru_cache(maxsize=16)
def load(path: Path) -> Clip:
    """Read a clip into memory; StorageError if it is missing or is no video that RTP can carry."""
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            codec, packets = _demuxed(container, stream)
            clock = (stream.time_base or 0) * CLOCK_HZ
    except (OSError, IndexError, av.error.FFmpegError) as error:
        raise StorageError(f"clip {path} cannot be read: {_REMEDY}") from error
    except ValueError as error:
        raise StorageError(f"clip {path} {error}: {_REMEDY}") from error
    if not packets or not packets[0].is_keyframe:
        raise StorageError(f"clip {path} holds no video that begins with a keyframe: {_REMEDY}")
    first = packets[0].dts or 0
    try:
        pictures = tuple(
            CodedPicture(
                payloads=tuple(codec.payloads(bytes(packet), LARGEST_PAYLOAD)),
                due=round(((packet.dts or 0) - first) * clock),
                stamp=round(((packet.pts or 0) - first) * clock),
                keyframe=packet.is_keyframe,
            )
            for packet in packets
        )
        fmtp = codec.fmtp(bytes(packets[0]))
    except (ValueError, IndexError) as error:
        raise StorageError(f"clip {path} {error}: {_REMEDY}") from error
    last = round((packets[-1].duration or 0) * clock) or CLOCK_HZ // 25
    return Clip(codec, pictures, pictures[-1].due + last, fmtp)


def _demuxed(container: InputContainer, stream: VideoStream) -> tuple[Codec, list["av.Packet[VideoStream]"]]:
    """Its codec and its packets that carry pictures and both times; ValueError for a codec that is not served."""
    codec = CODECS.get(stream.codec_context.name)
    if codec is None:
        raise ValueError(f"is {stream.codec_context.name}")
    packets = list(container.demux(stream))
    if codec.filter:
        to_annex_b = BitStreamFilterContext(codec.filter, stream)
        packets = [made for packet in packets for made in to_annex_b.filter(packet)]
    return codec, [packet for packet in packets if packet.size and packet.dts is not None and packet.pts is not None]
