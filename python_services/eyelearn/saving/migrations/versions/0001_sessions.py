"""Sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.String(36), primary_key=True),
        sa.Column("user_id", sa.String(770), nullable=False),
        sa.Column("module_id", sa.String(770), nullable=False),
        sa.Column("section_id", sa.String(770)),
        sa.Column("focused_time", sa.Double, nullable=False),
        sa.Column("unfocused_time", sa.Double, nullable=False),
        sa.Column("focus_sessions", sa.Integer, nullable=False),
        sa.Column("unfocus_sessions", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("saved_revision", sa.Integer, nullable=False),
        sa.Column("started_at", sa.String(24), nullable=False),
        sa.Column("updated_at", sa.String(24), nullable=False),
        sa.Column("ended_at", sa.String(24)),
        sa.Column("end_reason", sa.String(16)),
        sa.Column("node", sa.String(64), nullable=False),
    )
    owed = sa.text("revision > saved_revision")
    op.create_index(
        "sessions_owed", "sessions", ["updated_at"], sqlite_where=owed, postgresql_where=owed
    )


def downgrade() -> None:
    op.drop_table("sessions")
