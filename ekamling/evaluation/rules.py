"""How well the rules of a camera tell what happened: the same rules on annotated tracks are the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Meta, Struct

from core import config
from edge.rules.base import Scene
from edge.rules.calendar import Calendar
from edge.rules.engine import RuleEngine
from edge.rules.settings import RuleSettings
from edge.tracking import Track
from ekamling.evaluation.truth import Boxes

WITHIN_S = 1.0  # of the truth, an event counts as right
ARMED_ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)

Size = tuple[int, int]


class RulesFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The `[[rules]]` of one camera, in a file of their own."""

    rules: Annotated[list[RuleSettings], Meta(min_length=1, max_length=32, description="what to look for")]


@dataclass(frozen=True, slots=True)
class RuleScores:
    """Shares 0..1 of what was told that was right, and of what was to be told that was told."""

    precision: float
    recall: float
    told: int
    true: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Of all rules together, of each kind of rule, and of each rule by its id."""

    all: RuleScores
    kinds: Mapping[str, RuleScores]
    rules: Mapping[str, RuleScores]


@dataclass(frozen=True, slots=True)
class _Told:
    """A rule told something: which rule, of which zone or side, when."""

    rule: str
    where: str
    seconds: float


def read(path: Path) -> list[RuleSettings]:
    """The rules of a file; raises ConfigError with every wrong key. Schedules are not looked at in a measurement."""
    return config.load(path, RulesFile).rules


def compare(
    rules: Sequence[RuleSettings], seen: Mapping[int, Boxes], truth: Mapping[int, Boxes], rate: float, size: Size
) -> Scores:
    """What rules tell of tracks seen in some frames of a video of `rate` fps, against the truth."""
    frames = sorted(seen)
    told = _run(rules, {frame: seen[frame] for frame in frames}, rate, size)
    true = _run(rules, {frame: truth.get(frame, Boxes.of([])) for frame in frames}, rate, size)

    def of(wanted: Sequence[RuleSettings]) -> RuleScores:
        names = {rule.id for rule in wanted}
        return _score([one for one in told if one.rule in names], [one for one in true if one.rule in names])

    kinds = {str(kind): of([one for one in rules if one.kind == kind]) for kind in sorted({one.kind for one in rules})}
    return Scores(of(rules), kinds, {rule.id: of([rule]) for rule in rules})


def _run(rules: Sequence[RuleSettings], frames: Mapping[int, Boxes], rate: float, size: Size) -> list[_Told]:
    engine = RuleEngine([_always(rule) for rule in rules], Calendar(ZoneInfo("UTC")))
    told = []
    for frame, boxes in frames.items():
        now = frame / rate
        tracks = [_track(int(number), box, now, size) for number, box in zip(boxes.id, boxes.xyxy, strict=True)]
        firings = engine.update(Scene(tracks, now, size[0] / size[1]), ARMED_ALWAYS)
        told += [_Told(firing.rule, firing.zone, now) for firing in firings]
    return told


def _always(rule: RuleSettings) -> RuleSettings:
    """The rule, armed at all times and blind to classes: the truth holds one class only."""
    return config.build(
        {
            "id": rule.id,
            "kind": rule.kind,
            "zone": rule.zone,
            "line": rule.line,
            "direction": rule.direction,
            "dwell_s": rule.dwell_s,
            "count": rule.count,
            "cooldown_s": rule.cooldown_s,
        },
        RuleSettings,
        name=rule.id,
    )


def _track(number: int, box: np.ndarray[Any, Any], now: float, size: Size) -> Track:
    width, height = size
    left, top, right, bottom = (float(value) for value in box)
    return Track(number, "person", 1.0, (left / width, top / height, right / width, bottom / height), now, now)


def _score(told: Sequence[_Told], true: Sequence[_Told]) -> RuleScores:
    """Match what was told with the truth, the nearest in time first, each once."""
    pairs = sorted(
        (abs(one.seconds - other.seconds), here, there)
        for here, one in enumerate(told)
        for there, other in enumerate(true)
        if (one.rule, one.where) == (other.rule, other.where) and abs(one.seconds - other.seconds) <= WITHIN_S
    )
    ours: set[int] = set()
    theirs: set[int] = set()
    for _, here, there in pairs:
        if here not in ours and there not in theirs:
            ours.add(here)
            theirs.add(there)
    right = len(ours)
    return RuleScores(
        precision=round(right / len(told), 4) if told else 1.0,
        recall=round(right / len(true), 4) if true else 1.0,
        told=len(told),
        true=len(true),
    )
