"""Days of incidents that are kept summed up, triggers that count what changes of a day, and an index of trouble.

Written out and never edited again, so that it means the same for ever. Times are microseconds since 1970 UTC; a day is
one in WIB, seven hours before UTC, by its number since 1970-01-01.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COUNT_NEW = """
    INSERT INTO day_changes (day, changes) VALUES ((NEW.received_at + 25200000000) / 86400000000, 1)
    ON CONFLICT (day) DO UPDATE SET changes = day_changes.changes + 1;
"""
COUNT_OLD = """
    INSERT INTO day_changes (day, changes) VALUES ((OLD.received_at + 25200000000) / 86400000000, 1)
    ON CONFLICT (day) DO UPDATE SET changes = day_changes.changes + 1;
"""
COUNT_OF_INCIDENT = """
    INSERT INTO day_changes (day, changes)
    VALUES ((SELECT (received_at + 25200000000) / 86400000000 FROM incidents WHERE id = NEW.incident), 1)
    ON CONFLICT (day) DO UPDATE SET changes = day_changes.changes + 1;
"""
COUNT_ALL = """
    INSERT INTO day_changes (day, changes)
    SELECT (received_at + 25200000000) / 86400000000 AS day, count(*) FROM incidents GROUP BY 1
"""
ALWAYS, TOLD = "", "WHEN (NEW.action = 'trigger' AND NEW.sent_at IS NOT NULL)"
# name: event, table, condition, what is done
TRIGGERS = {
    "day_of_new_incident": ("INSERT", "incidents", ALWAYS, COUNT_NEW),
    "day_of_changed_incident": ("UPDATE", "incidents", ALWAYS, COUNT_OLD + COUNT_NEW),
    "day_of_removed_incident": ("DELETE", "incidents", ALWAYS, COUNT_OLD),
    "day_of_claim": ("INSERT", "incident_log", "WHEN (NEW.action = 'acknowledged')", COUNT_OF_INCIDENT),
    "day_of_new_message": ("INSERT", "notifications", TOLD, COUNT_OF_INCIDENT),
    "day_of_sent_message": ("UPDATE OF sent_at", "notifications", TOLD, COUNT_OF_INCIDENT),
}


def upgrade() -> None:
    op.create_table(
        "day_changes",
        sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "day_sums",
        sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    trouble = sa.text("family = 'health'")
    op.create_index("incidents_of_health", "incidents", ["closed_at"], sqlite_where=trouble, postgresql_where=trouble)
    op.execute(COUNT_ALL)
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name, (event, table, condition, count) in TRIGGERS.items():
        body = f"BEGIN {count} END"
        if postgresql:
            returning = f"BEGIN {count} RETURN NULL; END"
            op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${returning}$$")
            body = f"EXECUTE FUNCTION {name}()"
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {condition} {body}")


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name, (_, table, _, _) in TRIGGERS.items():
        op.execute(f"DROP TRIGGER {name} ON {table}" if postgresql else f"DROP TRIGGER {name}")
        if postgresql:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_index("incidents_of_health", "incidents")
    op.drop_table("day_sums")
    op.drop_table("day_changes")
