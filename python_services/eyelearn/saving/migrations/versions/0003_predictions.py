"""Predicted emotions."""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

from eyelearn.saving.columns import Ascii
from eyelearn.timestamps import utc_text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

EMOTIONS = (
    (1, "angry", "Brows drawn together and down, lips pressed or bared."),
    (2, "disgust", "Nose wrinkled, upper lip raised."),
    (3, "fear", "Brows raised and drawn together, eyes wide, mouth open or drawn back."),
    (4, "happy", "Corners of the mouth and cheeks raised."),
    (5, "neutral", "None of the others shows."),
    (6, "sad", "Inner brows raised, corners of the mouth lowered."),
    (7, "surprise", "Brows raised, eyes wide, jaw dropped."),
)
MODEL_TAG = "emotions-057dd7bfaee1"


def upgrade() -> None:
    op.create_table(
        "emotion_classes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", Ascii(16), nullable=False, unique=True),
        sa.Column("description", Ascii(200), nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "model_versions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tag", Ascii(64), nullable=False, unique=True),
        sa.Column("created_at", Ascii(24), nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "predictions_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("emotion_id", sa.Integer, sa.ForeignKey("emotion_classes.id"), nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column(
            "model_version_id", sa.Integer, sa.ForeignKey("model_versions.id"), nullable=False
        ),
        sa.Column("processing_time_ms", sa.Double, nullable=False),
        sa.Column("source_ip", Ascii(64)),
        sa.Column("face_found", sa.Boolean, nullable=False),
        sa.Column("predicted_at", Ascii(24), nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "prediction_senders",
        sa.Column("sender", Ascii(32), primary_key=True),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.Column("updated_at", Ascii(24), nullable=False),
        if_not_exists=True,
    )
    op.create_index("predictions_log_time", "predictions_log", ["predicted_at"], if_not_exists=True)
    _add_missing(
        sa.table("emotion_classes", sa.column("id"), sa.column("name"), sa.column("description")),
        "id",
        [dict(zip(("id", "name", "description"), emotion, strict=True)) for emotion in EMOTIONS],
    )
    _add_missing(
        sa.table("model_versions", sa.column("tag"), sa.column("created_at")),
        "tag",
        [{"tag": MODEL_TAG, "created_at": utc_text(time.time())}],
    )


def _add_missing(table: sa.TableClause, key: str, rows: list[dict[str, object]]) -> None:
    """All but those that a step broken off has added."""
    there = set(op.get_bind().execute(sa.select(table.c[key])).scalars())
    op.bulk_insert(table, [row for row in rows if row[key] not in there])


def downgrade() -> None:
    op.drop_table("prediction_senders")
    op.drop_table("predictions_log")
    op.drop_table("model_versions")
    op.drop_table("emotion_classes")
