"""The dry run: who would be told of an incident, and when, without telling anybody."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from alerts.people.duty import Person, Roster
from alerts.telling.defaults import LAST_RESORT
from alerts.telling.routing import Progress, choose, people_for, plan
from alerts.telling.rule import UNCONFIRMED, Routing, Step

Note = Literal["", "early", "after_claim", "last_resort"]


class Question(Struct, frozen=True, kw_only=True):
    """An incident that might be."""

    kind: str
    severity: int
    area: str
    level: int = UNCONFIRMED


class Told(Struct, frozen=True):
    """One line of a dry run: a step, when it is due (seconds after the opening; for `after_claim` after the claim), and
    who would be told. No `people`: nobody answers. `early`: nobody answered at the step before."""

    due_s: int
    step: Step
    people: tuple[Person, ...]
    note: Note


def dry_run(routing: Routing, people: Sequence[Person], roster: Roster, asked: Question, now: datetime) -> list[Told]:
    """Who would be told of an incident that opens now, if nobody claims it; and after a claim at once, who then.

    Where nobody answers, the next step is due at once. Where nobody does on the whole ladder, the last resort follows.
    """

    def look(step: Step, due_s: int, note: Note) -> Told:
        found = people_for(step, asked.area, people, roster, now + timedelta(seconds=due_s))
        return Told(due_s, step, tuple(found), note)

    rule = choose(routing, asked.kind, asked.severity, asked.area, now, asked.level)
    ladder = [each.step for each in plan(rule, now, Progress()) if each.step.since == "opened"]
    told = _climb(ladder, look)
    if not any(each.people for each in told):
        start = told[-1].due_s if told else 0
        told += [replace(each, note="last_resort") for each in _climb(LAST_RESORT.steps, look, start)]
    return told + [look(step, step.after_s, "after_claim") for step in rule.steps if step.since == "claimed"]


def _climb(steps: Sequence[Step], look: Callable[[Step, int, Note], Told], start: int = 0) -> list[Told]:
    """The steps one after another, from `start` seconds on; where nobody answered, the next one is due at once."""
    told: list[Told] = []
    for step in steps:
        planned = start + step.after_s
        due = planned if not told or told[-1].people else told[-1].due_s
        told.append(look(step, due, "early" if due < planned else ""))
    return told
