"""What verdicts say about a camera's rule, for the installer to weigh. Shown, never applied.

Each suggestion is looked for in the very verdicts that it is then counted on, so the future will be a little less kind;
the intervals are those of chance alone. Below ten verdicts nothing is said at all.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from msgspec import Struct

from alerts.reporting.shares import Share, share

LEAST = 10  # verdicts, before anything is said
LEAST_TRUE = 3  # of them true, before it is said what a change would lose
WORTH = 0.2  # of the false ones a change must remove, by the lower end of the interval
DOUBTED = 0.5  # a rule whose precision lies below this, by the upper end, should be looked at
SCORES = tuple(step / 100 for step in range(30, 96, 5))
MAX_HOURS = 12

What = Literal["min_score", "silence_hours", "look"]
TEXTS: dict[What, dict[str, str]] = {
    "min_score": {
        "id": "Naikkan skor minimum menjadi {score}: {F} dari {N} yang palsu dan {T} dari {M} yang benar tidak akan "
        "muncul.",
        "en": "Raise the minimum score to {score}: it would have removed {F} of {N} false and {T} of {M} true ones.",
    },
    "silence_hours": {
        "id": "Matikan aturan pukul {start}-{end} WIB: {F} dari {N} yang palsu dan {T} dari {M} yang benar tidak akan "
        "muncul.",
        "en": "Silence the rule from {start} to {end} WIB: it would have removed {F} of {N} false and {T} of {M} true "
        "ones.",
    },
    "look": {
        "id": "Periksa zona dan arah kamera: hanya {M} dari {all} yang benar.",
        "en": "Look at the zone and the view: only {M} of {all} were true.",
    },
}


class Verdict(NamedTuple):
    """What people said of one incident that a rule of a camera was part of: its surest score there (0 to 1), the hour
    of day in WIB, and whether it was true."""

    score: float
    hour: int
    true: bool


class Suggestion(Struct, frozen=True, kw_only=True):
    """One suggestion for a rule. `removes_false` and `removes_true`: in how many of its false and true incidents the
    rule would have been silent. `text` says it to people, by language. Hours are WIB; `until_hour` is not included."""

    edge: str
    camera: str
    rule: str
    what: What
    verdicts: int
    precision: Share
    removes_false: Share
    removes_true: Share
    text: dict[str, str]
    min_score: float | None = None
    from_hour: int | None = None
    until_hour: int | None = None


class _Change(NamedTuple):
    """A change of the rule, and which incidents it would have removed."""

    what: What
    removes: Callable[[Verdict], bool]
    score: float | None = None
    start: int | None = None
    end: int | None = None


def suggestions(edge: str, camera: str, rule: str, verdicts: Sequence[Verdict]) -> list[Suggestion]:
    """What to try with one rule: changes that would have lost no true incident, or a look where it is
    mostly wrong and no such change is known."""
    if len(verdicts) < LEAST:
        return []
    true = sum(verdict.true for verdict in verdicts)
    precision = share(true, len(verdicts))
    changes = [change for change in (_score(verdicts), _hours(verdicts)) if change and _worth(change, verdicts)]
    if not changes and precision.high is not None and precision.high < DOUBTED:
        changes.append(_Change("look", lambda _: False))
    return [_said((edge, camera, rule), change, verdicts, precision) for change in changes]


def _score(verdicts: Sequence[Verdict]) -> _Change | None:
    """The highest minimum score that no true incident lies below; nothing where too few were true to know."""
    true = [verdict.score for verdict in verdicts if verdict.true]
    fitting = [score for score in SCORES if len(true) >= LEAST_TRUE and score <= min(true)]
    if not fitting:
        return None
    # The lowest score that removes as much: a higher one would only be bolder.
    removed = {score: sum(verdict.score < score for verdict in verdicts) for score in fitting}
    least = next(score for score in fitting if removed[score] == removed[fitting[-1]])
    return _Change("min_score", lambda verdict: verdict.score < least, score=least)


def _hours(verdicts: Sequence[Verdict]) -> _Change | None:
    """The hours in a row, at most 12, that had most false incidents and no true one."""
    true, false = [0] * 24, [0] * 24
    for verdict in verdicts:
        (true if verdict.true else false)[verdict.hour] += 1
    if sum(true) < LEAST_TRUE:
        return None
    best = (0, 0, 0, 0)  # false incidents, the shorter the better, start, length
    for start in range(24):
        for length in range(1, MAX_HOURS + 1):
            hours = [(start + step) % 24 for step in range(length)]
            if true[hours[-1]]:
                break
            best = max(best, (sum(false[hour] for hour in hours), -length, start, length))
    count, _, start, length = best
    if not count:
        return None
    inside = {(start + step) % 24 for step in range(length)}
    return _Change("silence_hours", lambda verdict: verdict.hour in inside, start=start, end=(start + length) % 24)


def _worth(change: _Change, verdicts: Sequence[Verdict]) -> bool:
    low = _removed(change, verdicts, of_true=False).low
    return low is not None and low >= WORTH


def _removed(change: _Change, verdicts: Sequence[Verdict], of_true: bool) -> Share:
    alike = [verdict for verdict in verdicts if verdict.true is of_true]
    return share(sum(change.removes(verdict) for verdict in alike), len(alike))


def _said(place: tuple[str, str, str], change: _Change, verdicts: Sequence[Verdict], precision: Share) -> Suggestion:
    false, true = (_removed(change, verdicts, of_true) for of_true in (False, True))
    values: dict[str, str | int] = {
        "score": f"{change.score:.2f}" if change.score is not None else "",
        "start": f"{change.start or 0:02d}.00",
        "end": f"{change.end or 0:02d}.00",
        "F": false.part,
        "N": false.whole,
        "T": true.part,
        "M": true.whole,
        "all": len(verdicts),
    }
    return Suggestion(
        edge=place[0],
        camera=place[1],
        rule=place[2],
        what=change.what,
        verdicts=len(verdicts),
        precision=precision,
        removes_false=false,
        removes_true=true,
        text={language: text.format_map(values) for language, text in TEXTS[change.what].items()},
        min_score=change.score,
        from_hour=change.start,
        until_hour=change.end,
    )
