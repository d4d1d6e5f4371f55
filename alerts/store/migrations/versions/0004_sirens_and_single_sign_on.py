"""Orders to sirens; who somebody is at the provider of single sign-on, and sign-ins on their way through it.

Written out and never edited again, so that it means the same for ever. Times are microseconds since 1970 UTC.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TIME = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "siren_orders",
        sa.Column("command", sa.String(36), primary_key=True),
        sa.Column("edge", sa.String(64), nullable=False),
        sa.Column("notification", sa.String(64), nullable=False),
        sa.Column("incident", sa.String(36), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.Column("answered_at", TIME),
        sa.Column("ok", sa.Boolean()),
        sa.Column("note", sa.String(200), nullable=False),
        sa.UniqueConstraint("edge", "notification", name="each_siren_order_once"),
    )
    op.create_index("siren_orders_due", "siren_orders", ["due"])
    op.create_table(
        "identities",
        sa.Column("user", sa.String(80), sa.ForeignKey("users.name"), primary_key=True),
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("known_as", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255)),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("linked_at", TIME, nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.UniqueConstraint("issuer", "known_as", name="one_user_an_identity"),
        sa.UniqueConstraint("issuer", "subject", name="one_user_a_subject"),
    )
    op.create_table(
        "sso_tries",
        sa.Column("state_sha256", sa.String(64), primary_key=True),
        sa.Column("browser_sha256", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("verifier", sa.String(128), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
    )
    op.create_index("ix_sso_tries_expires_at", "sso_tries", ["expires_at"])


def downgrade() -> None:
    for table in ("sso_tries", "identities", "siren_orders"):
        op.drop_table(table)
