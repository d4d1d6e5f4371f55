"""A step at which nobody was on duty says so by a code, which pages put into words.

Written out and never edited again, so that it means the same for ever.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE steps SET note = '!nobody' WHERE note = 'nobody on duty'")


def downgrade() -> None:
    op.execute("UPDATE steps SET note = 'nobody on duty' WHERE note = '!nobody'")
