"""The document in which a routing is written: read, checked, and kept as JSON."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from alerts.cases.incident import LEVELS
from alerts.cases.signal import FAMILIES, family
from alerts.people.duty import EVERY_DAY
from alerts.people.roles import Role
from alerts.telling.rule import CLOCK, KINDS, MAX_NAME, SEVERITIES, Hours, Routing, Rule, Step
from core import areas, config
from core.errors import ConfigError, EkamlingError
from core.words import nearest

FAMILY_NAMES = frozenset(FAMILIES.values())
MAX_RULES, MAX_STEPS = 200, 20
MAX_WAIT_S = 24 * 3600
_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES


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
        if not re.search(CLOCK, clock):
            yield f'its hours: {clock!r} is not a time of day such as "22:00"'


def _wrong_steps(rule: Rule) -> Iterator[str]:
    steps = rule.steps
    if not rule.tells_somebody:
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
