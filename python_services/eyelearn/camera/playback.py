"""When each picture of a video file is due: as it was filmed, not as fast as it decodes."""

from __future__ import annotations

# Some files say no rate, and some a time base in its place.
USUAL_FRAMES_PER_SECOND = 25.0
MAX_FRAMES_PER_SECOND = 240.0
# Timestamps that leap further are damaged, and would stop the video for as long.
LONGEST_STEP_SECONDS = 10.0
# Further behind than this, it goes on from where it is: nobody wants the rest in a hurry.
LONGEST_DELAY_SECONDS = 1.0


class Playback:
    """One run through a file, beginning now; positions and the clock are in seconds."""

    def __init__(self, frames_per_second: float, position: float, now: float) -> None:
        """frames_per_second: as the file says, sensible or not; position: of the first picture."""
        sensible = 0 < frames_per_second <= MAX_FRAMES_PER_SECOND
        self._usual_step = 1.0 / (frames_per_second if sensible else USUAL_FRAMES_PER_SECOND)
        self._position = position
        self._due = now

    def due(self, position: float, now: float) -> float:
        """When the next picture is to be shown, which stands at `position` in the file."""
        step = position - self._position
        self._position = position
        self._due += step if 0 < step <= LONGEST_STEP_SECONDS else self._usual_step
        if self._due < now - LONGEST_DELAY_SECONDS:
            self._due = now
        return self._due

    def end(self) -> float:
        """When the last picture has been shown."""
        return self._due + self._usual_step
