"""The clocks that work is held against, with where they come from. Nothing here claims that a standard is met."""

import re
from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from core.errors import EkamlingError

MAX_SECONDS = 7 * 24 * 3600
MAX_TARGETS = 10
_TARGET = re.compile(r"^([a-z]+):([0-9]{1,6})(?::([0-9]{1,3}(?:\.[0-9])?))?\Z")


class Span(StrEnum):
    """What takes time. All but `handling` count from when the centre opened the incident."""

    ANSWER = "answer"  # until somebody took it, or did something that only who took it does
    HANDLING = "handling"  # from the answer until somebody was sent
    DISPATCH = "dispatch"  # until somebody was sent
    ARRIVE = "arrive"  # until somebody was on the scene
    CLOSE = "close"


class Clock(Struct, frozen=True):
    """A time within which something should happen; `wanted` percent of the time, where its source says so."""

    name: str
    span: Span
    seconds: int
    wanted: float | None
    source: str


CLOCKS = (
    Clock("110 answer", Span.ANSWER, 10, None, "Kapolri, January 2026: 110 is answered within 10 s"),
    Clock("110 arrive", Span.ARRIVE, 600, None, "Kapolri, January 2026: on the scene within 10 min"),
    Clock("NFPA answer", Span.ANSWER, 10, 90.0, "NFPA 1225: answered within 10 s, 90 % of the time"),
    Clock("NFPA dispatch", Span.HANDLING, 60, 90.0, "NFPA 1225: sent within 60 s after the answer, 90 % of the time"),
)


def target(text: str) -> Clock:
    """A clock of one's own: `answer:30:80` is "80 % are answered within 30 s", `arrive:900` has no wanted share.

    For centres that want to see themselves against, say, the 30, 60, 90 and 180 s of EN 50518. Raises EkamlingError.
    """
    found = _TARGET.match(text)
    if not found or found[1] not in set(Span):
        raise EkamlingError(f"target {text[:40]!r} is not SPAN:SECONDS[:PERCENT]; the spans are {', '.join(Span)}")
    seconds, wanted = int(found[2]), float(found[3]) if found[3] else None
    if not 1 <= seconds <= MAX_SECONDS or (wanted is not None and not 0 < wanted <= 100):
        raise EkamlingError(f"target {text!r}: 1 to {MAX_SECONDS} seconds and up to 100 percent are possible")
    return Clock(f"target {text}", Span(found[1]), seconds, wanted, "set by this centre")


def targets(texts: Sequence[str], usual: Sequence[Clock] = CLOCKS) -> tuple[Clock, ...]:
    """The usual clocks and those of one's own, each once."""
    if len(texts) > MAX_TARGETS:
        raise EkamlingError(f"{len(texts)} targets are too many; at most {MAX_TARGETS}")
    return tuple(dict.fromkeys((*usual, *(target(text) for text in texts))))
