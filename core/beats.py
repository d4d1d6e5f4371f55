"""Codes of the kentongan, the slit drum that calls a village: groups of beats, or `titir`, fast and unbroken.

Which code means what differs from place to place, so no meaning stands here: the centre's configuration has a table
per desa (`notify.siren.codes`), and an edge beats what it is told.
"""

import re

from core.errors import EkamlingError

TITIR = "titir"
BEATS = r"titir|[1-9](-[1-9]){0,15}"
_BEATS = re.compile(BEATS)


def groups(pattern: str) -> tuple[int, ...]:
    """Beats in each group: (2, 2, 2) for `2-2-2`, none for `titir`; raises EkamlingError for what is no code."""
    if not _BEATS.fullmatch(pattern):
        raise EkamlingError(
            f"kentongan code {pattern[:40]!r}: write groups of 1 to 9 beats, such as 2-2-2 or 1-7-1, or titir"
        )
    return () if pattern == TITIR else tuple(int(count) for count in pattern.split("-"))
