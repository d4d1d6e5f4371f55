"""Up to when the centre has heard the edges out, and since when without a gap; the incidents of a place.

Written out and never edited again, so that it means the same for ever. Times are microseconds since 1970 UTC.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hearing",
        sa.Column("what", sa.String(16), primary_key=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
    )
    op.create_index("incidents_by_area", "incidents", ["area", "number"])


def downgrade() -> None:
    op.drop_index("incidents_by_area", "incidents")
    op.drop_table("hearing")
