"""Orders to edges and their log; of cameras the group, its mode, and what is wrong with the camera itself.

Written out and never edited again, so that it means the same for ever. Times are microseconds since 1970 UTC.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.BigInteger()


def upgrade() -> None:
    op.add_column("cameras", sa.Column("group", sa.String(200), nullable=False, server_default=sa.text("''")))
    op.add_column("cameras", sa.Column("mode", sa.String(200), nullable=False, server_default=sa.text("''")))
    op.add_column("cameras", sa.Column("troubles", sa.JSON()))
    op.create_table(
        "orders",
        sa.Column("edge", sa.String(64), primary_key=True),
        sa.Column("group", sa.String(200), primary_key=True),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("command", sa.String(36), nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.Column("sent_at", TIME),
        sa.Column("refusal", sa.String(200)),
    )
    op.create_table(
        "order_log",
        sa.Column("id", KEY, primary_key=True, autoincrement=True),
        sa.Column("edge", sa.String(64), nullable=False),
        sa.Column("group", sa.String(200), nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
    )
    op.create_index("order_log_by_group", "order_log", ["edge", "group"])


def downgrade() -> None:
    op.drop_table("order_log")
    op.drop_table("orders")
    for column in ("troubles", "mode", "group"):
        op.drop_column("cameras", column)
