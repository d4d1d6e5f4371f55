"""Figures from kept days are those of the incidents themselves, whatever happens to these later."""

import asyncio
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.incident import Resolution
from alerts.reporting import cube, days, load
from alerts.reporting import figures as reporting
from alerts.reporting.clocks import CLOCKS, Span, target
from alerts.reporting.cube import Cube
from alerts.reporting.days import Day, Way
from alerts.reporting.figures import Figures
from alerts.reporting.frames import pl
from alerts.reporting.load import Tally
from alerts.reporting.office import Office
from alerts.reporting.shares import share, times
from alerts.store import day_sums as store
from alerts.store.database import Database
from alerts.store.response_schema import day_sums, hour_changes, notifications
from alerts.store.schema import incidents
from core.clock import ManualClock
from core.errors import StorageError
from core.ids import new_id
from tests.alerts.reporting.ledger import NOON, OCTOBER, RT, TIMES, an_incident, note, write

LATER = OCTOBER.end + timedelta(days=3)
FIRST_HOUR = round(OCTOBER.start.timestamp()) // 3600
VILLAGE = "33.03.05.1005"
CLOCKED = (*CLOCKS, target("close:900"))
SPAN_ENDS = ("acknowledged_at", "verified_at", "dispatched_at", "on_scene_at", "closed_at")


def whole(chance: np.random.Generator, below: int) -> int:
    return int(chance.integers(below))


def one_of(chance: np.random.Generator, *choices: Any) -> Any:
    return choices[whole(chance, len(choices))]


def some_incident(chance: np.random.Generator) -> dict[str, Any]:
    """An incident of any place, kind and fate, on one of three days."""
    after = {name: round(chance.exponential(100), 6) for name in TIMES if chance.random() < 0.4}
    fate = one_of(chance, None, None, *Resolution)
    received = NOON + timedelta(hours=whole(chance, 72), microseconds=whole(chance, 1_000_000))
    return an_incident(
        received,
        fate.value if fate else None,
        after,
        area=one_of(chance, RT, VILLAGE, "33.03.06.2001", "33.04.01.2001"),
        camera=one_of(chance, "gerbang", "pos", ""),
        rule=one_of(chance, "pagar", "halaman", ""),
        kind=one_of(chance, "intrusion", "fire"),
        family=one_of(chance, "presence", "health"),
        severity=1 + whole(chance, 3),
        agency=one_of(chance, "", "Polsek"),
        test=bool(chance.random() < 0.1),
        quiet=new_id() if chance.random() < 0.1 else None,
        event_count=1 + whole(chance, 8),
        opened_at=received - timedelta(minutes=whole(chance, 90)),
    )


async def rows_of(database: Database) -> list[dict[str, Any]]:
    async with database.read() as connection:
        return [dict(row) for row in (await connection.execute(select(incidents))).mappings()]


def directly(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of some rows, one by one: what the sums are held against."""
    standing: Counter[str] = Counter()
    spans: dict[Span, list[float]] = {span: [] for span in Span}
    verdicts: Counter[str] = Counter()
    for row in rows:
        way = Way(**{name: row[name] for name in Way._fields} | {"quiet": row["quiet"] is not None})
        standing[way.standing] += 1
        if way.standing == "alarm":
            verdicts[row["resolution"]] += 1
            for span, seconds in taken(row).items():
                spans[span].append(seconds)
    kept = {
        clock.name: share(
            sum(each <= clock.seconds for each in spans[clock.span]),
            standing["alarm"] if clock.span is Span.ANSWER else len(spans[clock.span]),
        )
        for clock in CLOCKED
    }
    return {
        "counts": [standing[name] for name in ("alarm", "trouble", "test", "silenced", "merged")],
        "signals": sum(row["event_count"] for row in rows if row["resolution"] != Resolution.MERGED),
        "precision": share(verdicts["resolved"], verdicts["resolved"] + verdicts["false"]),
        "times": {span.value: times(seconds) for span, seconds in spans.items()},
        "clocks": kept,
    }


def taken(row: dict[str, Any]) -> dict[Span, float]:
    def seconds(start: datetime, end: datetime) -> float:
        return max(0.0, (end - start) / timedelta(microseconds=1)) / 1_000_000

    answered = min((row[name] for name in SPAN_ENDS if row[name]), default=None)
    ends = {Span.ANSWER: answered, Span.DISPATCH: row["dispatched_at"], Span.ARRIVE: row["on_scene_at"]}
    ends[Span.CLOSE] = row["closed_at"]
    found = {span: seconds(row["received_at"], at) for span, at in ends.items() if at}
    if row["dispatched_at"] and answered:
        found[Span.HANDLING] = seconds(answered, row["dispatched_at"])
    return found


def told(figures: Any) -> dict[str, Any]:
    return {
        "counts": [figures.alarms, figures.trouble, figures.tests, figures.silenced, figures.merged],
        "signals": figures.signals,
        "precision": figures.precision,
        "times": figures.times,
        "clocks": {each.clock.name: each.kept for each in figures.clocks},
    }


async def check(office: Office, database: Database) -> None:
    """The figures of an office are those of the rows: of the whole, and of each area, agency, camera and rule."""
    found = await office.count("33.03", OCTOBER, CLOCKED)
    rows = [row for row in await rows_of(database) if row["area"].startswith("33.03.")]
    assert told(found.total) == directly(rows)
    for group in found.areas:
        assert told(group.figures) == directly([row for row in rows if row["area"].startswith(group.area)])
    for group in found.agencies:
        assert told(group.figures) == directly([row for row in rows if row["agency"] == group.agency])
    for group in found.cameras:
        assert told(group.figures) == directly([row for row in rows if row["camera"] == group.camera])
    for group in found.rules:
        mine = [row for row in rows if (row["camera"], row["rule"]) == (group.camera, group.rule)]
        assert told(group.figures) == directly(mine)
    assert len(found.cameras) == len({row["camera"] for row in rows} - {""})


async def change(database: Database, chance: np.random.Generator) -> None:
    """Something happens to an incident of the past."""
    rows = await rows_of(database)
    row = one_of(chance, *rows)
    async with database.write() as connection:
        match whole(chance, 3):
            case 0:
                await connection.execute(delete(incidents).where(incidents.c.id == row["id"]))
            case 1:
                await connection.execute(insert(incidents).values(some_incident(chance)))
            case _:
                fate = {name: value for name, value in some_incident(chance).items() if name != "id"}
                await connection.execute(update(incidents).where(incidents.c.id == row["id"]).values(fate))


@pytest.mark.parametrize("seed", range(3))
async def test_figures_are_those_of_the_rows_through_any_later_change(database: Database, seed: int) -> None:
    chance = np.random.default_rng(seed)
    await write(database, [some_incident(chance) for _ in range(60)])
    office = Office(database, ManualClock(LATER))
    for _ in range(6):
        await check(office, database)
        await change(database, chance)
    await check(Office(database, ManualClock(LATER)), database)  # one that knows only what is kept


async def figures(database: Database, office: Office | None = None) -> Figures:
    return await (office or Office(database, ManualClock(LATER))).count("33.03", OCTOBER)


async def test_kept_days_can_be_thrown_away(database: Database) -> None:
    chance = np.random.default_rng(9)
    await write(database, [some_incident(chance) for _ in range(40)])
    before = await figures(database)
    async with database.write() as connection:
        assert (await connection.execute(select(func.count()).select_from(day_sums))).scalar_one() >= 3
        await connection.execute(delete(day_sums))
    assert msgspec.json.encode(await figures(database)) == msgspec.json.encode(before)


async def test_a_day_of_another_form_is_summed_anew_and_a_damaged_one_is_said(database: Database) -> None:
    await write(database, [an_incident()])
    await figures(database)
    async with database.write() as connection:
        await connection.execute(update(day_sums).values(content=b"old", form=days.FORM - 1))
    assert (await figures(database)).total.alarms == 1
    async with database.write() as connection:
        await connection.execute(update(day_sums).values(content=b"nothing"))
    with pytest.raises(StorageError, match="empty the table day_sums"):
        await figures(database)


async def test_a_claim_and_a_message_change_a_day(database: Database) -> None:
    row = an_incident()
    await write(database, [row])
    office = Office(database, ManualClock(LATER))
    assert (await figures(database, office)).total.times["answer"].count == 0
    await note(database, row["id"], NOON + timedelta(seconds=9), "acknowledged")
    assert (await figures(database, office)).total.times["answer"].p50 == 9.0
    message = {"id": new_id(), "user": "siti", "role": "operator", "channel": "console", "incident": row["id"]}
    message |= {"action": "trigger", "step": None, "address": "x", "state": "waiting", "made_at": NOON, "due_at": NOON}
    async with database.write() as connection:
        await connection.execute(insert(notifications).values(**message, attempts=1, provider_id="", error=""))
    assert (await figures(database, office)).load.alarms == 0
    async with database.write() as connection:
        await connection.execute(update(notifications).values(sent_at=NOON))
    assert (await figures(database, office)).load.alarms == 1


async def test_today_may_be_half_a_minute_behind_and_is_not_kept_each_time(database: Database) -> None:
    clock = ManualClock(NOON)
    office = Office(database, clock)
    seen = []
    for _ in range(3):
        await write(database, [an_incident()])
        seen.append((await office.count("33.03", OCTOBER)).total.alarms)
        clock.advance(20)
    assert seen == [1, 1, 3]
    async with database.read() as connection:
        assert (await connection.execute(select(day_sums))).all() == []


async def test_today_is_kept_when_several_of_its_hours_are_new(database: Database) -> None:
    await write(database, [an_incident(NOON - timedelta(hours=hours)) for hours in range(10)])
    await Office(database, ManualClock(NOON)).count("33.03", OCTOBER)
    async with database.read() as connection:
        assert len((await connection.execute(select(day_sums.c.day))).all()) == 1


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many incidents were read for figures, each time that some were."""
    seen: list[int] = []
    before = store.counted

    async def noted(connection: AsyncConnection, slots: Collection[int]) -> Day:
        day = await before(connection, slots)
        seen.append(len(day.rows))
        return day

    monkeypatch.setattr(store, "counted", noted)
    return seen


async def test_only_the_hour_that_changed_is_read_again(database: Database, counted: list[int]) -> None:
    rows = [an_incident(NOON + timedelta(hours=hours)) for hours in range(60)]
    await write(database, rows)
    office = Office(database, ManualClock(LATER))
    await figures(database, office)
    await figures(database, office)
    await figures(database)  # a process that knows only what is kept
    assert sum(counted) == 60
    counted.clear()
    await note(database, rows[30]["id"], NOON + timedelta(hours=31), "acknowledged")
    assert (await figures(database, office)).total.times["answer"].count == 1
    assert counted == [1]


async def test_what_nothing_happened_to_is_not_summed_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two areas, agencies and cameras those stay in which no incident has changed."""
    here, there = an_incident(), an_incident(area="33.03.06.2001", camera="pos", agency="Polsek")
    await write(database, [here, there])
    office = Office(database, ManualClock(LATER))
    await figures(database, office)
    summed: list[int] = []
    before = cube.summed

    def noted(of: Cube, column: str, keys: list[Any], known: dict[Any, Any], clocks: Any) -> dict[Any, Any]:
        summed.append(len({key for key in keys if key is not None} - known.keys()))
        return before(of, column, keys, known, clocks)

    monkeypatch.setattr(reporting, "summed", noted)
    await note(database, there["id"], NOON + timedelta(seconds=5), "acknowledged")
    after = await figures(database, office)
    # the regency, a district, a village, an agency, a camera and a rule; the other of each stays
    assert summed == [1] * 6
    assert msgspec.json.encode(after) == msgspec.json.encode(await figures(database))


async def test_an_incident_that_is_written_late_is_counted(database: Database) -> None:
    await write(database, [an_incident()])
    assert (await figures(database)).total.alarms == 1
    await write(database, [an_incident()])
    assert (await figures(database)).total.alarms == 2


async def test_what_is_asked_for_at_the_same_time_is_counted_once(database: Database) -> None:
    await write(database, [an_incident() for _ in range(5)])
    office = Office(database, ManualClock(LATER))
    found = await asyncio.gather(*(figures(database, office) for _ in range(4)))
    assert {each.total.alarms for each in found} == {5}


async def test_every_change_counts_for_its_hour(database: Database) -> None:
    await write(database, [an_incident(OCTOBER.start), an_incident(OCTOBER.start - timedelta(seconds=1))])
    async with database.write() as connection:
        await connection.execute(update(incidents).values(severity=1))
        rows = await connection.execute(select(hour_changes.c.hour).order_by(hour_changes.c.hour))
    assert list(rows.scalars()) == [FIRST_HOUR - 1, FIRST_HOUR]


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seed", range(5))
def test_load_counted_at_once_is_that_counted_one_by_one(engine_name: str, seed: int) -> None:
    chance = np.random.default_rng(seed)
    alarms = sorted((whole(chance, 3), 1_790_000_000_000_000 + whole(chance, 7_200) * 1_000_000) for _ in range(200))
    tally = Tally()
    for console, at in alarms:
        tally.add(str(console), at)
    shuffled = [alarms[number] for number in chance.permutation(len(alarms))]
    pl.Series([f"somebody {number}" for number in range(5000)], dtype=pl.Categorical())  # a centre knows many names
    told = {"console": [f"siti {console}" for console, _ in shuffled], "at": [at for _, at in shuffled]}
    frame = pl.DataFrame(told, schema_overrides={"console": pl.Categorical()})
    assert load.over(load.load(frame), 5.0) == tally.load(5.0)
