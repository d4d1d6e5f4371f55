"""Areas: the Kemendagri code of a place, with our own tail for RW and RT, which have no government code.

    33.03 regency → 33.03.05 district → 33.03.05.1003 village → 33.03.05.1003/RW02 → 33.03.05.1003/RW02/RT04

Every right, route and report is a prefix of it, cut at a border between two levels.
"""

import re

from core.errors import EkamlingError

PATTERN = r"^[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4}(/RW[0-9]{2,3}(/RT[0-9]{2,3})?)?)?)?)?\Z"
_AREA = re.compile(PATTERN)


def check(code: str) -> str:
    """Return `code` if it is an area code; raise EkamlingError otherwise."""
    if not _AREA.match(code):
        raise EkamlingError(f"area {code!r} is not a code such as 33.03.05.1003/RW02/RT04")
    return code


def contains(outer: str, inner: str) -> bool:
    """Whether `inner` is `outer` or lies inside it."""
    return inner == outer or inner.startswith((outer + ".", outer + "/"))


def village(code: str) -> str:
    """The government's part of a code: without RW and RT."""
    return code.partition("/")[0]


def neighbourhood(code: str) -> str:
    """The RT and RW of a code as people write it (`RT 04 / RW 02`); empty for a village and above."""
    parts = [f"{part[:2]} {part[2:]}" for part in code.split("/")[1:]]
    return " / ".join(reversed(parts))
