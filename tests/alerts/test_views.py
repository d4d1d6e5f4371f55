"""The shapes of the API, version 1: a program that reads them must go on working."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from alerts import views
from alerts.boxes.order import Order
from alerts.cases.incident import Resolution, claimed, closed, opened
from alerts.people.roles import Role
from alerts.store.people import User
from tests.alerts.signals import a_signal
from tests.messages import AT


def test_a_time_is_in_utc_with_milliseconds() -> None:
    jakarta = timezone(timedelta(hours=7))
    assert views.instant(datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)) == "2026-01-01T12:00:00.123Z"
    assert views.instant(None) is None
    assert views.instant(datetime(2026, 1, 1, 19, 0, tzinfo=jakarta)) == "2026-01-01T12:00:00.000Z"


def test_an_incident_has_all_that_a_row_of_the_queue_shows() -> None:
    signal = a_signal(area="33.03.05.1005")
    incident = claimed(opened("id", signal, AT), "budi", "Budi", AT)
    at = "2026-01-01T12:00:00.000Z"
    expected: dict[str, Any] = {
        "id": "id",
        "number": 0,
        "kind": "intrusion",
        "rule": "halaman",
        "severity": 2,
        "source": "camera",
        "state": "new",
        "level": 2,
        "resolution": None,
        "merged_into": None,
        "test": False,
        "agency": "",
        "unreached": False,
        "summary": "",
        "camera": {
            "edge": "pos-1",
            "id": "gerbang",
            "name": "Gerbang",
            "area": "33.03.05.1005",
            "area_name": "Bancar",
        },
        "opened_at": at,
        "received_at": at,
        "verified_at": None,
        "dispatched_at": None,
        "on_scene_at": None,
        "updated_at": at,
        "closed_at": None,
        "event_count": 1,
        "label": "person",
        "score": 0.75,
        "snapshot_event": None,
        "clip_event": None,
        "acknowledged_by": "Budi",
        "acknowledged_at": at,
        "claimant": "budi",
        "last_event": {"id": signal.id, "at": at},
    }
    assert views.incident(incident, "Gerbang") == expected
    done = views.incident(closed(incident, Resolution.TEST, AT), "Gerbang")
    assert done == {**expected, "state": "closed", "resolution": "test", "closed_at": at}


def test_what_the_centre_did_itself_was_done_by_nobody() -> None:
    line = {"at": AT, "who": "system", "action": "opened", "note": "", "id": 1, "incident": "id"}
    assert views.log_entry(line)["who"] is None
    assert views.log_entry({**line, "who": "Budi"})["who"] == "Budi"


def test_a_user_is_shown_without_secrets() -> None:
    user = User(
        name="siti", display_name="Siti", role=Role.OPERATOR, area="33.03", password_hash="a hash", created_at=AT
    )
    shown = views.user(user)
    assert "a hash" not in str(shown)
    assert shown["must_set_password"] is False


def test_an_edge_that_never_reported_is_shown() -> None:
    row = an_edge()
    assert views.edge(row)["seen_at"] is None
    assert views.edge(row)["outbox_events"] == 0
    assert views.edge(row)["groups"] == []
    assert (views.edge(row)["events_lost"], views.edge(row)["events_rewound"]) == (0, 0)
    assert views.edge(row)["outbox_damaged"] is False


@pytest.mark.parametrize(
    ("outbox", "stored", "lost"),
    [
        ({"recorded": 10, "events": 4}, 6, 0),
        ({"recorded": 10, "events": 4}, 8, 0),  # stored, and not confirmed yet
        ({"recorded": 10, "events": 1, "events_lost": 3}, 6, 3),  # the edge said so
        ({"recorded": 10, "events": 1, "events_lost": 3}, 2, 7),  # confirmed once, and not here: a centre put back
    ],
)
def test_events_that_are_nowhere_are_shown_as_lost(outbox: dict[str, int], stored: int, lost: int) -> None:
    assert views.edge(an_edge(outbox=outbox, stored=stored))["events_lost"] == lost


def an_edge(*cameras: dict[str, Any], **changes: Any) -> dict[str, Any]:
    row = {"id": "pos-1", "name": "Pos", "area": "33.03", "online": False, "seen_at": None, "outbox": {}}
    row |= {"stored": 0, "rewound": None}
    return {**row, "cameras": cameras, "orders": [], "beyond": set(), **changes}


def a_row(group: str, mode: str, fps: float = 5.0) -> dict[str, Any]:
    """A camera as it is stored."""
    row = {"id": "gerbang", "name": "Gerbang", "area": "33.03.05.1005", "state": "ok", "reason": "", "fps": fps}
    return {**row, "group": group, "mode": mode, "troubles": None}


@pytest.mark.parametrize(
    ("modes", "shown"),
    [(["night", "night"], "night"), (["night", ""], "night"), (["night", "armed"], None), ([""], None)],
)
def test_a_group_is_in_the_mode_that_its_cameras_agree_on(modes: list[str], shown: str | None) -> None:
    (group,) = views.edge(an_edge(*(a_row("blok-a", mode) for mode in modes)))["groups"]
    assert group == {"id": "blok-a", "mode": shown, "whole": True, "wanted": None, "refused": None}


def test_cameras_of_no_group_make_none() -> None:
    assert views.edge(an_edge(a_row("", "")))["groups"] == []


def test_an_order_is_wanted_until_it_is_refused() -> None:
    order = Order(edge="pos-1", group="blok-a", mode="mudik", command="id", who="Siti", at=AT)
    (waiting,) = views.edge(an_edge(a_row("blok-a", "armed"), orders=[order], beyond={"blok-a"}))["groups"]
    shown = {"mode": "mudik", "by": "Siti", "since": "2026-01-01T12:00:00.000Z"}
    assert (waiting["wanted"], waiting["refused"], waiting["whole"]) == (shown, None, False)
    (refused,) = views.edge(an_edge(a_row("blok-a", "armed"), orders=[replace(order, refusal="no")]))["groups"]
    assert (refused["wanted"], refused["refused"]) == (None, {**shown, "reason": "no"})


def test_a_camera_has_its_troubles_and_a_rate_as_people_read_it() -> None:
    (camera,) = views.edge(an_edge(a_row("blok-a", "armed", fps=4.87)))["cameras"]
    assert (camera["fps"], camera["troubles"], camera["group"], camera["mode"]) == (5, [], "blok-a", "armed")
    assert views.camera(a_row("", "", fps=0.44))["fps"] == 0.4
