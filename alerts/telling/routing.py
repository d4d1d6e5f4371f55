"""Who is told of an incident, and when: rules choose a ladder, a ladder has steps, a step finds its people.

    kind, severity, area, time ──choose──> Rule ──plan──> steps with due times ──people_for──> persons

Values in, values out: the worker that waits for due steps, and the store, are elsewhere. docs/guide/routing.md says it
to those who write rules.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from alerts.cases.incident import LEVELS, MACHINE_LEVEL
from alerts.cases.signal import FAMILIES, HEALTH, PRESENCE, REPORTED, family
from alerts.people.duty import EVERY_DAY, Contact, Day, Person, Roster, answering, begun, present
from alerts.people.roles import Role
from core import areas, config
from core.errors import ConfigError, EkamlingError
from core.words import nearest

KINDS = (*FAMILIES, *REPORTED)
FAMILY_NAMES = frozenset(FAMILIES.values())
SEVERITIES = (1, 2, 3)
MAX_RULES, MAX_STEPS, MAX_NAME = 200, 20, 80
MAX_WAIT_S = 24 * 3600
ARRIVAL_S = 600  # from being claimed or called to being on the scene: 110's ten minutes (Kapolri, January 2026)
UNCONFIRMED = 1  # verification level of what nobody has confirmed
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z"
_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES

Name = Annotated[str, Meta(max_length=MAX_NAME)]
ClockTime = Annotated[str, Meta(pattern=_CLOCK)]
Stage = Literal["claimed", "on_scene", "closed"]


class Step(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Tell these people, `after_s` seconds after the opening or the claim, unless the incident came as far as `until`.

    A step that counts from the claim has no due time before somebody claims. Without `channels`: by all that a person
    has.
    """

    after_s: int = 0
    roles: tuple[Role, ...] = ()
    users: tuple[Name, ...] = ()
    channels: tuple[Name, ...] = ()
    until: Stage = "claimed"
    since: Literal["opened", "claimed"] = "opened"


class Hours(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A window of the week in WIB; it belongs to the day on which it begins, and equal times are 24 hours."""

    start: ClockTime
    end: ClockTime
    days: frozenset[Day] = EVERY_DAY

    def hold(self, now: datetime) -> bool:
        return begun(self.days, time.fromisoformat(self.start), time.fromisoformat(self.end), now) is not None


class Rule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A ladder, and the incidents that it is for. Empty fields fit everything; `kinds` may name families, too."""

    name: Name
    steps: tuple[Step, ...]
    kinds: tuple[Name, ...] = ()
    severities: tuple[int, ...] = ()
    levels: tuple[int, ...] = ()
    area: str = ""
    hours: Hours | None = None

    def fits(self, kind: str, severity: int, area: str, now: datetime, level: int = UNCONFIRMED) -> bool:
        return (
            (not self.kinds or kind in self.kinds or family(kind) in self.kinds)
            and (not self.severities or severity in self.severities)
            and (not self.levels or level in self.levels)
            and (not self.area or areas.contains(self.area, area))
            and (self.hours is None or self.hours.hold(now))
        )


class Routing(Struct, frozen=True):
    """Rules in order: the first that fits decides."""

    rules: tuple[Rule, ...]


_EVERYBODY = (Role.RONDA, Role.RT, Role.RW, Role.LINMAS, Role.SATPOLPP, Role.POLSEK, Role.OPERATOR)
_POLICE = Step(after_s=ARRIVAL_S, roles=(Role.POLRES,), until="on_scene")


_NEIGHBOURS = (Role.RONDA, Role.RT, Role.RW, Role.LINMAS)


def _at_once(*others: Role) -> tuple[Step, ...]:
    """The ladder of what cannot wait: everybody, and the agencies whose work it is."""
    return (Step(roles=(*_EVERYBODY, *others), until="closed"), _POLICE)


def _neighbours_first(third_s: int, again_s: Sequence[int], last_s: int) -> tuple[Step, ...]:
    """The ladder of what cameras alone say: the neighbourhood, all of it again and again, and operators in the end. Who
    has taken it and comes nowhere is called by the neighbours first, too."""
    return (
        Step(roles=(Role.RONDA,)),
        Step(after_s=60, roles=(Role.RT,)),
        Step(after_s=third_s, roles=(Role.RW, Role.LINMAS)),
        *(Step(after_s=after_s, roles=_NEIGHBOURS) for after_s in again_s),
        Step(after_s=last_s, roles=(Role.SATPOLPP, Role.POLSEK, Role.OPERATOR)),
        Step(since="claimed", after_s=ARRIVAL_S, roles=_NEIGHBOURS, until="on_scene"),
        Step(since="claimed", after_s=3 * ARRIVAL_S, roles=(Role.OPERATOR,), until="on_scene"),
    )


DEFAULT = Routing(
    rules=(
        Rule(
            name="edge silent",
            kinds=("edge_silent",),
            steps=(
                Step(roles=(Role.INSTALLER,)),
                Step(after_s=120, roles=(Role.RT,)),
                Step(after_s=300, roles=(Role.OPERATOR,)),
            ),
        ),
        Rule(
            name="camera trouble",
            kinds=(HEALTH,),
            steps=(
                Step(roles=(Role.INSTALLER,)),
                Step(after_s=120, roles=(Role.RONDA, Role.RT)),
                Step(after_s=3600, roles=(Role.INSTALLER, Role.RT, Role.RW)),
                Step(after_s=4 * 3600, roles=(Role.INSTALLER, Role.RT, Role.RW)),
                Step(after_s=8 * 3600, roles=(Role.INSTALLER, Role.RT, Role.RW)),
                Step(after_s=12 * 3600, roles=(Role.OPERATOR,)),
            ),
        ),
        Rule(name="P1 fire", kinds=("fire",), severities=(1,), steps=_at_once(Role.DAMKAR)),
        Rule(name="P1 flood", kinds=("flood",), severities=(1,), steps=_at_once(Role.BPBD, Role.DAMKAR)),
        Rule(name="P1", severities=(1,), steps=_at_once()),
        Rule(name="confirmed", levels=tuple(level for level in LEVELS if level > MACHINE_LEVEL), steps=_at_once()),
        Rule(
            name="cameras alone, P2",
            kinds=(PRESENCE,),
            severities=(2,),
            steps=_neighbours_first(120, (240, 480, 720, 960), 1200),
        ),
        Rule(
            name="cameras alone, P3",
            kinds=(PRESENCE,),
            severities=(3,),
            steps=_neighbours_first(300, (1800, 3600, 7200, 10_800), 14_400),
        ),
        Rule(
            name="P2, P3",
            steps=(
                Step(roles=(Role.RONDA,)),
                Step(after_s=60, roles=(Role.RT,)),
                Step(after_s=120, roles=(Role.RW, Role.LINMAS, Role.SATPOLPP)),
                Step(after_s=180, roles=(Role.POLSEK,)),
                Step(after_s=300, roles=(Role.OPERATOR,)),
                Step(since="claimed", after_s=ARRIVAL_S, roles=(Role.OPERATOR,), until="on_scene"),
            ),
        ),
    )
)

# For an incident of whose ladder nobody could be told.
LAST_RESORT = Rule(
    name="last resort",
    steps=(Step(roles=(Role.OPERATOR,), until="closed"), Step(after_s=60, roles=(Role.ADMIN,))),
)


def choose(routing: Routing, kind: str, severity: int, area: str, now: datetime, level: int = UNCONFIRMED) -> Rule:
    """The first rule that fits; of the default ones where none does, which `check` does not let pass."""
    every = (*routing.rules, *DEFAULT.rules)
    return next(rule for rule in every if _tells_somebody(rule) and rule.fits(kind, severity, area, now, level))


def _tells_somebody(rule: Rule) -> bool:
    return any(step.since == "opened" for step in rule.steps)


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


def to_json(routing: Routing) -> str:
    """A routing as it is stored; the same text for equal routings."""
    return msgspec.json.encode(routing, order="deterministic").decode()


def from_json(text: str | bytes) -> Routing:
    """Read what somebody wrote; raises ConfigError with a line for each thing that is wrong, `check` included."""
    try:
        raw = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ConfigError([f"routing: is not JSON: {error}"]) from error
    if not isinstance(raw, dict):
        raise ConfigError(['routing: expected an object such as {"rules": [...]}'])
    try:
        routing = config.build(raw, Routing, name="routing")
    except ConfigError as error:
        raise ConfigError([_clearer(problem) for problem in error.problems]) from error
    if problems := check(routing):
        raise ConfigError(problems)
    return routing


def restored(text: str | bytes) -> Routing:
    """Read what `to_json` wrote; raises ConfigError where that is damaged.

    Without `check`: a rule that was good when it was written must not silence everybody after an update.
    """
    try:
        return msgspec.json.decode(text, type=Routing)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ConfigError([f"routing: the stored document cannot be read: {error}"]) from error


def _clearer(problem: str) -> str:
    """A problem of a document in the words of those who write rules."""
    place, is_role, role = problem.partition("Invalid enum value ")
    if is_role:
        return f"{place}role {role} is not one of {', '.join(Role)}"
    place, is_clock, _ = problem.partition("expected str matching regex")
    return f'{place}expected a time of day in WIB such as "22:00"' if is_clock else problem


def check(routing: Routing) -> list[str]:
    """What is wrong with a routing, each as a line that names the rule; nothing where it may be used."""
    rules = routing.rules
    if not rules:
        return ["routing: has no rule; it needs at least one, which fits everything"]
    if len(rules) > MAX_RULES:
        return [f"routing: has {len(rules)} rules; {MAX_RULES} are enough for anybody to keep in mind"]
    problems = [
        f"{_title(rule, position)}: {trouble}" for position, rule in enumerate(rules) for trouble in _wrong(rule)
    ]
    names = [rule.name for rule in rules]
    problems += [
        f"rule {name!r}: {names.count(name)} rules have this name"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    last = rules[-1]
    if last.kinds or last.severities or last.levels or last.area or last.hours:
        problems.append(
            f"{_title(last, len(rules) - 1)}: is the last one and must fit everything; leave out its kinds,"
            " severities, levels, area and hours, or add a rule without them after it"
        )
    if problems:  # what is covered can only be told of rules that are sound
        return problems
    for position, rule in enumerate(rules):
        earlier = next((each for each in rules[:position] if _covers(each, rule)), None)
        if earlier is not None:
            problems.append(
                f"{_title(rule, position)}: is never reached, because rule {earlier.name!r} before it fits all of it"
            )
    return problems


def _title(rule: Rule, position: int) -> str:
    return f"rule {rule.name!r}" if rule.name else f"rule {position + 1}"


def _wrong(rule: Rule) -> Iterator[str]:
    """What is wrong with one rule."""
    if not rule.name.strip() or len(rule.name) > MAX_NAME or not rule.name.isprintable():
        yield f"its name must have 1 to {MAX_NAME} printable characters"
    for kind in rule.kinds:
        if kind not in KINDS and kind not in FAMILY_NAMES:
            yield f"kind {kind!r} is not known{nearest(kind, (*KINDS, *FAMILY_NAMES))}"
    yield from (f"severity {each} is not one of 1, 2, 3" for each in rule.severities if each not in SEVERITIES)
    yield from (f"verification level {each} is not one of 0 to 4" for each in rule.levels if each not in LEVELS)
    if rule.area:
        try:
            areas.check(rule.area)
        except EkamlingError as error:
            yield str(error)
    if rule.hours is not None:
        yield from _wrong_hours(rule.hours)
    yield from _wrong_steps(rule)


def _wrong_hours(hours: Hours) -> Iterator[str]:
    if not hours.days:
        yield "its hours name no day; leave days out for every day"
    if any(day not in EVERY_DAY for day in hours.days):
        yield "its hours name a day that is not one of 0 (Monday) to 6 (Sunday)"
    for clock in (hours.start, hours.end):
        if not re.search(_CLOCK, clock):
            yield f'its hours: {clock!r} is not a time of day such as "22:00"'


def _wrong_steps(rule: Rule) -> Iterator[str]:
    steps = rule.steps
    if not _tells_somebody(rule):
        yield "has no step that counts from the opening, so nobody would ever be told"
    if len(steps) > MAX_STEPS:
        yield f"has {len(steps)} steps; {MAX_STEPS} are the most"
    for number, step in enumerate(steps, start=1):
        yield from (f"step {number}: {trouble}" for trouble in _wrong_step(step))
    for since in ("opened", "claimed"):
        waits = [(number, step.after_s) for number, step in enumerate(steps, start=1) if step.since == since]
        for (before, longer), (number, shorter) in pairwise(waits):
            if shorter < longer:
                yield f"step {number}: comes at {shorter} s, before step {before} at {longer} s; put the steps in order"


def _wrong_step(step: Step) -> Iterator[str]:
    if not step.roles and not step.users:
        yield "tells nobody; name a role or a user"
    for role in step.roles:
        if role not in tuple(Role):
            yield f"role {str(role)!r} is not known{nearest(str(role), tuple(Role))}"
    if any(not name.strip() for name in (*step.users, *step.channels)):
        yield "has a user or a channel without a name"
    if not 0 <= step.after_s <= MAX_WAIT_S:
        yield f"after_s {step.after_s} is not between 0 and {MAX_WAIT_S}"
    if step.since == "claimed" and step.until == "claimed":
        yield "counts from the claim and ends with the claim, so it never comes; write until on_scene or closed"


def _covers(outer: Rule, inner: Rule) -> bool:
    """Whether `outer` fits every incident that `inner` fits."""
    return (
        (not outer.area or (bool(inner.area) and areas.contains(outer.area, inner.area)))
        and (not outer.severities or (bool(inner.severities) and set(inner.severities) <= set(outer.severities)))
        and (not outer.levels or (bool(inner.levels) and set(inner.levels) <= set(outer.levels)))
        and (not outer.kinds or (bool(inner.kinds) and _kinds(inner.kinds) <= _kinds(outer.kinds)))
        and (outer.hours is None or not _minutes(inner.hours) & ~_minutes(outer.hours))
    )


def _kinds(names: Sequence[str]) -> set[str]:
    """The kinds that are meant by names of kinds and families; a family itself stands for kinds not known yet."""
    return set(names) | {kind for kind in KINDS if family(kind) in names}


def _minutes(hours: Hours | None) -> int:
    """The minutes of the week, from Monday 00:00 on, that lie in a window: one bit each."""
    every = (1 << _WEEK_MINUTES) - 1
    if hours is None:
        return every
    start, end = _minute(hours.start), _minute(hours.end)
    length = end - start if start < end else end - start + _DAY_MINUTES
    week = 0
    for day in hours.days:
        week |= ((1 << length) - 1) << (day * _DAY_MINUTES + start)
    return (week | week >> _WEEK_MINUTES) & every  # the night of Sunday ends on Monday


def _minute(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)
