"""What programs and pages are told of incidents, edges and people: the shapes of the API, version 1."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from alerts.boxes.order import Order
from alerts.cases.correlation import Part
from alerts.cases.incident import Incident
from alerts.cases.sop import Procedure
from alerts.ground import places
from alerts.store import fleet, sequences
from alerts.store.people import User

SYSTEM = "system"  # in the log: nobody, the centre itself


def instant(moment: datetime | None) -> str | None:
    """A time as ISO 8601 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


def incident(value: Incident, camera_name: str) -> dict[str, Any]:
    """An incident as a row of the queue."""
    return {
        "id": value.id,
        "number": value.number,
        "kind": value.kind,
        "rule": value.rule,
        "severity": value.severity,
        "source": value.source.value,
        "state": value.state.value,
        "level": value.level,
        "resolution": value.resolution.value if value.resolution else None,
        "merged_into": value.merged_into,
        "test": value.test,
        "agency": value.agency,
        "unreached": value.unreached,
        "summary": value.summary,
        "camera": {
            "edge": value.edge,
            "id": value.camera,
            "name": camera_name,
            "area": value.area,
            "area_name": places.name(value.area),
        },
        "opened_at": instant(value.opened_at),
        "received_at": instant(value.received_at),
        "verified_at": instant(value.verified_at),
        "dispatched_at": instant(value.dispatched_at),
        "on_scene_at": instant(value.on_scene_at),
        "updated_at": instant(value.updated_at),
        "closed_at": instant(value.closed_at),
        "event_count": value.event_count,
        "label": value.label,
        "score": value.score,
        "snapshot_event": value.snapshot_event,
        "clip_event": value.clip_event,
        "acknowledged_by": value.acknowledged_by,
        "acknowledged_at": instant(value.acknowledged_at),
        "claimant": value.claimant,
        "last_event": {"id": value.last_event, "at": instant(value.last_event_at)},
    }


def procedure(value: Procedure, done: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The checklist of an incident, with what was done."""
    return [
        {
            "id": each.id,
            "text": {"id": each.text_id, "en": each.text_en},
            "required": each.required,
            "done_at": instant(done[each.id]["at"]) if each.id in done else None,
            "done_by": done[each.id]["who"] if each.id in done else None,
        }
        for each in value.steps
    ]


def step(row: dict[str, Any]) -> dict[str, Any]:
    """One step of an incident's ladder: what is due, or what became of it."""
    wanted = msgspec.json.decode(row["step"])
    return {
        "ladder": row["ladder"],
        "rule": row["rule"],
        "state": row["state"],
        "due_at": None if row["state"] == "held" else instant(row["due_at"]),
        "done_at": instant(row["done_at"]),
        "roles": wanted.get("roles", []),
        "users": wanted.get("users", []),
        "until": wanted.get("until", "claimed"),
        "note": row["note"],
    }


def notification(row: dict[str, Any]) -> dict[str, Any]:
    """Who was told of an incident, how, and whether it arrived. Addresses are nobody's business here."""
    names = ("id", "user", "role", "channel", "action", "state", "attempts", "error")
    times = ("made_at", "sent_at", "delivered_at", "answered_at")
    return {
        **{name: row[name] for name in names},
        "display_name": row["display_name"] or row["user"],
        **{name: instant(row[name]) for name in times},
    }


def earlier(row: dict[str, Any]) -> dict[str, Any]:
    """An earlier incident of the same cameras or place."""
    names = ("id", "number", "kind", "severity", "state", "resolution", "why")
    return {**{name: row[name] for name in names}, "opened_at": instant(row["opened_at"])}


def part(value: Part, camera_name: str) -> dict[str, Any]:
    """What one camera has to do with an incident."""
    return {
        "edge": value.edge,
        "id": value.camera,
        "name": camera_name,
        "area": value.area,
        "first_at": instant(value.first_at),
        "last_at": instant(value.last_at),
    }


def event(row: dict[str, Any]) -> dict[str, Any]:
    """One event of an incident."""
    return {
        "id": row["id"],
        "at": instant(row["at"]),
        "kind": row["kind"],
        "label": row["label"],
        "score": row["score"],
        "severity": row["severity"],
        "box": row["box"],
        "snapshot": "snapshot" in row["media"],
        "clip": "clip" in row["media"],
    }


def log_entry(row: dict[str, Any]) -> dict[str, Any]:
    """One line of an incident's history."""
    return {
        "at": instant(row["at"]),
        "who": None if row["who"] == SYSTEM else row["who"],
        "action": row["action"],
        "note": row["note"],
    }


def edge(row: dict[str, Any]) -> dict[str, Any]:
    """An edge with its cameras. `events_lost` are events that it had and that nobody has any more."""
    outbox = fleet.outbox_of(row)
    return {
        "id": row["id"],
        "name": row["name"],
        "area": row["area"],
        "area_name": places.name(row["area"]),
        "online": row["online"],
        "seen_at": instant(row["seen_at"]),
        "outbox_events": outbox.events,
        "events_lost": outbox.events_lost + sequences.missing(outbox, row["stored"]),
        "events_rewound": row["rewound"] or 0,
        "outbox_damaged": outbox.damaged,
        "groups": groups(row),
        "cameras": [camera(each) for each in row["cameras"]],
    }


def camera(row: dict[str, Any]) -> dict[str, Any]:
    """A camera, with the kinds of trouble that it has itself."""
    return {
        "id": row["id"],
        "name": row["name"],
        "area": row["area"],
        "area_name": places.name(row["area"]),
        "state": row["state"],
        "reason": row["reason"],
        "fps": rate(row["fps"]),
        "group": row["group"],
        "mode": row["mode"] or None,
        "troubles": row["troubles"] or [],
    }


def rate(fps: float) -> float:
    """As exact as people read it, so that a rate that trembles is no news: whole above 1, tenths below."""
    return round(fps) if fps >= 1 else round(fps, 1)


def groups(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The groups of an edge's cameras: the mode (null: not told, or not the same for all), what is wanted of the edge
    or was refused by it, and whether all of the group's cameras lie within the area of whoever asks."""
    modes: dict[str, set[str]] = {}
    for each in row["cameras"]:
        if each["group"]:
            modes.setdefault(each["group"], set()).update({each["mode"]} - {""})
    orders = {order.group: order for order in row["orders"]}
    return [
        {
            "id": name,
            "mode": next(iter(told)) if len(told) == 1 else None,
            "whole": name not in row["beyond"],
            "wanted": _wanted(orders.get(name)),
            "refused": _refused(orders.get(name)),
        }
        for name, told in sorted(modes.items())
    ]


def _wanted(order: Order | None) -> dict[str, Any] | None:
    if order is None or order.refusal is not None:
        return None
    return {"mode": order.mode, "by": order.who, "since": instant(order.at)}


def _refused(order: Order | None) -> dict[str, Any] | None:
    if order is None or order.refusal is None:
        return None
    return {"mode": order.mode, "by": order.who, "since": instant(order.at), "reason": order.refusal}


def order_entry(row: dict[str, Any]) -> dict[str, Any]:
    """One line of the history of a group's orders."""
    return {**log_entry(row), "mode": row["mode"]}


def user(value: User) -> dict[str, Any]:
    """A signed-in person, without secrets."""
    return {
        "name": value.name,
        "display_name": value.display_name,
        "role": value.role,
        "area": value.area,
        "area_name": places.name(value.area),
        "must_set_password": value.password_hash is None and not value.sso,
    }
