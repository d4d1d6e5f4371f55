"""How many numbered events of each edge are here, so that a gap shows.

Written out and never edited again, so that it means the same for ever.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sequences",
        sa.Column("edge", sa.String(64), primary_key=True),
        sa.Column("stream", sa.String(16), primary_key=True),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("rewound", sa.BigInteger(), nullable=False),
    )
    op.execute(
        "INSERT INTO sequences (edge, stream, stored, rewound) "
        "SELECT edge, stream, count(*), 0 FROM events GROUP BY edge, stream"
    )


def downgrade() -> None:
    op.drop_table("sequences")
