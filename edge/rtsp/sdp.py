"""The camera's session description (SDP, RFC 8866): find the one video track that we may read."""

import base64
import binascii
import re
from dataclasses import dataclass, field

from core.errors import SourceRefused

START_CODE = b"\x00\x00\x00\x01"
CODECS = {"H264": "h264", "H265": "hevc", "JPEG": "mjpeg"}
"""RTP encoding names that are allowed, and what we call them. Anything else never reaches a decoder."""

_CLOCK_RATE = 90_000
_STATIC_JPEG = 26  # the only video payload type of RFC 3551 that we read and that needs no rtpmap
_MOST_TRACKS = 32


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """The track to ask for. `control` is as the camera wrote it (may be empty); `clock_rate` in Hz."""

    codec: str
    payload_type: int
    clock_rate: int
    control: str
    parameter_sets: bytes


@dataclass(frozen=True, slots=True)
class Session:
    """What a DESCRIBE answered: the control address of the whole session and the chosen track."""

    control: str
    track: VideoTrack


@dataclass(slots=True)
class _Media:
    kind: str
    formats: list[str]
    control: str = ""
    rtpmap: dict[str, str] = field(default_factory=dict)
    fmtp: dict[str, str] = field(default_factory=dict)


def _read(text: str) -> tuple[str, list[_Media]]:
    """Session-level control and the media sections. Lines that we do not need may be missing or wrong."""
    control, medias = "", list[_Media]()
    for line in re.split(r"[\r\n]+", text):
        if line.startswith("m="):
            words = line[2:].split()
            medias.append(_Media(kind=words[0].lower() if words else "", formats=words[3:]))
            continue
        if not line.startswith("a="):
            continue
        name, _, value = line[2:].partition(":")
        name, value = name.strip().lower(), value.strip()
        if not medias:
            control = value if name == "control" else control
        elif name == "control":
            medias[-1].control = value
        elif name in ("rtpmap", "fmtp"):
            payload_type, _, rest = value.partition(" ")
            (medias[-1].rtpmap if name == "rtpmap" else medias[-1].fmtp)[payload_type] = rest.strip()
    return control, medias[:_MOST_TRACKS]


def _options(fmtp: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in fmtp.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name}


def _sets(codec: str, options: dict[str, str]) -> bytes:
    """Parameter sets of the `sprop` options as Annex-B; what is no base64 or is empty is left out."""
    names = {"h264": ("sprop-parameter-sets",), "hevc": ("sprop-vps", "sprop-sps", "sprop-pps")}.get(codec, ())
    found = bytearray()
    for coded in ",".join(options.get(name, "") for name in names).split(","):
        try:
            unit = base64.b64decode(coded + "=" * (-len(coded) % 4))
        except (binascii.Error, ValueError):
            continue
        unit = re.sub(rb"^\x00+\x01", b"", unit).rstrip(b"\x00")  # some cameras wrap them in Annex-B themselves
        if unit:
            found += START_CODE + unit
    return bytes(found)


def _track(media: _Media, payload_type: str, host: str) -> VideoTrack | None:
    """The track of one payload type, or None if its codec is not allowed."""
    encoding, _, rest = media.rtpmap.get(payload_type, "").partition("/")
    if not encoding and payload_type == str(_STATIC_JPEG):
        encoding = "JPEG"
    codec = CODECS.get(encoding.strip().upper())
    if codec is None or not payload_type.isascii() or not payload_type.isdigit() or int(payload_type) > 127:
        return None
    options = _options(media.fmtp.get(payload_type, ""))
    if options.get("packetization-mode") == "2" or options.get("sprop-max-don-diff", "0") != "0":
        raise SourceRefused(f"camera {host} sends interleaved {encoding}: switch its stream to another profile")
    rate = re.match(r"\d{1,9}", rest)
    return VideoTrack(
        codec=codec,
        payload_type=int(payload_type),
        clock_rate=(int(rate[0]) if rate else 0) or _CLOCK_RATE,
        control=media.control,
        parameter_sets=_sets(codec, options),
    )


def parse(text: str, host: str) -> Session:
    """The first video track of an allowed codec; SourceRefused names the codecs if there is none."""
    control, medias = _read(text)
    refused = list[str]()
    for media in medias:
        if media.kind != "video":
            continue
        for payload_type in media.formats:
            track = _track(media, payload_type, host)
            if track is not None:
                return Session(control=control, track=track)
            name = media.rtpmap.get(payload_type, f"payload type {payload_type}").partition("/")[0]
            refused.append(re.sub(r"[^\w .+-]", "?", name)[:24])
    if refused:
        raise SourceRefused(
            f"camera {host} sends {', '.join(refused[:4])}, which is not read: set its stream to H.264, H.265 or MJPEG"
        )
    raise SourceRefused(f"camera {host} offers no video at this address: check the stream's path")
