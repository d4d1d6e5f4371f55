"""H.265 as RTP carries it (RFC 7798)."""

import base64

from ekamling.streams.annexb import units

_SETS = {32: "vps", 33: "sps", 34: "pps"}
_FU = 49


def payloads(access_unit: bytes, largest: int) -> list[bytes]:
    """RTP payloads of one access unit in Annex-B: each unit as it is, or in fragments if it exceeds `largest` bytes."""
    made = list[bytes]()
    for unit in units(access_unit):
        if len(unit) <= largest:
            made.append(unit)
            continue
        header, kind = bytes((unit[0] & 0x81 | _FU << 1, unit[1])), _kind(unit)
        starts = range(2, len(unit), largest - 3)
        for start in starts:
            flags = (start == 2) << 7 | (start == starts[-1]) << 6
            made.append(header + bytes((flags | kind,)) + unit[start : start + largest - 3])
    return made


def fmtp(first: bytes) -> str:
    """The format parameters of its SDP (RFC 7798 section 7.1); ValueError if the first access unit lacks a set."""
    found: dict[str, list[str]] = {name: [] for name in _SETS.values()}
    for unit in units(first):
        if _kind(unit) in _SETS:
            found[_SETS[_kind(unit)]].append(base64.b64encode(unit).decode())
    if not all(found.values()):
        raise ValueError("holds no parameter sets")
    return ";".join(f"sprop-{name}={','.join(coded)}" for name, coded in found.items())


def _kind(unit: bytes) -> int:
    return unit[0] >> 1 & 0x3F
