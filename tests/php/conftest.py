from __future__ import annotations

from collections.abc import Iterator

import pytest

from databases import MariadbServer
from php_platform import Platform, running_platform


@pytest.fixture
def platform(mariadb_server: MariadbServer) -> Iterator[Platform]:
    """Empty tables of schema.sql, no SAVE_SECRET."""
    with running_platform(mariadb_server) as running:
        yield running
