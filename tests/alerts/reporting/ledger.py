"""Incidents of the past, written as rows: for tests of figures."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from alerts.reporting.period import Period, of_month
from alerts.store.database import Database
from alerts.store.schema import events, incident_log, incidents
from core.ids import new_id

OCTOBER: Period = of_month("2026-10")
NOON = datetime(2026, 10, 15, 5, 0, tzinfo=UTC)  # 12.00 WIB
RT = "33.03.05.1005/RW02/RT04"
TIMES = ("acknowledged", "verified", "dispatched", "on_scene", "closed")


def an_incident(
    received: datetime = NOON, resolution: str | None = None, after: dict[str, float] | None = None, **changes: Any
) -> dict[str, Any]:
    """A row; `after` says how many seconds after its receipt it came how far."""
    times: dict[str, datetime | None] = {f"{name}_at": None for name in TIMES}
    times |= {f"{name}_at": received + timedelta(seconds=seconds) for name, seconds in (after or {}).items()}
    if resolution and times["closed_at"] is None:
        times["closed_at"] = received + timedelta(hours=1)
    row = {
        **{"id": new_id(), "kind": "intrusion", "family": "presence", "rule": "halaman", "edge": "pos-1"},
        **{"camera": "gerbang", "area": RT, "severity": 2, "state": "closed" if resolution else "new"},
        **{"resolution": resolution, "label": "person", "score": 0.75, "opened_at": received, "updated_at": received},
        **{"event_count": 1, "last_event": new_id(), "last_event_at": received, "received_at": received},
        **{"source": "camera", "test": False, "quiet": None, "agency": "", "summary": "", "merged_into": None},
    }
    return {**row, **times, **changes}


def an_event_of(incident: dict[str, Any], seq: int, **changes: Any) -> dict[str, Any]:
    """An event of an incident, with a picture announced."""
    at = incident["opened_at"]
    row = {
        **{"id": new_id(), "edge": incident["edge"], "stream": "00000000000000aa", "seq": seq},
        **{"incident": incident["id"], "camera": incident["camera"], "rule": incident["rule"]},
        **{"kind": incident["kind"], "severity": incident["severity"], "at": at, "frame_at": at, "received_at": at},
        **{"stored_at": at, "label": incident["label"], "score": incident["score"], "track": 1, "zone": ""},
        **{"box": [0.1, 0.2, 0.3, 0.4], "model": "nanodet", "snapshot_sha256": f"{seq:064x}", "clip_follows": False},
    }
    return {**row, **changes}


async def write(database: Database, rows: list[dict[str, Any]], seen: list[dict[str, Any]] | None = None) -> None:
    """Put incidents into the database, and events of theirs."""
    async with database.write() as connection:
        await connection.execute(insert(incidents), rows)
        if seen:
            await connection.execute(insert(events), seen)


async def note(database: Database, incident: str, at: datetime, action: str) -> None:
    """A line in the history of an incident."""
    async with database.write() as connection:
        line = {"incident": incident, "at": at, "who": "Siti", "user": "siti", "action": action, "note": ""}
        await connection.execute(insert(incident_log).values(line))
