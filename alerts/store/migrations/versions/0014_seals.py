"""Changes are sealed to one another, and the centre signs the newest seal now and then.

Written out and never edited again, so that it means the same for ever.
"""

import hashlib

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NAMES = ("at", "user", "area", "what", "which", "before", "after")
KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
CHANGES = sa.table(
    "changes",
    sa.column("id", sa.BigInteger),
    sa.column("at", sa.BigInteger),
    *(sa.column(name, sa.String) for name in ("user", "area", "what", "which")),
    *(sa.column(name, sa.JSON) for name in ("before", "after")),
    sa.column("seal", sa.String),
)


def upgrade() -> None:
    op.add_column("changes", sa.Column("seal", sa.String(64), nullable=False, server_default=sa.text("''")))
    op.create_table(
        "checkpoints",
        sa.Column("id", KEY, primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
    )
    connection = op.get_bind()
    seal = "0" * 64
    for row in connection.execute(sa.select(CHANGES).order_by(CHANGES.c.id)).mappings().all():
        content = msgspec.json.encode([row[name] for name in NAMES], order="sorted")
        seal = hashlib.sha256(b"ekamling seal 1\n" + seal.encode() + b"\n" + content).hexdigest()
        connection.execute(sa.update(CHANGES).where(CHANGES.c.id == row["id"]).values(seal=seal))


def downgrade() -> None:
    op.drop_table("checkpoints")
    op.drop_column("changes", "seal")
