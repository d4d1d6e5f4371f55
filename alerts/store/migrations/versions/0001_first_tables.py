"""The first tables: events, incidents and their log, media, the feed, edges and cameras, people, counters.

Written out and never edited again, so that it means the same for ever. Times are microseconds since 1970 UTC.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.BigInteger()
OPEN = sa.text("state <> 'closed'")
LAST_TO_FIRST = (
    "counters links sessions users cameras edges feed incident_log media events incidents"  # by their foreign keys
).split()


def upgrade() -> None:
    _incidents()
    _events()
    _media()
    _incident_log()
    _feed()
    _fleet()
    _people()
    op.create_table(
        "counters",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    for table in LAST_TO_FIRST:
        op.drop_table(table)


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("number", KEY, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("edge", sa.String(64), nullable=False),
        sa.Column("camera", sa.String(64), nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("resolution", sa.String(16)),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("closed_at", TIME),
        sa.Column("acknowledged_at", TIME),
        sa.Column("acknowledged_by", sa.String(80)),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.Column("last_event", sa.String(36), nullable=False),
        sa.Column("last_event_at", TIME, nullable=False),
        sa.Column("snapshot_event", sa.String(36)),
        sa.Column("clip_event", sa.String(36)),
    )
    op.create_index(
        "one_open_incident",
        "incidents",
        ["edge", "camera", "rule"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index("incidents_by_time", "incidents", ["state", "opened_at"])


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("edge", sa.String(64), nullable=False),
        sa.Column("stream", sa.String(16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("incident", sa.String(36), sa.ForeignKey("incidents.id"), nullable=False),
        sa.Column("camera", sa.String(64), nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("frame_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("stored_at", TIME, nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("track", sa.BigInteger(), nullable=False),
        sa.Column("box", sa.JSON(), nullable=False),
        sa.Column("zone", sa.String(200), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("snapshot_sha256", sa.String(64)),
        sa.Column("clip_follows", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("edge", "stream", "seq", name="one_row_an_event"),
    )
    op.create_index("ix_events_incident", "events", ["incident"])


def _media() -> None:
    op.create_table(
        "media",
        sa.Column("event", sa.String(36), sa.ForeignKey("events.id"), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", TIME, nullable=False),
    )


def _incident_log() -> None:
    op.create_table(
        "incident_log",
        sa.Column("id", KEY, primary_key=True, autoincrement=True),
        sa.Column("incident", sa.String(36), sa.ForeignKey("incidents.id"), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
    )
    op.create_index("ix_incident_log_incident", "incident_log", ["incident"])


def _feed() -> None:
    op.create_table(
        "feed",
        sa.Column("id", KEY, primary_key=True, autoincrement=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sqlite_autoincrement=True,
    )


def _fleet() -> None:
    op.create_table(
        "edges",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("seen_at", TIME),
        sa.Column("stream", sa.String(16)),
        sa.Column("version", sa.String(200), nullable=False),
        sa.Column("outbox", sa.JSON(), nullable=False),
    )
    op.create_table(
        "cameras",
        sa.Column("edge", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("fps", sa.Float(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("seen_at", TIME),
    )


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("display_name", sa.String(80), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("password_hash", sa.String(200)),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.String(64), primary_key=True),
        sa.Column("user", sa.String(80), sa.ForeignKey("users.name"), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
    )
    op.create_table(
        "links",
        sa.Column("token_sha256", sa.String(64), primary_key=True),
        sa.Column("user", sa.String(80), sa.ForeignKey("users.name"), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME),
    )
