"""Sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from eyelearn.saving.columns import Ascii

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


OUTBOX = (
    "CASE WHEN revision <= saved_revision THEN 'saved'"
    " WHEN revision <= parked_revision THEN 'parked' ELSE 'owed' END"
)


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("session_id", Ascii(36), primary_key=True),
        sa.Column("user_id", Ascii(770), nullable=False),
        sa.Column("module_id", Ascii(770), nullable=False),
        sa.Column("section_id", Ascii(770)),
        sa.Column("focused_time", sa.Double, nullable=False),
        sa.Column("unfocused_time", sa.Double, nullable=False),
        sa.Column("focus_sessions", sa.Integer, nullable=False),
        sa.Column("unfocus_sessions", sa.Integer, nullable=False),
        sa.Column("focused", sa.Boolean),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("started_at", Ascii(24), nullable=False),
        sa.Column("updated_at", Ascii(24), nullable=False),
        sa.Column("ended_at", Ascii(24)),
        sa.Column("end_reason", Ascii(16)),
        sa.Column("node", Ascii(64), nullable=False),
        sa.Column("saved_revision", sa.Integer, nullable=False),
        sa.Column("saved_focused_time", sa.Double, nullable=False),
        sa.Column("saved_unfocused_time", sa.Double, nullable=False),
        sa.Column("saved_focus_sessions", sa.Integer, nullable=False),
        sa.Column("saved_unfocus_sessions", sa.Integer, nullable=False),
        sa.Column("refused_since", Ascii(24)),
        sa.Column("refusals", sa.Integer, nullable=False),
        sa.Column("answer", Ascii(6002)),
        sa.Column("parked_revision", sa.Integer),
        sa.Column("outbox", Ascii(6), sa.Computed(OUTBOX, persisted=True)),
        if_not_exists=True,
    )
    op.create_table(
        "courier_lease",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("service", Ascii(64), nullable=False),
        sa.Column("process", Ascii(32), nullable=False),
        sa.Column("until", Ascii(24), nullable=False),
        if_not_exists=True,
    )
    op.create_index("sessions_outbox", "sessions", ["outbox", "updated_at"], if_not_exists=True)
    op.create_index("sessions_user", "sessions", ["user_id"], if_not_exists=True)


def downgrade() -> None:
    op.drop_table("courier_lease")
    op.drop_table("sessions")
