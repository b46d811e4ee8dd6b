"""What Alembic runs for each command; `migrate` hands it the connection."""

from __future__ import annotations

from alembic import context

from eyelearn.saving.migrations import VERSION_TABLE
from eyelearn.saving.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite can't alter most things of a table; Alembic then copies it
)
with context.begin_transaction():
    context.run_migrations()
