"""The learned neutral of a session, for when it is resumed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from eyelearn.saving.columns import Ascii

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite can't say "if not exists" here, and needn't: a step of its is done whole or not at all.
    elsewhere = op.get_bind().dialect.name != "sqlite"
    op.add_column("sessions", sa.Column("neutral", Ascii(1000)), if_not_exists=elsewhere)


def downgrade() -> None:
    op.drop_column("sessions", "neutral")
