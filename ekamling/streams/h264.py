"""H.264 as RTP carries it (RFC 6184)."""

import base64
from collections.abc import Sequence

from ekamling.streams.annexb import units

_SPS, _PPS, _FU = 7, 8, 28


def payloads(access_unit: bytes, largest: int) -> list[bytes]:
    """The RTP payloads of one access unit in Annex-B, of at most `largest` bytes each."""
    return packetize(units(access_unit), largest)


def packetize(nal_units: Sequence[bytes], largest: int) -> list[bytes]:
    """RTP payloads of NAL units: each as it is, or in FU-A fragments if it exceeds `largest` bytes."""
    made = list[bytes]()
    for unit in nal_units:
        if len(unit) <= largest:
            made.append(unit)
            continue
        indicator, kind = unit[0] & 0xE0 | _FU, unit[0] & 0x1F
        starts = range(1, len(unit), largest - 2)
        for start in starts:
            flags = (start == 1) << 7 | (start == starts[-1]) << 6
            made.append(bytes((indicator, flags | kind)) + unit[start : start + largest - 2])
    return made


def fmtp(first: bytes) -> str:
    """The format parameters of its SDP (RFC 6184 section 8.1); ValueError if the first access unit lacks an SPS."""
    sets = [unit for unit in units(first) if unit[0] & 0x1F in (_SPS, _PPS)]
    profile = next((unit[1:4].hex() for unit in sets if unit[0] & 0x1F == _SPS), None)
    if profile is None:
        raise ValueError("holds no sequence parameter set")
    coded = ",".join(base64.b64encode(unit).decode() for unit in sets)
    return f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={coded}"
