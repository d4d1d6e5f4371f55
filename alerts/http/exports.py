"""What leaves the centre for other programs: incidents without names of people, and judged events to learn from."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from alerts.http.errors import ApiError, there
from alerts.http.figures import Area, First, Last
from alerts.http.policy import Administrator, Inspector
from alerts.people.roles import Capability, can
from alerts.reporting import period as periods
from alerts.reporting import sheets
from alerts.reporting.office import Office, place_of
from alerts.reporting.period import Period
from alerts.store import exports
from alerts.store.people import User
from alerts.views import instant

Text = Annotated[bool, Query(description="with what people wrote; for administrators only")]


def router(office: Office) -> APIRouter:
    """`/api/v1/exports/…`; all are streamed."""
    routes = APIRouter(prefix="/api/v1/exports", tags=["exports"])

    @routes.get("/incidents.csv", response_class=StreamingResponse)
    async def as_csv(user: Inspector, first: First, last: Last, area: Area = "", text: Text = False) -> Any:
        """The incidents that were opened in some days, as CSV."""
        asked = await _asked(office, user, (first, last), area, ("incidents.csv", text))
        content = sheets.csv_chunks(_columns(text), office.incident_pages(*asked, text))
        return await _streamed(content, "text/csv; charset=utf-8", "incidents.csv")

    @routes.get("/incidents.parquet", response_class=StreamingResponse)
    async def as_parquet(user: Inspector, first: First, last: Last, area: Area = "", text: Text = False) -> Any:
        """The incidents that were opened in some days, as Parquet."""
        asked = await _asked(office, user, (first, last), area, ("incidents.parquet", text))
        content = sheets.parquet_chunks(_columns(text), office.incident_pages(*asked, text))
        return await _streamed(content, "application/vnd.apache.parquet", "incidents.parquet")

    @routes.get("/labelled.jsonl", response_class=StreamingResponse)
    async def labelled(user: Administrator, first: First, last: Last, area: Area = "") -> Any:
        """Judged events of some days, one a line: the picture's SHA-256, box, label, score, rule and verdict."""
        asked = await _asked(office, user, (first, last), area, ("labelled.jsonl", False))
        content = sheets.json_chunks(_lines(office, *asked))
        return await _streamed(content, "application/x-ndjson", "labelled.jsonl")

    return routes


async def _asked(
    office: Office, user: User, days: tuple[str, str], area: str, what: tuple[str, bool]
) -> tuple[str, Period]:
    """Area and period of an export, which is written down: its file, and whether what people wrote is in it. Raises
    ApiError where the user may not have that."""
    file, text = what
    if text and not can(user.role, Capability.ADMINISTER):
        raise ApiError(403, "not_allowed", "Only administrators export what people wrote.")
    asked = there(place_of(user, area)), periods.of_days(*days)
    await office.note_export(user, file, asked, text)
    return asked


def _columns(text: bool) -> list[str]:
    return [*exports.COLUMNS, exports.TEXT] if text else list(exports.COLUMNS)


async def _lines(office: Office, area: str, period: Period) -> AsyncGenerator[list[dict[str, Any]], None]:
    async with aclosing(office.labelled_pages(area, period)) as pages:
        async for page in pages:
            yield [_line(row) for row in page]


def _line(row: Any) -> dict[str, Any]:
    """A judged event as it is learnt from."""
    names = ("edge", "camera", "rule", "kind", "label", "score", "box", "model", "verdict")
    values = {name: getattr(row, name) for name in names}
    return {"event": row.id, "at": instant(row.at), **values, "snapshot": row.snapshot_sha256, "kept": bool(row.kept)}


async def _streamed(content: AsyncGenerator[bytes, None], media_type: str, name: str) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return StreamingResponse(await sheets.begun(content), media_type=media_type, headers=headers)
