"""Incidents counted into cells of one kind each, and cells summed into figures of an area, agency, camera or rule.

A cell stands for all incidents of one area, camera, rule, kind, state and so on: 100,000 incidents are a few thousand
cells and some arrays of durations, never 100,000 objects.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec import Struct

from alerts.incident import Resolution
from alerts.reporting.clocks import Clock, Span
from alerts.reporting.shares import Share, Times, share, times
from alerts.signal import HEALTH

_MICROS = 1_000_000


class Key(NamedTuple):
    """What all incidents of a cell have in common. `camera` and `rule` are empty where no camera spoke."""

    area: str
    agency: str
    edge: str
    camera: str
    rule: str
    kind: str
    family: str
    severity: int
    state: str
    resolution: str
    test: bool
    quiet: bool

    @property
    def standing(self) -> str:
        """merged, test, silenced, trouble (of a camera or an edge) or alarm: the work of people."""
        if self.resolution == Resolution.MERGED:
            return "merged"
        if self.test or self.resolution == Resolution.TEST:
            return "test"
        if self.quiet or self.resolution == Resolution.SILENCED:
            return "silenced"
        return "trouble" if self.family == HEALTH else "alarm"


class Moments(NamedTuple):
    """Of one incident, in microseconds: when it was opened, and when it came so far; None where it never did."""

    opened: int
    claimed: int | None
    verified: int | None
    dispatched: int | None
    arrived: int | None
    closed: int | None

    def spans(self) -> list[tuple[Span, float]]:
        """What took how many seconds. Who does a later step has answered, too: steps may be skipped."""
        answered = min((at for at in self[1:] if at is not None), default=None)
        ends = {Span.ANSWER: answered, Span.DISPATCH: self.dispatched, Span.ARRIVE: self.arrived}
        ends[Span.CLOSE] = self.closed
        found = [(span, max(0, at - self.opened) / _MICROS) for span, at in ends.items() if at is not None]
        if self.dispatched is not None and answered is not None:
            found.append((Span.HANDLING, max(0, self.dispatched - answered) / _MICROS))
        return found


@dataclass(slots=True)
class Cell:
    """Incidents of one key, with its standing: how many, of how many signals, and how many seconds each step took."""

    standing: str
    count: int = 0
    signals: int = 0
    verified: int = 0
    hours: dict[int, int] = field(default_factory=dict)  # of the day, in WIB
    spans: dict[Span, "array[float]"] = field(default_factory=dict)

    def add(self, signals: int, hour: int, moments: Moments) -> None:
        self.count += 1
        self.signals += signals
        self.hours[hour] = self.hours.get(hour, 0) + 1
        self.verified += moments.verified is not None
        for span, seconds in moments.spans():
            self.spans.setdefault(span, array("d")).append(seconds)


Cube = dict[Key, Cell]


class Kept(Struct, frozen=True):
    """A clock, and how often work stayed within it: of all alarms for the answer, else of those that came so far."""

    clock: Clock
    kept: Share


class Summary(Struct, frozen=True, kw_only=True):
    """Figures of some incidents. `alarms` are those that people had to act on; `trouble` those of cameras and edges.

    `kinds`, `severities`, `states` and `resolutions` count alarms and trouble together. `precision`, `times` and
    `clocks` are of alarms only. Precision is resolved against false by the verdicts of people who closed them.
    """

    alarms: int
    trouble: int
    tests: int
    silenced: int
    merged: int
    signals: int
    verified: int
    kinds: dict[str, int]
    severities: dict[int, int]
    states: dict[str, int]
    resolutions: dict[str, int]
    precision: Share
    times: dict[str, Times]
    clocks: list[Kept]


def summary(cells: Iterable[tuple[Key, Cell]], clocks: Sequence[Clock]) -> Summary:
    """Sum up cells. Signals of merged incidents are those of the incident that took them, and not counted again."""
    standing: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    severities: Counter[int] = Counter()
    states: Counter[str] = Counter()
    resolutions: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    spans: dict[Span, array[float]] = {span: array("d") for span in Span}
    signals = verified = 0
    for key, cell in cells:
        standing[cell.standing] += cell.count
        signals += cell.signals if cell.standing != "merged" else 0
        if cell.standing not in ("alarm", "trouble"):
            continue
        kinds[key.kind] += cell.count
        severities[key.severity] += cell.count
        states[key.state] += cell.count
        resolutions[key.resolution] += cell.count
        if cell.standing == "alarm":
            verified += cell.verified
            verdicts[key.resolution] += cell.count
            for span, seconds in cell.spans.items():
                spans[span].extend(seconds)
    alarms = standing["alarm"]
    good, bad = verdicts[Resolution.RESOLVED], verdicts[Resolution.FALSE]
    return Summary(
        alarms=alarms,
        trouble=standing["trouble"],
        tests=standing["test"],
        silenced=standing["silenced"],
        merged=standing["merged"],
        signals=signals,
        verified=verified,
        kinds=dict(kinds.most_common()),
        severities=dict(sorted(severities.items())),
        states=dict(sorted(states.items())),
        resolutions={name: count for name, count in sorted(resolutions.items()) if name},
        precision=share(good, good + bad),
        times={span.value: times(seconds) for span, seconds in spans.items()},
        clocks=[_kept(clock, spans[clock.span], alarms) for clock in clocks],
    )


def _kept(clock: Clock, seconds: "array[float]", alarms: int) -> Kept:
    within = sum(each <= clock.seconds for each in seconds)
    return Kept(clock, share(within, alarms if clock.span is Span.ANSWER else len(seconds)))
