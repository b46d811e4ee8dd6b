"""A service in small, on the event loop: watches the camera, leaves, and watches to the end."""

from __future__ import annotations

import sys

from eyelearn.server import GREEN  # isort: skip  # makes the standard library green

from numbered_video import number_of

from eyelearn.camera.camera import ServerCamera
from eyelearn.camera.timing import Timing
from eyelearn.settings import Settings


def say(what: str) -> None:
    sys.stdout.write(what + "\n")
    sys.stdout.flush()


def main() -> None:
    settings = Settings(_env_file=None, camera_source=sys.argv[1])
    camera = ServerCamera(settings, GREEN, Timing(grace=0.1))
    numbers: list[int] = []
    problems: list[str] = []

    def watch_some() -> None:
        before = len(numbers)
        end = camera.watch(lambda jpeg: numbers.append(number_of(jpeg)), problems.append)
        while len(numbers) < before + 3 and not problems:
            GREEN.sleep(0.01)
        end()

    watch_some()
    say("pictures")
    while camera.status()["pid"] is not None:
        GREEN.sleep(0.01)
    say("closed")
    watch_some()
    camera.stop(5.0)
    say("stopped" if not problems else problems[0])


if __name__ == "__main__":
    main()
