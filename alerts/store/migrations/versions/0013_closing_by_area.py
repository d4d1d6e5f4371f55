"""The index of closed incidents knows where they were, so that a neighbourhood's last ones are found without reading
all others.

Written out and never edited again, so that it means the same for ever.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("incidents_by_closing", "incidents")
    op.create_index("incidents_by_closing", "incidents", ["closed_at", "area"])


def downgrade() -> None:
    op.drop_index("incidents_by_closing", "incidents")
    op.create_index("incidents_by_closing", "incidents", ["closed_at"])
