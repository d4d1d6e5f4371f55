"""The first tables: events, incidents and their log, media, the feed, edges and cameras, people, counters."""

from alembic import op

from alerts.store import schema

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema.metadata.create_all(op.get_bind())
