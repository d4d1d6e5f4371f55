"""The centre's tables, one schema for SQLite and PostgreSQL. Migrations bring a database to it; see `migrations/`."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
Key = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER PRIMARY KEY counts by itself in SQLite


class Time(TypeDecorator[datetime]):
    """An aware time as microseconds since 1970 UTC: exact, sortable, and the same on every engine."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


metadata = MetaData()

incidents = Table(
    "incidents",
    metadata,
    Column("number", Key, primary_key=True, autoincrement=True),  # that people say aloud
    Column("id", String(36), nullable=False, unique=True),
    Column("kind", String(64), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("edge", String(64), nullable=False),
    Column("camera", String(64), nullable=False),
    Column("area", String(64), nullable=False),
    Column("severity", Integer, nullable=False),  # the highest of its signals, unless a person changed it: 1 is above 3
    Column("state", String(16), nullable=False),  # new, verified, dispatched, on_scene, closed
    Column("resolution", String(16)),  # resolved, false, test, merged, silenced
    Column("label", String(200), nullable=False),  # of its surest event
    Column("score", Float, nullable=False),
    Column("opened_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Column("closed_at", Time),
    Column("acknowledged_at", Time),
    Column("acknowledged_by", String(80)),
    Column("event_count", Integer, nullable=False),
    Column("last_event", String(36), nullable=False),
    Column("last_event_at", Time, nullable=False),
    Column("snapshot_event", String(36)),  # newest event that has a picture
    Column("clip_event", String(36)),  # newest event that has a clip
    Column("family", String(64), nullable=False, server_default=text("''")),  # only signals of one family fold
    Column("source", String(16), nullable=False, server_default=text("'camera'")),  # or report, centre, agency
    Column("level", Integer, nullable=False, server_default=text("1")),  # of verification, 0 to 4
    Column("quiet", String(36)),  # the silence or test during which it came
    Column("test", Boolean, nullable=False, server_default=false()),
    Column("agency", String(64), nullable=False, server_default=text("''")),
    Column("unreached", Boolean, nullable=False, server_default=false()),
    Column("summary", String(1000), nullable=False, server_default=text("''")),  # what a person wrote
    Column("received_at", Time, nullable=False, server_default=text("0")),
    Column("claimant", String(80)),
    Column("verified_at", Time),
    Column("dispatched_at", Time),
    Column("on_scene_at", Time),
    Column("merged_into", String(36)),
    Column("judged", Integer),  # the gravest that was known when a person said how grave it is
)
Index("incidents_by_time", incidents.c.state, incidents.c.opened_at)
Index("incidents_by_receipt", incidents.c.received_at)
Index("incidents_by_area", incidents.c.area, incidents.c.number)
Index("incidents_by_closing", incidents.c.closed_at, incidents.c.area)

incident_parts = Table(
    "incident_parts",
    metadata,
    Column("incident", String(36), ForeignKey("incidents.id"), primary_key=True),
    Column("edge", String(64), primary_key=True),
    Column("camera", String(64), primary_key=True),
    Column("area", String(64), primary_key=True),
    Column("first_at", Time, nullable=False),
    Column("last_at", Time, nullable=False),
)
Index("parts_by_camera", incident_parts.c.edge, incident_parts.c.camera, incident_parts.c.last_at)
Index("parts_by_area", incident_parts.c.area, incident_parts.c.last_at)

events = Table(
    "events",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("edge", String(64), nullable=False),  # from the topic, never from the payload
    Column("stream", String(16), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("incident", String(36), ForeignKey("incidents.id"), nullable=False, index=True),
    Column("camera", String(64), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("severity", Integer, nullable=False),
    Column("at", Time, nullable=False),
    Column("frame_at", Time, nullable=False),
    Column("received_at", Time, nullable=False),
    Column("stored_at", Time, nullable=False),
    Column("label", String(200), nullable=False),
    Column("score", Float, nullable=False),
    Column("track", BigInteger, nullable=False),
    Column("box", JSON, nullable=False),  # [left, top, right, bottom], fractions of the picture
    Column("zone", String(200), nullable=False),
    Column("model", String(200), nullable=False),
    Column("snapshot_sha256", String(64)),  # the picture it announced
    Column("clip_follows", Boolean, nullable=False),
    UniqueConstraint("edge", "stream", "seq", name="one_row_an_event"),
)
Index("events_by_time", events.c.at)

media = Table(
    "media",
    metadata,
    Column("event", String(36), ForeignKey("events.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),  # snapshot, clip
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("stored_at", Time, nullable=False),
)

incident_log = Table(
    "incident_log",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("incident", String(36), ForeignKey("incidents.id"), nullable=False, index=True),
    Column("at", Time, nullable=False),
    Column("who", String(80), nullable=False),  # a user's name, or "system"
    Column("user", String(80), nullable=False, server_default=text("''")),  # whose doing; empty for the centre itself
    Column("action", String(32), nullable=False),  # opened, acknowledged, verified, … closed; see alerts.desk
    Column("note", String(500), nullable=False),
)

feed = Table(
    "feed",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("at", Time, nullable=False),
    Column("kind", String(16), nullable=False),  # incident, edge
    Column("area", String(64), nullable=False),
    Column("payload", JSON, nullable=False),  # what consoles are told
    sqlite_autoincrement=True,  # a number must never come again, even after the newest rows were trimmed
)

edges = Table(
    "edges",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("area", String(64), nullable=False),
    Column("online", Boolean, nullable=False),
    Column("seen_at", Time),
    Column("stream", String(16)),
    Column("version", String(200), nullable=False),
    Column("outbox", JSON, nullable=False),
)

sequences = Table(  # see alerts/store/sequences.py
    "sequences",
    metadata,
    Column("edge", String(64), primary_key=True),
    Column("stream", String(16), primary_key=True),
    Column("stored", BigInteger, nullable=False),
    Column("rewound", BigInteger, nullable=False),
)

cameras = Table(
    "cameras",
    metadata,
    Column("edge", String(64), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("area", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("fps", Float, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("seen_at", Time),
    Column("group", String(200), nullable=False, server_default=text("''")),  # of cameras that are armed together
    Column("mode", String(200), nullable=False, server_default=text("''")),  # of that group; empty: never told
    Column("troubles", JSON),  # kinds of camera health that are bad now
)

orders = Table(
    "orders",
    metadata,
    Column("edge", String(64), primary_key=True),
    Column("group", String(200), primary_key=True),
    Column("mode", String(16), nullable=False),
    Column("command", String(36), nullable=False),
    Column("who", String(80), nullable=False),
    Column("at", Time, nullable=False),
    Column("due", Boolean, nullable=False),  # to be sent as soon as the edge is online
    Column("sent_at", Time),
    Column("refusal", String(200)),  # the edge's reason; nothing while the order waits
)

order_log = Table(
    "order_log",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("edge", String(64), nullable=False),
    Column("group", String(200), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("at", Time, nullable=False),
    Column("who", String(80), nullable=False),  # a user's name, or "system"
    Column("action", String(32), nullable=False),  # given, taken, refused
    Column("note", String(200), nullable=False),
)
Index("order_log_by_group", order_log.c.edge, order_log.c.group)

siren_orders = Table(
    "siren_orders",
    metadata,
    Column("command", String(36), primary_key=True),  # that carries it, and of the edge's answer
    Column("edge", String(64), nullable=False),
    Column("notification", String(64), nullable=False),  # by which the edge knows a repeat
    Column("incident", String(36), nullable=False),
    Column("args", JSON, nullable=False),
    Column("made_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),  # after which it is not sent, and the edge does not obey
    Column("due", Boolean, nullable=False),
    Column("answered_at", Time),
    Column("ok", Boolean),
    Column("note", String(200), nullable=False),  # what the edge said
    UniqueConstraint("edge", "notification", name="each_siren_order_once"),
)
Index("siren_orders_due", siren_orders.c.due)

camera_rules = Table(
    "camera_rules",  # what runs at the edges, as they tell it
    metadata,
    Column("edge", String(64), primary_key=True),
    Column("camera", String(64), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("source", String(8), nullable=False),  # file, centre
    Column("version", BigInteger, nullable=False),  # of the last order that the edge took; 0: none
    Column("since", Time, nullable=False),  # when it was first told so
    Column("document", Text),  # the rules of that digest, as JSON; nothing until the edge has told them
    Column("asked", String(36)),  # command that asks for them
    Column("due", Boolean, nullable=False),  # it is to be sent
    Column("note", String(200), nullable=False),  # why the edge does not tell them
)
Index("camera_rules_due", camera_rules.c.due)

rule_orders = Table(
    "rule_orders",  # every one that was given; that of the highest version counts
    metadata,
    Column("edge", String(64), primary_key=True),
    Column("camera", String(64), primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("command", String(36), nullable=False, unique=True),
    Column("rules", Text),  # as JSON; nothing: the edge's own file counts again
    Column("who", String(80), nullable=False),
    Column("at", Time, nullable=False),
    Column("state", String(16), nullable=False),  # waiting, applied, refused, replaced
    Column("due", Boolean, nullable=False),  # to be sent as soon as the edge is online
    Column("answered_at", Time),
    Column("note", String(200), nullable=False),  # the edge's reason
)
Index("rule_orders_waiting", rule_orders.c.state, rule_orders.c.edge)

users = Table(
    "users",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("display_name", String(80), nullable=False),
    Column("role", String(16), nullable=False),
    Column("area", String(64), nullable=False),
    Column("password_hash", String(200)),  # none until the user has set one
    Column("created_at", Time, nullable=False),
    Column("language", String(2), nullable=False, server_default=text("'id'")),  # of what is written to them
    Column("ended_at", Time),  # from when on they may not sign in and are told nothing
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("user", String(80), ForeignKey("users.name"), nullable=False),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("user", String(80), ForeignKey("users.name"), nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("used_at", Time),
)

identities = Table(
    "identities",  # who somebody is at the provider of single sign-on
    metadata,
    Column("user", String(80), ForeignKey("users.name"), primary_key=True),
    Column("issuer", String(255), nullable=False),
    Column("known_as", String(255), nullable=False),  # what the claim of the settings says of them
    Column("subject", String(255)),  # `sub` of their first sign-in, which must stay the same; none before it
    Column("granted", Boolean, nullable=False),  # by a group of theirs, not by an administrator
    Column("linked_at", Time, nullable=False),
    Column("who", String(80), nullable=False),
    UniqueConstraint("issuer", "known_as", name="one_user_an_identity"),
    UniqueConstraint("issuer", "subject", name="one_user_a_subject"),
)

sso_tries = Table(
    "sso_tries",  # sign-ins on their way through the provider, each used once
    metadata,
    Column("state_sha256", String(64), primary_key=True),
    Column("browser_sha256", String(64), nullable=False),  # of the cookie in the browser that began it
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("expires_at", Time, nullable=False, index=True),
)

hearing = Table(
    "hearing",  # up to when all that the edges sent has been taken in, and since when without a gap; one row
    metadata,
    Column("what", String(16), primary_key=True),
    Column("until", Time, nullable=False),
    Column("since", Time, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
