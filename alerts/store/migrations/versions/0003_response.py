"""Incidents with verification, claims and quiet times; routing, notifications, duty, reports and places.

Written out and never edited again, so that it means the same for ever. Times are microseconds since 1970 UTC.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.BigInteger()
EMPTY = sa.text("''")
HEALTH = "('covered', 'moved', 'defocused', 'frozen', 'dark', 'silent', 'clock')"
NEW_TABLES = (
    "incident_parts",
    "incident_links",
    "procedure_steps",
    "mutes",
    "neighbours",
    "routings",
    "steps",
    "notifications",
    "contacts",
    "shifts",
    "check_ins",
    "absences",
    "reports",
    "hooks",
    "changes",
    "places",
    "sites",
    "camera_places",
)
INCIDENT_INDEXES = (("incidents_by_receipt", "received_at"), ("incidents_by_closing", "closed_at"))


def _incident_columns() -> list[sa.Column[Any]]:
    """Made anew for each migration: a column belongs to one table for ever."""
    return [
        sa.Column("family", sa.String(64), nullable=False, server_default=EMPTY),
        sa.Column("source", sa.String(16), nullable=False, server_default=sa.text("'camera'")),
        sa.Column("level", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("quiet", sa.String(36)),
        sa.Column("test", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("agency", sa.String(64), nullable=False, server_default=EMPTY),
        sa.Column("unreached", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("summary", sa.String(1000), nullable=False, server_default=EMPTY),
        sa.Column("received_at", TIME, nullable=False, server_default=sa.text("0")),
        sa.Column("claimant", sa.String(80)),
        sa.Column("verified_at", TIME),
        sa.Column("dispatched_at", TIME),
        sa.Column("on_scene_at", TIME),
        sa.Column("merged_into", sa.String(36)),
    ]


def upgrade() -> None:
    for column in _incident_columns():
        op.add_column("incidents", column)
    op.add_column("incident_log", sa.Column("user", sa.String(80), nullable=False, server_default=EMPTY))
    op.add_column("users", sa.Column("language", sa.String(2), nullable=False, server_default=sa.text("'id'")))
    op.add_column("users", sa.Column("ended_at", TIME))
    op.drop_index("one_open_incident", "incidents")
    op.create_index("events_by_time", "events", ["at"])
    for name, indexed in INCIDENT_INDEXES:
        op.create_index(name, "incidents", [indexed])
    _incidents()
    _routing()
    _people()
    _reports()
    _places()
    _carry_over()


def _carry_over() -> None:
    """Give the incidents of the version before what the new columns say of them."""
    op.execute("UPDATE incidents SET received_at = opened_at")
    op.execute(f"UPDATE incidents SET family = CASE WHEN kind IN {HEALTH} THEN 'health' ELSE 'presence' END")  # noqa: S608 - a constant
    op.execute("UPDATE incidents SET state = 'new', claimant = acknowledged_by WHERE state = 'acknowledged'")
    op.execute(
        "INSERT INTO incident_parts (incident, edge, camera, area, first_at, last_at) "
        "SELECT id, edge, camera, area, opened_at, last_event_at FROM incidents"
    )


def _incidents() -> None:
    """Parts, links and procedures of incidents, and what keeps signals quiet."""
    op.create_table(
        "incident_parts",
        sa.Column("incident", sa.String(36), sa.ForeignKey("incidents.id"), primary_key=True),
        sa.Column("edge", sa.String(64), primary_key=True),
        sa.Column("camera", sa.String(64), primary_key=True),
        sa.Column("area", sa.String(64), primary_key=True),
        sa.Column("first_at", TIME, nullable=False),
        sa.Column("last_at", TIME, nullable=False),
    )
    op.create_index("parts_by_area", "incident_parts", ["area", "last_at"])
    op.create_index("parts_by_camera", "incident_parts", ["edge", "camera", "last_at"])
    op.create_table(
        "incident_links",
        sa.Column("incident", sa.String(36), sa.ForeignKey("incidents.id"), primary_key=True),
        sa.Column("earlier", sa.String(36), sa.ForeignKey("incidents.id"), primary_key=True),
        sa.Column("why", sa.String(16), nullable=False),
    )
    op.create_table(
        "procedure_steps",
        sa.Column("incident", sa.String(36), sa.ForeignKey("incidents.id"), primary_key=True),
        sa.Column("step", sa.String(64), primary_key=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("user", sa.String(80), nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
    )
    op.create_table(
        "mutes",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("edge", sa.String(64), nullable=False),
        sa.Column("camera", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
    )
    op.create_index("ix_mutes_until", "mutes", ["until"])
    op.create_table(
        "neighbours",
        sa.Column("edge", sa.String(64), primary_key=True),
        sa.Column("camera", sa.String(64), primary_key=True),
        sa.Column("other_edge", sa.String(64), primary_key=True),
        sa.Column("other_camera", sa.String(64), primary_key=True),
    )


def _routing() -> None:
    """Who is to be told, and was."""
    op.create_table(
        "routings",
        sa.Column("version", KEY, primary_key=True, autoincrement=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_table(
        "steps",
        sa.Column("id", KEY, primary_key=True, autoincrement=True),
        sa.Column("incident", sa.String(36), sa.ForeignKey("incidents.id"), nullable=False),
        sa.Column("ladder", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("rule", sa.String(200), nullable=False),
        sa.Column("done_at", TIME),
        sa.Column("note", sa.String(200), nullable=False),
        sa.UniqueConstraint("incident", "ladder", "position", name="each_step_once"),
    )
    op.create_index("steps_due", "steps", ["state", "due_at"])
    op.create_table(
        "notifications",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("incident", sa.String(36), sa.ForeignKey("incidents.id"), nullable=False),
        sa.Column("step", KEY, sa.ForeignKey("steps.id")),
        sa.Column("user", sa.String(80), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("address", sa.String(2000), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("leased_until", TIME),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", TIME),
        sa.Column("delivered_at", TIME),
        sa.Column("answered_at", TIME),
        sa.Column("provider_id", sa.String(200), nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.UniqueConstraint("incident", "step", "user", "channel", "action", name="each_notification_once"),
    )
    op.create_index("notifications_due", "notifications", ["state", "due_at"])
    op.create_index("notifications_of_incident", "notifications", ["incident"])
    op.create_index("notifications_of_provider", "notifications", ["channel", "provider_id"])


def _people() -> None:
    """How people are reached, and when they are on duty."""
    op.create_table(
        "contacts",
        sa.Column("id", KEY, primary_key=True, autoincrement=True),
        sa.Column("user", sa.String(80), sa.ForeignKey("users.name"), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("address", sa.String(2000), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.Column("gone_at", TIME),
    )
    op.create_index("ix_contacts_user", "contacts", ["user"])
    op.create_table(
        "shifts",
        sa.Column("id", KEY, primary_key=True, autoincrement=True),
        sa.Column("user", sa.String(80), sa.ForeignKey("users.name"), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("start", sa.Time(), nullable=False),
        sa.Column("end", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_until", sa.Date()),
    )
    op.create_index("ix_shifts_user", "shifts", ["user"])
    op.create_table(
        "check_ins",
        sa.Column("id", KEY, primary_key=True, autoincrement=True),
        sa.Column("user", sa.String(80), sa.ForeignKey("users.name"), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("latitude", sa.Float()),
        sa.Column("longitude", sa.Float()),
    )
    op.create_index("ix_check_ins_until", "check_ins", ["until"])
    op.create_table(
        "absences",
        sa.Column("id", KEY, primary_key=True, autoincrement=True),
        sa.Column("user", sa.String(80), sa.ForeignKey("users.name"), nullable=False),
        sa.Column("start", TIME, nullable=False),
        sa.Column("end", TIME, nullable=False),
        sa.Column("stand_in", sa.String(80)),
        sa.Column("reason", sa.String(200), nullable=False),
    )
    op.create_index("ix_absences_end", "absences", ["end"])


def _reports() -> None:
    """What residents report, and who changed what."""
    op.create_table(
        "reports",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("user", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("latitude", sa.Float()),
        sa.Column("longitude", sa.Float()),
        sa.Column("accuracy_m", sa.Float()),
        sa.Column("text", sa.String(1000), nullable=False),
        sa.Column("photo_sha256", sa.String(64)),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("incident", sa.String(36), sa.ForeignKey("incidents.id"), nullable=False),
        sa.Column("verdict", sa.String(16)),
        sa.Column("answered_at", TIME),
        sa.Column("rating", sa.Integer()),
        sa.Column("rating_text", sa.String(500), nullable=False),
    )
    op.create_index("ix_reports_incident", "reports", ["incident"])
    op.create_index("ix_reports_user", "reports", ["user"])
    op.create_table(
        "hooks",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("secret", sa.String(200), nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("severities", sa.JSON(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("ended_at", TIME),
    )
    op.create_table(
        "changes",
        sa.Column("id", KEY, primary_key=True, autoincrement=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("user", sa.String(80), nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("what", sa.String(64), nullable=False),
        sa.Column("which", sa.String(200), nullable=False),
        sa.Column("before", sa.JSON()),
        sa.Column("after", sa.JSON()),
    )
    op.create_index("ix_changes_at", "changes", ["at"])


def _places() -> None:
    """Areas, sites, and where cameras look."""
    op.create_table(
        "places",
        sa.Column("code", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("parent", sa.String(64), nullable=False),
        sa.Column("latitude", sa.Float()),
        sa.Column("longitude", sa.Float()),
    )
    op.create_index("ix_places_parent", "places", ["parent"])
    op.create_table(
        "sites",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("latitude", sa.Float()),
        sa.Column("longitude", sa.Float()),
        sa.Column("wants_camera", sa.Boolean(), nullable=False),
        sa.Column("contact", sa.String(200), nullable=False),
    )
    op.create_index("ix_sites_area", "sites", ["area"])
    op.create_table(
        "camera_places",
        sa.Column("edge", sa.String(64), primary_key=True),
        sa.Column("camera", sa.String(64), primary_key=True),
        sa.Column("site", sa.String(64), sa.ForeignKey("sites.id")),
        sa.Column("latitude", sa.Float()),
        sa.Column("longitude", sa.Float()),
        sa.Column("bearing", sa.Float()),
        sa.Column("view_angle", sa.Float()),
        sa.Column("reach_m", sa.Float()),
    )


def downgrade() -> None:
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
    for name, _ in INCIDENT_INDEXES:
        op.drop_index(name, "incidents")
    op.drop_index("events_by_time", "events")
    op.execute("UPDATE incidents SET state = 'acknowledged' WHERE state <> 'closed' AND claimant IS NOT NULL")
    op.execute("UPDATE incidents SET state = 'new' WHERE state NOT IN ('acknowledged', 'closed')")
    _fold_again()
    for column in _incident_columns():
        op.drop_column("incidents", column.name)
    op.drop_column("incident_log", "user")
    for name in ("ended_at", "language"):
        op.drop_column("users", name)
    open_ones = sa.text("state <> 'closed'")
    op.create_index(
        "one_open_incident",
        "incidents",
        ["edge", "camera", "rule"],
        unique=True,
        sqlite_where=open_ones,
        postgresql_where=open_ones,
    )


def _fold_again() -> None:
    """Close all but the newest open incident of each camera and rule: the version before knows only one."""
    op.execute(
        "UPDATE incidents SET state = 'closed', resolution = 'resolved', closed_at = updated_at "
        "WHERE state <> 'closed' AND number NOT IN "
        "(SELECT max(number) FROM incidents WHERE state <> 'closed' GROUP BY edge, camera, rule)"
    )
