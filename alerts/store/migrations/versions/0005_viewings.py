"""Who watched which camera live.

Written out and never edited again, so that it means the same for ever. Times are microseconds since 1970 UTC.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "viewings",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("user", sa.String(80), nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("edge", sa.String(64), nullable=False),
        sa.Column("camera", sa.String(64), nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("stream", sa.String(16), nullable=False),
        sa.Column("incident", sa.String(36), sa.ForeignKey("incidents.id")),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("started_at", TIME),
        sa.Column("seen_at", TIME),
        sa.Column("ended_at", TIME),
        sa.Column("ended_why", sa.String(32), nullable=False),
    )
    op.create_index("ix_viewings_asked_at", "viewings", ["asked_at"])
    op.create_index("ix_viewings_ended_at", "viewings", ["ended_at"])


def downgrade() -> None:
    op.drop_table("viewings")
