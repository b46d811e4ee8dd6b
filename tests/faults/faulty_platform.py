"""The platform, with pages that misbehave when they are told to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from databases import MariadbServer
from php_platform import Platform, running_platform

PAGES = Path(__file__).parent / "pages"


class Faults:
    """Switches for the pages of a platform; takes effect with the next request."""

    def __init__(self, platform: Platform) -> None:
        self._folder = platform.folder

    def begin(self, fault: str) -> None:
        """For every request: false, error, garbage or hang."""
        self._write("fault", fault)

    def once(self, fault: str) -> None:
        """For the next request only, also hang-when-saved."""
        self._write("fault-once", fault)

    def poison(self, session_id: str, status: int) -> None:
        """One session gets this HTTP status from now on."""
        self._write("poisoned", f"{status} {session_id}")

    def end(self) -> None:
        for name in ("fault", "fault-once", "poisoned"):
            (self._folder / name).unlink(missing_ok=True)

    @property
    def met_once(self) -> bool:
        """Whether a request has met its single fault."""
        return not (self._folder / "fault-once").exists()

    def _write(self, name: str, text: str) -> None:
        # Renamed into place: a page never reads half of it.
        half = self._folder / f"{name}.half"
        half.write_text(text)
        half.rename(self._folder / name)


@contextmanager
def faulty_platform(server: MariadbServer) -> Iterator[Platform]:
    """One whose faulty.php is our page with faults, and whose adding.php is the field's."""
    with running_platform(server) as platform:
        shutil.copytree(PAGES, platform.folder, dirs_exist_ok=True)
        yield platform
