"""What changes of incidents is counted by the hour, no longer by the day.

Written out and never edited again, so that it means the same for ever. Times are microseconds since 1970 UTC; an hour
is one by its number since then.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ALWAYS, TOLD = "", "WHEN (NEW.action = 'trigger' AND NEW.sent_at IS NOT NULL)"
CLAIMED = "WHEN (NEW.action = 'acknowledged')"
OLD, NEW = "OLD.received_at", "NEW.received_at"
OF_INCIDENT = "(SELECT received_at FROM incidents WHERE id = NEW.incident)"
# the end of the name: event, table, condition, when the incident was received
TRIGGERS = {
    "new_incident": ("INSERT", "incidents", ALWAYS, (NEW,)),
    "changed_incident": ("UPDATE", "incidents", ALWAYS, (OLD, NEW)),
    "removed_incident": ("DELETE", "incidents", ALWAYS, (OLD,)),
    "claim": ("INSERT", "incident_log", CLAIMED, (OF_INCIDENT,)),
    "new_message": ("INSERT", "notifications", TOLD, (OF_INCIDENT,)),
    "sent_message": ("UPDATE OF sent_at", "notifications", TOLD, (OF_INCIDENT,)),
}
COUNT = """
    INSERT INTO {measure}_changes ({measure}, changes) VALUES ({value}, 1)
    ON CONFLICT ({measure}) DO UPDATE SET changes = {measure}_changes.changes + 1;
"""
COUNT_ALL = "INSERT INTO {measure}_changes ({measure}, changes) SELECT {value}, count(*) FROM incidents GROUP BY 1"
HOUR, DAY = "{at} / 3600000000", "({at} + 25200000000) / 86400000000"


def upgrade() -> None:
    _change("day", "hour", sa.BigInteger(), HOUR)


def downgrade() -> None:
    _change("hour", "day", sa.Integer(), DAY)


def _change(old: str, new: str, number: sa.types.TypeEngine[int], of: str) -> None:
    """Count by another measure, from the incidents that are there; what was kept is of no use then."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name, (_, table, _, _) in TRIGGERS.items():
        op.execute(f"DROP TRIGGER {old}_of_{name} ON {table}" if postgresql else f"DROP TRIGGER {old}_of_{name}")
        if postgresql:
            op.execute(f"DROP FUNCTION {old}_of_{name}()")
    op.drop_table(f"{old}_changes")
    op.create_table(
        f"{new}_changes",
        sa.Column(new, number, primary_key=True, autoincrement=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
    )
    op.execute(COUNT_ALL.format(measure=new, value=of.format(at="received_at")))
    op.execute("DELETE FROM day_sums")
    for name, (event, table, condition, moments) in TRIGGERS.items():
        count = " ".join(COUNT.format(measure=new, value=of.format(at=moment)) for moment in moments)
        _trigger(f"{new}_of_{name}", f"AFTER {event} ON {table} FOR EACH ROW {condition}", count, postgresql)


def _trigger(name: str, when: str, count: str, postgresql: bool) -> None:
    body = f"BEGIN {count} END"
    if postgresql:
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {count} RETURN NULL; END$$")
        body = f"EXECUTE FUNCTION {name}()"
    op.execute(f"CREATE TRIGGER {name} {when} {body}")
