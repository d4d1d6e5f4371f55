"""When the owner of an address wrote to the centre last: WhatsApp takes free text for a day after that.

Written out and never edited again, so that it means the same for ever. Times are microseconds since 1970 UTC.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contacts", sa.Column("heard_at", sa.BigInteger()))


def downgrade() -> None:
    op.drop_column("contacts", "heard_at")
