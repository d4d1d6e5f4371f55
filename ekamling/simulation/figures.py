"""What came of a run: the funnel, what was lost, and what operators had to bear. All of it is read from the database.

An operator alarm is an incident of which at least one person in one of OPERATORS' roles was told. It is counted once,
however many of them were told, as all of them see that one has it; `worst console` counts for a single person.
"""

import statistics
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.signal import HEALTH
from alerts.people.roles import Role
from alerts.reporting.load import Tally
from alerts.store.database import Database
from alerts.store.response_schema import notifications, reports
from alerts.store.schema import events, incidents
from ekamling.simulation.people import People
from ekamling.simulation.truth import GRAVE, Truth

OPERATORS = frozenset({Role.OPERATOR, Role.POLSEK, Role.SATPOLPP, Role.POLRES})
AIM = 1000.0  # raw events for one operator alarm
INTERVAL = timedelta(minutes=10)
AN_HOUR = 6.0  # alarms of one operator, on average at most (EEMUA 191, ISA-18.2)
MOST_IN_10 = 10
MICROSECONDS = 1_000_000
MERGED = "merged"
PLANTED = "planted"


@dataclass(frozen=True)
class Setting:
    """What was simulated; `raw` counts the events that edges made."""

    edges: int
    cameras: int
    hours: float
    seed: int
    operators: int
    raw: int
    start: datetime
    truths: tuple[Truth, ...]


@dataclass(frozen=True)
class Told:
    """One person was told of one incident."""

    incident: str
    user: str
    role: Role
    at: datetime


@dataclass(frozen=True)
class Night:
    """The rows of a run. `of` gives the incident of each true signal."""

    incidents: dict[str, Any]
    told: list[Told]
    stored: int
    of: dict[str, str]


async def gather(database: Database, people: People, setting: Setting, causes: Mapping[str, str]) -> dict[str, Any]:
    """All figures of a run, as JSON has them. `causes` says what made each event."""
    async with database.read() as connection:
        night = await _read(connection, people)
        caused = await _causes(connection, night, people, causes)
    first = _first(night.told)
    alarms = _first([each for each in night.told if each.role in OPERATORS])
    true = {night.of[signal] for signal in people.shows if signal in night.of}
    lost = [trouble for truth in setting.truths if (trouble := _loss(truth, night, people))]
    reached = {name: len(ids) for name, ids in _reach(night, first, alarms).items()}
    return {
        "simulated": {
            "edges": setting.edges, "cameras": setting.cameras, "hours": setting.hours, "seed": setting.seed,
            "operators": setting.operators,
        },
        "funnel": _funnel(setting, night, first, alarms),
        "reach": reached,
        "ratio": round(setting.raw / len(alarms), 1) if alarms else None,
        "aim": AIM,
        "truths": dict(Counter(truth.kind for truth in setting.truths)),
        "causes": _by_cause(caused, causes, night, alarms),
        "lost": len(lost),
        "losses": lost,
        "alarms": _of_operators(setting, night, alarms, true),
        "opened_to_told_s": _percentiles(
            [(at - night.incidents[each]["received_at"]).total_seconds() for each, at in first.items()]
        ),
        "truth_to_seen_s": _percentiles(
            [
                (people.seen[truth.id] - setting.start).total_seconds() - truth.at
                for truth in setting.truths
                if truth.id in people.seen
            ]
        ),
        "messages_a_neighbour": _percentiles(_messages(night)),
        "unanswered": sum(_unanswered(row) for row in night.incidents.values()),
        "kentongan": people.cried,
    }  # fmt: skip


async def _read(connection: AsyncConnection, people: People) -> Night:
    columns = (incidents.c.id, incidents.c.number, incidents.c.family, incidents.c.kind, incidents.c.severity)
    more = (
        incidents.c.received_at,
        incidents.c.level,
        incidents.c.verified_at,
        incidents.c.quiet,
        incidents.c.claimant,
    )
    rest = (incidents.c.resolution, incidents.c.merged_into, incidents.c.event_count, incidents.c.unreached)
    rows = (await connection.execute(select(*columns, *more, *rest))).mappings()
    found = {row["id"]: dict(row) for row in rows}
    query = select(notifications.c.incident, notifications.c.user, notifications.c.role, notifications.c.sent_at).where(
        notifications.c.action == "trigger", notifications.c.sent_at.is_not(None)
    )
    told = [Told(incident, user, Role(role), at) for incident, user, role, at in await connection.execute(query)]
    stored = (await connection.execute(select(func.count()).select_from(events))).scalar_one()
    of: dict[str, str] = {}
    for table in (events, reports):
        pairs = await connection.execute(select(table.c.id, table.c.incident).where(table.c.id.in_(list(people.shows))))
        of |= {signal: incident for signal, incident in pairs}
    return Night(found, told, stored, of)


async def _causes(
    connection: AsyncConnection, night: Night, people: People, causes: Mapping[str, str]
) -> dict[str, str]:
    """What each incident came from: the cause of most of its events; of one without events, what people or the centre
    itself said."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for event, incident in await connection.execute(select(events.c.id, events.c.incident)):
        found[incident][causes[event]] += 1
    told = {}
    for each, row in night.incidents.items():
        if found[each]:
            told[each] = max(found[each].items(), key=lambda pair: (pair[0] == PLANTED, pair[1], pair[0]))[0]
        elif row["resolution"] == MERGED:
            told[each] = MERGED
        else:
            told[each] = "outage of an edge" if row["family"] == HEALTH else "kentongan"
    return told


def _by_cause(
    caused: Mapping[str, str], causes: Mapping[str, str], night: Night, alarms: dict[str, datetime]
) -> dict[str, dict[str, int]]:
    """Events, incidents and operator alarms of each cause."""
    made, opened, rang = Counter(causes.values()), Counter(caused.values()), Counter(caused[each] for each in alarms)
    return {
        cause: {"events": made[cause], "incidents": opened[cause], "alarms": rang[cause]}
        for cause in sorted(made | opened)
    }


def _messages(night: Night) -> list[float]:
    """How many messages each neighbour who was told of anything had, in the whole run."""
    return [float(many) for many in Counter(each.user for each in night.told if each.role not in OPERATORS).values()]


def _unanswered(row: dict[str, Any]) -> bool:
    """Whether an incident that people should hear of was still open at the end, and nobody had taken it."""
    return row["resolution"] is None and row["claimant"] is None and not row["quiet"]


def _first(told: Sequence[Told]) -> dict[str, datetime]:
    """When somebody was first told of each incident."""
    found: dict[str, datetime] = {}
    for each in told:
        found[each.incident] = min(found.get(each.incident, each.at), each.at)
    return found


def _reach(night: Night, first: dict[str, datetime], alarms: dict[str, datetime]) -> dict[str, list[str]]:
    """Incidents by whom they reached: each is in exactly one of these."""
    near = {each.incident for each in night.told if each.role not in OPERATORS}
    return {
        "nobody: folded into another before": [
            each for each, row in night.incidents.items() if each not in first and row["resolution"] == MERGED
        ],
        "nobody: kept quiet": [
            each
            for each, row in night.incidents.items()
            if each not in first and row["quiet"] and row["resolution"] != MERGED
        ],
        "nobody: for no such reason": [
            each
            for each, row in night.incidents.items()
            if each not in first and row["resolution"] != MERGED and not row["quiet"]
        ],
        "neighbourhood alone": [each for each in first if each not in alarms],
        "both": [each for each in alarms if each in near],
        "operators alone": [each for each in alarms if each not in near],
    }


def _funnel(setting: Setting, night: Night, first: dict[str, datetime], alarms: dict[str, datetime]) -> dict[str, int]:
    """From what edges made to what was true, in this order."""
    near = {each.incident for each in night.told if each.role not in OPERATORS}
    confirmed = [row for row in night.incidents.values() if _confirmed(row)]
    return {
        "raw_events": setting.raw,
        "events_stored": night.stored,
        "incidents": len(night.incidents),
        "told_to_anybody": len(first),
        "told_to_neighbourhood": len(near),
        "told_to_operators": len(alarms),
        "confirmed": len(confirmed),
    }


def _confirmed(row: dict[str, Any]) -> bool:
    """Whether a person said that it is true."""
    return row["verified_at"] is not None and row["level"] >= 2


def _loss(truth: Truth, night: Night, people: People) -> dict[str, str] | None:
    """Why a true incident counts as lost: nobody awake looked at it, or it was grave and no operator was told."""
    signals = [signal for signal, shown in people.shows.items() if shown == truth.id]
    inside = {night.of[signal] for signal in signals if signal in night.of}
    if not inside:
        return {"truth": truth.id, "why": "none of its signals was stored"}
    if truth.id not in people.seen:
        rows = [night.incidents[each] for each in inside]
        quiet = all(row["quiet"] for row in rows)
        numbers = ", ".join(f"#{row['number']} {row['resolution'] or 'open'}" for row in rows)
        return {"truth": truth.id, "why": f"nobody looked at it{', it was kept quiet' if quiet else ''} ({numbers})"}
    operators = {each.incident for each in night.told if each.role in OPERATORS}
    if truth.kind in GRAVE and not inside & operators:
        return {"truth": truth.id, "why": "no operator was told"}
    return None


def _of_operators(setting: Setting, night: Night, alarms: dict[str, datetime], true: set[str]) -> dict[str, Any]:
    rows = {each: night.incidents[each] for each in alarms}
    kinds = Counter(_nature(each, row, true) for each, row in rows.items())
    severities = Counter(f"P{row['severity']}" for row in rows.values())
    times = sorted(alarms.values())
    hours = setting.hours * setting.operators
    tally = Tally()
    for each in sorted(
        {(told.user, told.incident): told for told in night.told if told.role in OPERATORS}.values(),
        key=lambda told: (told.user, told.at),
    ):
        tally.add(each.user, int(each.at.timestamp() * MICROSECONDS))
    worst = tally.load(setting.hours)
    return {
        "all": len(alarms),
        "by_nature": dict(sorted(kinds.items())),
        "by_severity": {name: severities.get(name, 0) for name in ("P1", "P2", "P3")},
        "an_operator_hour": round(len(alarms) / hours, 2),
        "wanted_an_operator_hour": AN_HOUR,
        "worst_10_minutes": worst_interval(times),
        "worst_console_10_minutes": worst.worst_10_minutes,
        "wanted_10_minutes": MOST_IN_10,
        "by_10_minutes": _by_interval(setting, times),
    }


def _nature(incident: str, row: dict[str, Any], true: set[str]) -> str:
    if incident in true:
        return "true"
    return "camera trouble" if row["family"] == HEALTH else "false"


def _by_interval(setting: Setting, times: Sequence[datetime]) -> list[int]:
    """Alarms in each ten minutes, from the start of the run on; those afterwards count to the last."""
    counted = [0] * max(1, round(setting.hours * 6))
    for at in times:
        counted[min(len(counted) - 1, (at - setting.start) // INTERVAL)] += 1
    return counted


def worst_interval(times: Sequence[datetime]) -> int:
    """The most alarms in any ten minutes; `times` in their order."""
    recent: deque[datetime] = deque()
    worst = 0
    for at in times:
        while recent and recent[0] <= at - INTERVAL:
            recent.popleft()
        recent.append(at)
        worst = max(worst, len(recent))
    return worst


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and maximum in seconds; nothing for fewer than two."""
    if len(values) < 2:
        return {}
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "max": round(max(values), 1)}
