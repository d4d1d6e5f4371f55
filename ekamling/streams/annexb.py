"""Annex-B: how H.264 and H.265 stand in a file, as units between start codes."""

import re

_START_CODE = re.compile(rb"\x00\x00\x00?\x01")


def units(access_unit: bytes) -> list[bytes]:
    """The NAL units of an access unit, without their start codes."""
    return [unit for unit in _START_CODE.split(access_unit) if unit]
