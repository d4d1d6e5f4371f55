"""The rules of cameras: what runs at the edges, and what people ordered of them.

Written out and never edited again, so that it means the same for ever. Times are microseconds since 1970 UTC.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TIME = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "camera_rules",
        sa.Column("edge", sa.String(64), primary_key=True),
        sa.Column("camera", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("document", sa.Text()),
        sa.Column("asked", sa.String(36)),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
    )
    op.create_index("camera_rules_due", "camera_rules", ["due"])
    op.create_table(
        "rule_orders",
        sa.Column("edge", sa.String(64), primary_key=True),
        sa.Column("camera", sa.String(64), primary_key=True),
        sa.Column("version", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("command", sa.String(36), nullable=False, unique=True),
        sa.Column("rules", sa.Text()),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.Column("answered_at", TIME),
        sa.Column("note", sa.String(200), nullable=False),
    )
    op.create_index("rule_orders_waiting", "rule_orders", ["state", "edge"])


def downgrade() -> None:
    op.drop_table("rule_orders")
    op.drop_table("camera_rules")
