"""The floor that the service is measured against: decode and Face Mesh, nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

FRAMES = 400

_PROGRAM = """
import sys, time
import mediapipe, cv2, numpy as np
count, path, interval = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
frames = np.load(path, allow_pickle=True)
mesh = mediapipe.solutions.face_mesh.FaceMesh(max_num_faces=1, refine_landmarks=True)
def judge(frame):
    picture = cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert mesh.process(picture).multi_face_landmarks
for frame in frames[:20]:
    judge(frame)
begun, begun_wall = time.process_time(), time.perf_counter()
for n in range(count):
    judge(frames[n % len(frames)])
    if interval:
        time.sleep(max(0.0, begun_wall + (n + 1) * interval - time.perf_counter()))
cpu, wall = time.process_time() - begun, time.perf_counter() - begun_wall
print(cpu / count * 1000, wall / count * 1000)
"""


def bare_loop(frames: list[bytes], fps: float | None = None) -> dict[str, float]:
    """CPU and wall milliseconds per frame of imdecode and Face Mesh, in a process of its own.

    fps: with a pause after each frame, as frames come; None: one after the other.
    """
    with tempfile.TemporaryDirectory(prefix="eyelearn-") as folder:
        path = Path(folder) / "frames.npy"
        np.save(path, np.array([*frames, None], dtype=object)[:-1], allow_pickle=True)
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, str(FRAMES), str(path), str(1 / fps if fps else 0)],
            env=os.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
        )
    cpu, wall = (float(word) for word in done.stdout.split())
    return {"cpu_ms_per_frame": cpu, "wall_ms_per_frame": wall}
