"""What hands cost a worker, beside `mediapipe.solutions.hands`.

    .venv/bin/python benchmarks/hands.py [--rounds 60] [--json FILE]

Drawn hands in 640×480 pictures. All is measured in one process, in turn; medians of CPU time of all
threads. Memory is what a process grows by with the models, after a first picture with two hands.
"""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

import mediapipe  # noqa: E402
import psutil  # noqa: E402
from on_service.report import machine, markdown, parser, publish  # noqa: E402
from on_service.step_timer import Place, Step, cpu_microseconds  # noqa: E402

from eyelearn.vision.face_mesh import FaceModels  # noqa: E402
from eyelearn.vision.hand_gestures import Head, hands_expression  # noqa: E402
from eyelearn.vision.hands import HandFollower, HandModels  # noqa: E402
from hand_pictures import HEIGHT, WIDTH, Picture, hands_picture  # noqa: E402
from pictures import empty_frame, face_frame  # noqa: E402

CLIP_PICTURES, CLIP_FPS = 16, 15
SHOWN = [
    ("one_finger_raised from behind", (0.25, 0.5), False),
    ("one_finger_raised from behind", (0.75, 0.5), True),
]
HEAD = Head(0.4, 0.2, 0.6, 0.7)
# Of MediaPipe's models of palms and hands.
KINDS = {"lite": 0, "full": 1}
OURS = "ours"


def main() -> int:
    options = parser(__doc__, settings=False)
    options.add_argument("--rounds", type=int, default=60)
    options.add_argument("--grow-by", choices=[OURS, *KINDS], help="tell this one's memory alone")
    arguments = options.parse_args()
    if arguments.grow_by:
        print(growth(arguments.grow_by))
        return 0
    told = machine()
    steps = [
        {"step": what, "place": place, "cpu_us": time}
        for what, place, time in cpu_microseconds(timed(), arguments.rounds)
    ]
    memory = {of: grown_in_a_process(of) for of in (OURS, *KINDS)}
    publish(arguments, told, {"steps": steps, "memory_mb": memory}, *tables(steps, memory))
    return 0


def clip(hands: int) -> Iterator[Picture]:
    """With so many hands in each, over and over."""
    pictures = [
        hands_picture(*SHOWN[:hands], t=n / CLIP_FPS) if hands else empty_frame(n / CLIP_FPS)
        for n in range(CLIP_PICTURES)
    ]
    return itertools.cycle(pictures)


def timed() -> list[Step]:
    models, some, no = HandModels(), Place.SOMETIMES, Place.ALTERNATIVE
    both = clip(2)
    found = HandFollower(models).find(next(both), 0.0)
    return [
        Step("look for palms, two in view", some, lambda: models.regions(next(both))),
        *(Step(f"{n} followed", some, following(models, n)) for n in range(3)),
        Step("what two express", some, lambda: hands_expression(found, HEAD, WIDTH, HEIGHT)),
        *(
            Step(f"{n} by mediapipe.solutions, {kind}", no, solving(complexity, n))
            for kind, complexity in KINDS.items()
            for n in range(3)
        ),
    ]


def following(models: HandModels, hands: int) -> Callable[[], object]:
    """Between two looks for palms, after a first one."""
    follower, pictures = HandFollower(models, look_interval=math.inf), clip(hands)

    def follow() -> None:
        assert len(follower.find(next(pictures), 0.0)) == hands

    return follow


def solving(complexity: int, hands: int) -> Callable[[], object]:
    solution = mediapipe.solutions.hands.Hands(max_num_hands=2, model_complexity=complexity)
    pictures = clip(hands)
    return lambda: solution.process(next(pictures))


def grown_in_a_process(of: str) -> float:
    done = subprocess.run(
        [sys.executable, __file__, "--grow-by", of],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return float(done.stdout)


def growth(of: str) -> float:
    """In MB, of this process, which has the models of faces already."""
    faces, face, picture = FaceModels(), face_frame(), next(clip(2))
    faces.mesh(face, faces.regions(face)[0])
    before = psutil.Process().memory_info().rss
    if of == OURS:
        kept: Any = HandModels()
        HandFollower(kept).find(picture, 0.0)
    else:
        kept = mediapipe.solutions.hands.Hands(model_complexity=KINDS[of])
        kept.process(picture)
    return float((psutil.Process().memory_info().rss - before) / 1e6)


def tables(steps: list[dict[str, Any]], memory: dict[str, float]) -> tuple[str, str]:
    costs = [[step["step"], step["place"], f"{step['cpu_us'] / 1000:.2f} ms"] for step in steps]
    names = {OURS: "for all sessions of a worker"}
    grown = [
        [names.get(of, f"mediapipe.solutions, {of}, for one session"), f"{megabytes:.0f} MB"]
        for of, megabytes in memory.items()
    ]
    return markdown(("hands", "who takes it", "CPU"), costs), markdown(("models", "memory"), grown)


if __name__ == "__main__":
    sys.exit(main())
