"""How grave an incident was when a person said how grave it is.

Written out and never edited again, so that it means the same for ever.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incidents", sa.Column("judged", sa.Integer))


def downgrade() -> None:
    op.drop_column("incidents", "judged")
