"""Figures of an area and a period, as JSON, CSV and PDF, and what verdicts suggest for the rules of cameras."""

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response

from alerts.http.errors import there
from alerts.http.large import large
from alerts.http.policy import Installer, Seer
from alerts.reporting import pdf, table
from alerts.reporting import period as periods
from alerts.reporting.figures import MOST, Figures
from alerts.reporting.office import Office
from alerts.store.people import User

First = Annotated[str, Query(alias="from", max_length=40, description="first day, in WIB, as 2026-10-01")]
Last = Annotated[str, Query(alias="to", max_length=40, description="last day, in WIB, as 2026-10-31")]
Area = Annotated[str, Query(max_length=64, description="an area within one's own; empty: one's own")]
Targets = Annotated[
    list[str], Query(default_factory=list, max_length=10, description="clocks of one's own, as answer:30:80")
]


def router(office: Office) -> APIRouter:
    """`/api/v1/figures` and `/suggestions`."""
    routes = APIRouter(prefix="/api/v1", tags=["figures"])

    async def counted(user: User, days: tuple[str, str], area: str, most: int | None = MOST) -> Figures:
        return there(await office.figures(user, area, periods.of_days(*days), (), most))

    @routes.get("/figures", response_model=dict[str, Any])
    async def figures(user: Seer, first: First, last: Last, target: Targets, area: Area = "") -> Response:
        """Counts, precision, times against the clocks, coverage, health and load of an area in some days, as of
        `made_at`, which may be 30 s ago."""
        found = there(await office.recent(user, area, periods.of_days(first, last), target))
        return large({"figures": found})

    @routes.get("/figures.csv", response_class=Response)
    async def as_csv(user: Seer, first: First, last: Last, area: Area = "") -> Response:
        """The same as one table, with all cameras and rules; its head is in Bahasa Indonesia."""
        found = await counted(user, (first, last), area, None)
        return _file(table.csv(found).encode(), "text/csv; charset=utf-8", found, "csv")

    @routes.get("/figures.pdf", response_class=Response)
    async def as_pdf(user: Seer, first: First, last: Last, area: Area = "") -> Response:
        """The report that is printed, in Bahasa Indonesia."""
        found = await counted(user, (first, last), area)
        return _file(await asyncio.to_thread(pdf.report, found), "application/pdf", found, "pdf")

    @routes.get("/suggestions")
    async def suggestions(user: Installer, days: Annotated[int, Query(ge=1, le=366)] = 90) -> dict[str, Any]:
        """What people's verdicts suggest for the rules of cameras: shown, never applied."""
        return {"suggestions": msgspec.to_builtins(await office.suggestions(user, days))}

    return routes


def _file(content: bytes, media_type: str, figures: Figures, suffix: str) -> Response:
    name = f"ekamling-{figures.area.replace('/', '-')}-{figures.first}-{figures.last}.{suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(content, media_type=media_type, headers=headers)
