"""A real man at a webcam, judged at several frame rates: what is told of him should not depend on
the rate. What he does frame by frame was never written down, so there is no truth but his blinks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from eyelearn.settings import Settings
from eyelearn.vision.face_mesh import FaceModels
from eyelearn.vision.frames import Picture
from eyelearn.vision.judging import Judge

from .sampled_sitting import new_session
from .timing_metrics import changes

# Every n-th frame of the clip's 25 a second.
STRIDES = (1, 2, 3, 6)
# Seen in the pictures: frames 640 to 644 with lids shut, and 774 to 777 with lids half shut.
REAL_BLINKS_SECONDS = (25.6, 31.0)


def clip_report(video: Path) -> dict[str, Any] | None:
    """By frame rate; None where there is no such clip."""
    if not video.is_file():
        return None
    frames, fps = _frames(video)
    rates = {f"{fps / stride:.3g}": _judged(frames[::stride], fps / stride) for stride in STRIDES}
    return {"frames": len(frames), "real_blinks": len(REAL_BLINKS_SECONDS), "rates": rates}


def _frames(video: Path) -> tuple[list[Picture], float]:
    capture = cv2.VideoCapture(str(video))
    fps = capture.get(cv2.CAP_PROP_FPS)
    frames: list[Picture] = []
    while (read := capture.read())[0]:
        frames.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False))
    capture.release()
    return frames, fps


def _judged(frames: list[Picture], fps: float) -> dict[str, Any]:
    settings = Settings()
    judge = Judge(FaceModels(), settings.second_face_interval_seconds)
    session = new_session(settings)
    times = np.arange(len(frames)) / fps
    observations = [judge.judge(rgb, now) for rgb, now in zip(frames, times.tolist(), strict=True)]
    judge.mesh.close()
    verdicts = [
        session.observe(observation, now).verdict
        for observation, now in zip(observations, times.tolist(), strict=True)
    ]
    focused = np.array([verdict.is_focused for verdict in verdicts])
    openness = [np.mean(seen.face.openness) for seen in observations if seen.face is not None]
    return {
        "judged": len(frames),
        "faces": len(openness),
        "changes": [
            f"{moment:.2f} s {verdicts[round(moment * fps)].gaze_direction}"
            for moment in changes(times, focused)
        ],
        "focus_percentage": session.metrics.to_dict()["focus_percentage"],
        "blink_count": session.eyes_to_dict()["blink_count"],
        "openness": dict(
            zip(
                ("min", "p5", "median", "p95", "max"),
                np.percentile(openness, (0, 5, 50, 95, 100)).round(3).tolist(),
                strict=True,
            )
        ),
    }
