"""How well the focus judgement does on people, beside the classic rule.

    .venv/bin/python benchmarks/accuracy.py --data DIR [--predictions FILE] [--json FILE]
        [--confusion FILE] [--worst N] [--no-sequences]

DIR holds pictures and a labels.csv (see `labelled_pictures.py`). Judged with the constants that the
product ships, whatever this machine's environment sets; nothing is fitted. A person with several
pictures is judged with the neutral learned from them, never from labels, and also without one.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "python_services")]

from on_pictures.judgement_cost import judgement_cost  # noqa: E402
from on_pictures.labelled_pictures import LabelsUnusable, read_labels  # noqa: E402
from on_pictures.picture_figures import ALL, picture_figures  # noqa: E402
from on_pictures.picture_report import print_report  # noqa: E402
from on_pictures.picture_verdicts import JudgedPicture, judged_pictures  # noqa: E402

from eyelearn.session_service import session_rules  # noqa: E402
from eyelearn.settings import Settings  # noqa: E402

WORST_PICTURES = 15
PREDICTION_COLUMNS = ("file", "predicted", "attention_score", "gaze_direction")
USAGE_ERROR = 2


class OutputImpossible(Exception):
    """A file that was asked for can't be written where it was asked for."""


def main() -> int:
    arguments = _arguments()
    try:
        labels, complaints = read_labels(arguments.data)
        _check_outputs([arguments.predictions, arguments.json, arguments.confusion])
    except (LabelsUnusable, OutputImpossible) as error:
        _warn(str(error))
        return USAGE_ERROR
    for complaint in complaints:
        _warn(complaint)
    # Neither this machine's environment nor its .env: what ships.
    rules = session_rules(Settings.model_construct())
    pictures = judged_pictures(labels, arguments.data, rules)
    _name_unreadable(pictures)
    if arguments.predictions:
        write_predictions(pictures, arguments.predictions)
    figures = picture_figures(pictures, arguments.worst)
    figures["cost"] = judgement_cost([picture.sight for picture in pictures], rules)
    print_report(figures)
    if arguments.confusion:
        _draw_confusion(figures, arguments.confusion)
    _write_figures(figures, arguments.json)
    if not arguments.no_sequences:
        figures["timing"] = _timing()
        _write_figures(figures, arguments.json)
    return 0


def write_predictions(pictures: list[JudgedPicture], path: Path) -> None:
    """One row for each of labels.csv, in its order; predicted is 1 for focused."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(PREDICTION_COLUMNS)
        for picture in pictures:
            is_focused, direction = picture.with_neutral.verdict
            score = f"{picture.with_neutral.score:.6f}"
            writer.writerow([picture.label.file, int(is_focused), score, direction])


def _write_figures(figures: dict[str, Any], path: Path | None) -> None:
    if path is not None:
        path.write_text(json.dumps(figures, indent=2, allow_nan=False) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with labels.csv")
    parser.add_argument(
        "--predictions", type=Path, help=f"write a CSV of {','.join(PREDICTION_COLUMNS)} here"
    )
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument(
        "--confusion", type=Path, help="write a PNG of our confusion and the classic rule's here"
    )
    parser.add_argument(
        "--worst", type=int, default=WORST_PICTURES, help="how many of the worst pictures to name"
    )
    parser.add_argument(
        "--no-sequences", action="store_true", help="leave out the timing on made sequences"
    )
    return parser.parse_args()


def _check_outputs(paths: list[Path | None]) -> None:
    """So that a run of a minute does not end in an error. Raises OutputImpossible."""
    for path in paths:
        if path is not None and (path.is_dir() or not path.parent.is_dir()):
            raise OutputImpossible(f"{path} can't be written: it must be a file in a folder")


def _name_unreadable(pictures: list[JudgedPicture]) -> None:
    for picture in pictures:
        problem = picture.sight.problem
        if problem is not None:
            name = picture.label.file or "a row without a file"
            _warn(f"{name} can't be read ({problem}); it counts as a picture without a face")


def _draw_confusion(figures: dict[str, Any], path: Path) -> None:
    group = figures["groups"].get(ALL)
    if group is None or not group["labelled"]:
        _warn("there is no confusion to draw without labels")
        return
    from on_pictures.confusion_picture import write_confusion_picture  # noqa: PLC0415  loads matplotlib

    write_confusion_picture(group, ALL, path)


def _timing() -> dict[str, Any]:
    from sequences import print_timing, timing_report  # noqa: PLC0415  not with --no-sequences

    report: dict[str, Any] = timing_report()
    print_timing(report)
    return report


def _warn(message: str) -> None:
    print(f"accuracy.py: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
