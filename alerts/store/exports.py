"""Rows that leave the centre: incidents without names of people, and verdicts with the pictures they are about."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from sqlalchemy import Select, and_, case, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.incident import Resolution
from alerts.cases.signal import HEALTH
from alerts.reporting.period import Period
from alerts.reporting.suggestions import Verdict
from alerts.store.figures import in_period, micros, pages
from alerts.store.incidents import within
from alerts.store.schema import events, incidents, media

JUDGED = (Resolution.RESOLVED, Resolution.FALSE)
_HOUR = 3_600_000_000  # microseconds
_WIB_HOURS = 7
_PLAIN = ("number", "id", "kind", "family", "source", "rule", "edge", "camera", "area", "severity", "level", "state")
_MORE = ("resolution", "test", "agency", "unreached", "label", "score", "event_count", "merged_into")
_TIMES = ("opened_at", "received_at", "acknowledged_at", "verified_at", "dispatched_at", "on_scene_at", "closed_at")
COLUMNS = (*_PLAIN, *_MORE, "silenced", *_TIMES)  # names of people are in none of them
TEXT = "summary"  # what a person wrote: only for who asks for it


def incident_rows(area: str, period: Period, text: bool) -> Select[Any]:
    """The query of incidents that the centre opened in a period, in order."""
    columns = [incidents.c[name] for name in (*_PLAIN, *_MORE)]
    silenced = and_(incidents.c.quiet.is_not(None), ~incidents.c.test).label("silenced")
    times = [incidents.c[name] for name in _TIMES]
    free = [incidents.c[TEXT]] if text else []
    return (
        select(*columns, silenced, *times, *free)
        .where(in_period(incidents.c.received_at, period), within(incidents.c.area, area))
        .order_by(incidents.c.received_at, incidents.c.number)
    )


def labelled_rows(area: str, period: Period) -> Select[Any]:
    """The query of events with a picture whose incident was judged, with `verdict` true, false or test, and `kept`:
    whether the picture is at the centre. The verdict is that of the whole incident."""
    test = or_(incidents.c.test, incidents.c.resolution == Resolution.TEST)
    verdict = case((test, "test"), (incidents.c.resolution == Resolution.RESOLVED, "true"), else_="false")
    picture = and_(media.c.event == events.c.id, media.c.kind == "snapshot")
    names = ("id", "at", "edge", "camera", "rule", "kind", "label", "score", "box", "model", "snapshot_sha256")
    return (
        select(*(events.c[name] for name in names), verdict.label("verdict"), media.c.event.is_not(None).label("kept"))
        .join(incidents, incidents.c.id == events.c.incident)
        .outerjoin(media, picture)
        .where(
            *(in_period(incidents.c.received_at, period), within(incidents.c.area, area)),
            *(events.c.snapshot_sha256.is_not(None), incidents.c.resolution.in_((*JUDGED, Resolution.TEST))),
            or_(incidents.c.quiet.is_(None), incidents.c.test),
        )
        .order_by(events.c.id)
    )


async def verdicts(
    connection: AsyncConnection, area: str, period: Period
) -> AsyncGenerator[tuple[tuple[str, str, str], Verdict], None]:
    """What people said of the incidents of a period, for each (edge, camera, rule) that had a part in one; those of
    one rule come together. Trouble of a camera is no matter of its rules."""
    rule = events.c.edge, events.c.camera, events.c.rule
    query = (
        select(
            *rule,
            func.max(events.c.score),
            func.min(micros(events.c.at)),
            func.max(case((incidents.c.resolution == Resolution.RESOLVED, 1), else_=0)),
        )
        .join(incidents, incidents.c.id == events.c.incident)
        .where(
            *(in_period(incidents.c.received_at, period), within(incidents.c.area, area)),
            *(incidents.c.resolution.in_(JUDGED), incidents.c.family != HEALTH),
            *(incidents.c.quiet.is_(None), incidents.c.test == false()),
        )
        .group_by(*rule, events.c.incident)
        .order_by(*rule)
    )
    async with aclosing(pages(connection, query)) as stream:
        async for page in stream:
            for edge, camera, name, score, at, true in page:
                yield (edge, camera, name), Verdict(score, (at // _HOUR + _WIB_HOURS) % 24, bool(true))
