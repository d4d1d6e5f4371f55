"""Who is told of an incident, and when: rules choose a ladder, a ladder has steps, a step finds its people.

    kind, severity, area, time ──choose──> Rule ──plan──> steps with due times ──people_for──> persons

Values in, values out: the worker that waits for due steps, and the store, are elsewhere. docs/guide/routing.md says it
to those who write rules.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from alerts.people.duty import Contact, Person, Roster, answering, present
from alerts.telling.defaults import DEFAULT
from alerts.telling.rule import UNCONFIRMED, Routing, Rule, Stage, Step
from core import areas


def choose(routing: Routing, kind: str, severity: int, area: str, now: datetime, level: int = UNCONFIRMED) -> Rule:
    """The first rule that fits; of the default ones where none does, which `check` does not let pass."""
    every = (*routing.rules, *DEFAULT.rules)
    return next(rule for rule in every if rule.tells_somebody and rule.fits(kind, severity, area, now, level))


class Progress(Struct, frozen=True, kw_only=True):
    """How far an incident has come, and when."""

    claimed_at: datetime | None = None
    on_scene_at: datetime | None = None
    closed_at: datetime | None = None

    def reached(self, stage: Stage) -> datetime | None:
        """When the incident came as far as a stage, or further."""
        times = {
            "closed": (self.closed_at,),
            "on_scene": (self.on_scene_at, self.closed_at),
            "claimed": (self.claimed_at, self.on_scene_at, self.closed_at),
        }
        return min((at for at in times[stage] if at is not None), default=None)


class Planned(Struct, frozen=True):
    """A step of a ladder for one incident. `position` counts from 0 in the rule; `due_at` is None while the step counts
    from a claim that nobody has made; `skipped` where the incident had come far enough when the step was due."""

    position: int
    step: Step
    due_at: datetime | None
    skipped: bool


def plan(rule: Rule, opened_at: datetime, progress: Progress) -> list[Planned]:
    """Every step of a ladder, by due time, those without one last."""
    planned = []
    for position, step in enumerate(rule.steps):
        start = opened_at if step.since == "opened" else progress.claimed_at
        due = None if start is None else start + timedelta(seconds=step.after_s)
        planned.append(Planned(position, step, due, skips(step, due, progress)))
    return sorted(planned, key=lambda each: (each.due_at is None, each.due_at or opened_at, each.position))


def skips(step: Step, at: datetime | None, progress: Progress) -> bool:
    """Whether a step that is due `at` a moment tells nobody, because the incident has come far enough by then; of a
    step that has no due time yet, whether it has come far enough at all."""
    reached = progress.reached(step.until)
    return reached is not None and (at is None or reached <= at)


def people_for(step: Step, area: str, people: Sequence[Person], roster: Roster, now: datetime) -> list[Person]:
    """Whom a step tells of an incident in `area`: each user once, in the order of the step's roles, then of its users.

    Of each role the people whose area contains the incident's, of the smallest such area in which somebody answers; and
    the named users. Who is absent is replaced by the stand-in (who must be among `people`, as named users must). Nobody
    answers whom no channel of the step reaches.
    """
    known = {person.user: person for person in reversed(people)}
    found: list[Person] = []
    for role in dict.fromkeys(step.roles):
        around = [person for person in people if person.role == role and areas.contains(person.area, area)]
        for place in sorted({person.area for person in around}, key=len, reverse=True):
            there = [(person, answering(person, now, roster)) for person in around if person.area == place]
            answers = [person if user == person.user else known.get(user or "") for person, user in there]
            if reached := _reachable(step, answers):
                found += reached
                break
    found += _reachable(step, [known.get(present(user, now, roster) or "") for user in step.users])
    told: dict[str, Person] = {}
    for person in found:
        told.setdefault(person.user, person)
    return list(told.values())


def contacts(step: Step, person: Person) -> tuple[Contact, ...]:
    """The ways by which a step tells a person, in the person's order."""
    return tuple(each for each in person.channels if not step.channels or each.channel in step.channels)


def _reachable(step: Step, persons: Iterable[Person | None]) -> list[Person]:
    return [person for person in persons if person is not None and contacts(step, person)]
