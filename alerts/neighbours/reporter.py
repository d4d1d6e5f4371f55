"""Residents' reports as values: how grave one is, and how much a reporter's word has been worth. No database here.

A report is never thrown away: whoever cried wolf before is heard as well, only not by everybody at once.
"""

from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from alerts.cases.signal import REPORTED

KINDS = REPORTED
URGENT = {"thief": 1, "fire": 1, "flood": 1, "medical": 1, "danger": 1, "quarrel": 2, "other": 2}  # by kentongan
PLAIN = {"fire": 2, "danger": 2, "medical": 2}  # else 3
MEMORY = timedelta(days=180)
AN_HOUR = timedelta(hours=1)
MOST_AN_HOUR = 12  # reports of one person; beyond that it is a stuck button or a prank
SAME = timedelta(minutes=30)  # a person who reports the same kind again speaks of the same thing
DOUBTED_AFTER = 2  # false alarms
TRUSTED_AFTER = 3  # true ones


class Standing(StrEnum):
    """How much a reporter's word has been worth."""

    NEW = "new"
    TRUSTED = "trusted"
    DOUBTED = "doubted"


class Record(Struct, frozen=True):
    """What became of a person's reports within `MEMORY`, those that were tests left out."""

    resolved: int = 0
    false: int = 0

    @property
    def standing(self) -> Standing:
        """Doubted: at least two false alarms, and more of these than true reports. Trusted: at least three true
        reports, and at most one false alarm for four of them."""
        if self.false >= DOUBTED_AFTER and self.false > self.resolved:
            return Standing.DOUBTED
        if self.resolved >= TRUSTED_AFTER and self.false * 4 <= self.resolved:
            return Standing.TRUSTED
        return Standing.NEW


def severity(kind: str, urgent: bool, record: Record) -> int:
    """1 to 3. The kentongan of a doubted reporter goes to the neighbours first: severity 2 climbs from the ronda up."""
    wanted = URGENT[kind] if urgent else PLAIN.get(kind, 3)
    return max(wanted, 2) if record.standing is Standing.DOUBTED else wanted
