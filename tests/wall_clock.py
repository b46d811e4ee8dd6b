"""A service whose wall clock is wrong."""

from __future__ import annotations

from pathlib import Path

from eyelearn.settings import ROOT


class WallClock:
    """How far a service's wall clock is off, in seconds; ahead is positive."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "off-by"
        self.put(0.0)

    @property
    def environment(self) -> dict[str, str]:
        """Of the service."""
        path = ROOT / "tests" / "faults" / "clock"
        return {"PYTHONPATH": str(path), "CLOCK_OFF_BY": str(self._file)}

    def put(self, off_by: float) -> None:
        half = self._file.with_suffix(".half")
        half.write_text(str(off_by))
        half.rename(self._file)
