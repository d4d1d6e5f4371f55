"""Tables of what people do about incidents: who is told, what stays quiet, who is on duty, what was reported."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy import Time as TimeOfDay

from alerts.store.schema import Key, Time, incidents
from alerts.store.schema import metadata as metadata  # with the tables below in it

incident_links = Table(
    "incident_links",
    metadata,
    Column("incident", String(36), ForeignKey("incidents.id"), primary_key=True),
    Column("earlier", String(36), ForeignKey("incidents.id"), primary_key=True),
    Column("why", String(16), nullable=False),  # split, person; of centres before 0.1: camera, place
)

procedure_steps = Table(
    "procedure_steps",
    metadata,
    Column("incident", String(36), ForeignKey("incidents.id"), primary_key=True),
    Column("step", String(64), primary_key=True),
    Column("at", Time, nullable=False),
    Column("user", String(80), nullable=False),
    Column("who", String(80), nullable=False),
)

mutes = Table(
    "mutes",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("purpose", String(16), nullable=False),  # silence, test
    Column("area", String(64), nullable=False),
    Column("edge", String(64), nullable=False),
    Column("camera", String(64), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("since", Time, nullable=False),
    Column("until", Time, nullable=False, index=True),
    Column("ended_at", Time),
    Column("reason", String(500), nullable=False),
    Column("who", String(80), nullable=False),
    Column("made_at", Time, nullable=False),
)

neighbours = Table(
    "neighbours",
    metadata,
    Column("edge", String(64), primary_key=True),
    Column("camera", String(64), primary_key=True),
    Column("other_edge", String(64), primary_key=True),
    Column("other_camera", String(64), primary_key=True),
)

routings = Table(
    "routings",
    metadata,
    Column("version", Key, primary_key=True, autoincrement=True),
    Column("at", Time, nullable=False),
    Column("who", String(80), nullable=False),
    Column("note", String(500), nullable=False),
    Column("document", Text, nullable=False),  # JSON of alerts.routing.Routing
)

steps = Table(
    "steps",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("incident", String(36), ForeignKey("incidents.id"), nullable=False),
    Column("ladder", Integer, nullable=False),  # 1, and one more each time the incident is routed anew
    Column("position", Integer, nullable=False),
    Column("due_at", Time, nullable=False),
    Column("state", String(16), nullable=False),  # waiting, done, skipped
    Column("step", Text, nullable=False),  # JSON of alerts.routing.Step
    Column("rule", String(200), nullable=False),
    Column("done_at", Time),
    Column("note", String(200), nullable=False),
    UniqueConstraint("incident", "ladder", "position", name="each_step_once"),
)
Index("steps_due", steps.c.state, steps.c.due_at)

notifications = Table(
    "notifications",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("incident", String(36), ForeignKey("incidents.id"), nullable=False),
    Column("step", Key, ForeignKey("steps.id")),  # none for news of an incident that people were told of
    Column("user", String(80), nullable=False),  # or the webhook's id
    Column("role", String(32), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("address", String(2000), nullable=False),
    Column("action", String(16), nullable=False),  # trigger, update, acknowledge, resolve
    Column("state", String(16), nullable=False),  # waiting, sent, delivered, failed
    Column("made_at", Time, nullable=False),
    Column("due_at", Time, nullable=False),
    Column("leased_until", Time),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", Time),
    Column("delivered_at", Time),
    Column("answered_at", Time),
    Column("provider_id", String(200), nullable=False),
    Column("error", String(500), nullable=False),
    UniqueConstraint("incident", "step", "user", "channel", "action", name="each_notification_once"),
)
Index("notifications_due", notifications.c.state, notifications.c.due_at)
Index("notifications_of_incident", notifications.c.incident)
Index("notifications_of_provider", notifications.c.channel, notifications.c.provider_id)

contacts = Table(
    "contacts",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("user", String(80), ForeignKey("users.name"), nullable=False, index=True),
    Column("channel", String(32), nullable=False),
    Column("address", String(2000), nullable=False),
    Column("position", Integer, nullable=False),  # the order in which they are tried
    Column("added_at", Time, nullable=False),
    Column("gone_at", Time),  # the channel said that nobody lives there any more
    Column("heard_at", Time),  # when its owner wrote to the centre last, where that counts
)

shifts = Table(
    "shifts",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("user", String(80), ForeignKey("users.name"), nullable=False, index=True),
    Column("days", Integer, nullable=False),  # bits: 1 Monday … 64 Sunday
    Column("start", TimeOfDay, nullable=False),  # WIB
    Column("end", TimeOfDay, nullable=False),
    Column("valid_from", Date),
    Column("valid_until", Date),
)

check_ins = Table(
    "check_ins",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("user", String(80), ForeignKey("users.name"), nullable=False),
    Column("at", Time, nullable=False),
    Column("until", Time, nullable=False, index=True),
    Column("latitude", Float),
    Column("longitude", Float),
)

absences = Table(
    "absences",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("user", String(80), ForeignKey("users.name"), nullable=False),
    Column("start", Time, nullable=False),
    Column("end", Time, nullable=False, index=True),
    Column("stand_in", String(80)),
    Column("reason", String(200), nullable=False),
)

reports = Table(
    "reports",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("user", String(80), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("urgent", Boolean, nullable=False),  # a kentongan; else a plain report
    Column("area", String(64), nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("accuracy_m", Float),
    Column("text", String(1000), nullable=False),
    Column("photo_sha256", String(64)),
    Column("made_at", Time, nullable=False),  # by the phone; it may have waited for a network
    Column("received_at", Time, nullable=False),
    Column("incident", String(36), ForeignKey("incidents.id"), nullable=False, index=True),
    Column("verdict", String(16)),  # as the incident was closed: resolved, false, test
    Column("answered_at", Time),
    Column("rating", Integer),  # 1 to 5, by the reporter
    Column("rating_text", String(500), nullable=False),
)

places = Table(
    "places",
    metadata,
    Column("code", String(64), primary_key=True),  # an area
    Column("name", String(200), nullable=False),
    Column("parent", String(64), nullable=False, index=True),
    Column("latitude", Float),
    Column("longitude", Float),
)

sites = Table(
    "sites",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("area", String(64), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("wants_camera", Boolean, nullable=False),  # it must have one: a site without counts against coverage
    Column("contact", String(200), nullable=False),
)

camera_places = Table(
    "camera_places",
    metadata,
    Column("edge", String(64), primary_key=True),
    Column("camera", String(64), primary_key=True),
    Column("site", String(64), ForeignKey("sites.id")),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("bearing", Float),  # degrees from north, clockwise
    Column("view_angle", Float),  # degrees
    Column("reach_m", Float),
)

hooks = Table(
    "hooks",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("direction", String(8), nullable=False),  # out, in
    Column("url", String(2000), nullable=False),
    Column("secret", String(200), nullable=False),
    Column("area", String(64), nullable=False),
    Column("kinds", JSON, nullable=False),  # empty: all
    Column("severities", JSON, nullable=False),  # empty: all
    Column("made_at", Time, nullable=False),
    Column("who", String(80), nullable=False),
    Column("ended_at", Time),
)

changes = Table(
    "changes",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("at", Time, nullable=False, index=True),
    Column("user", String(80), nullable=False),
    Column("area", String(64), nullable=False),
    Column("what", String(64), nullable=False),  # routing, person, silence, …
    Column("which", String(200), nullable=False),
    Column("before", JSON),
    Column("after", JSON),
    Column("seal", String(64), nullable=False, server_default=text("''")),  # see core.seals
)

checkpoints = Table(
    "checkpoints",  # what the centre vouched for, so that the newest changes cannot be cut off either
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("at", Time, nullable=False),
    Column("change", BigInteger, nullable=False),  # id of the newest one at that time
    Column("seal", String(64), nullable=False),  # of that change
    Column("key", String(64), nullable=False),  # the public one
    Column("signature", String(128), nullable=False),
)

viewings = Table(
    "viewings",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("user", String(80), nullable=False),
    Column("who", String(80), nullable=False),
    Column("role", String(32), nullable=False),
    Column("session", String(64), nullable=False),
    Column("edge", String(64), nullable=False),
    Column("camera", String(64), nullable=False),
    Column("area", String(64), nullable=False),
    Column("stream", String(16), nullable=False),  # main, sub, pictures
    Column("incident", String(36), ForeignKey("incidents.id")),
    Column("asked_at", Time, nullable=False, index=True),
    Column("until", Time, nullable=False),
    Column("started_at", Time),
    Column("seen_at", Time),
    Column("ended_at", Time, index=True),
    Column("ended_why", String(32), nullable=False),
)

_TROUBLE = text("family = 'health'")
Index("incidents_of_health", incidents.c.closed_at, sqlite_where=_TROUBLE, postgresql_where=_TROUBLE)

hour_changes = Table(
    "hour_changes",  # counted by triggers of the database; see alerts.store.day_sums
    metadata,
    Column("hour", BigInteger, primary_key=True, autoincrement=False),  # of receipt, since 1970 UTC
    Column("changes", BigInteger, nullable=False),
)

day_sums = Table(
    "day_sums",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("changes", BigInteger, nullable=False),  # the count at which it was made
    Column("form", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
