"""A well-behaved learner, who films while others do their worst."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any

from integration.learner import Learner
from pictures import face_frame, jpeg
from service import RunningService
from waiting import until

FPS = 5.0
CLIP = [jpeg(face_frame(n / FPS)) for n in range(10)]


class Bystander:
    """sent: their frames; told: their updates; errors: what went wrong for them."""

    def __init__(self, service: RunningService) -> None:
        self._learner = Learner(service.url, user_id="bystander")
        self._over = threading.Event()
        self._camera = threading.Thread(target=self._film, daemon=True)
        self.sent = 0

    def _film(self) -> None:
        while not self._over.wait(1 / FPS):
            self._send()

    def _send(self) -> None:
        frame = CLIP[self.sent % len(CLIP)]
        self.sent += 1
        self._learner.send(frame)

    @property
    def told(self) -> int:
        return len(self._learner.all("tracking_update"))

    @property
    def errors(self) -> list[Any]:
        return self._learner.all("error")

    @property
    def share(self) -> float:
        return self.told / self.sent

    def film_once_more(self) -> None:
        """Stops the camera, and sees that one more frame still gets its update."""
        self._over.set()
        self._camera.join()
        before = self.told
        self._send()
        until(lambda: self.told > before)

    def __enter__(self) -> Bystander:
        self._learner.start()
        self._camera.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._camera.join()
        self._learner.close()
