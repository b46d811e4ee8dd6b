"""A folder of labelled pictures: the rows of its `labels.csv`, and the pictures as RGB arrays.

Only the column `file` must be there, relative to the folder. Any other may be missing or blank:
`subject`, `looking_at_screen` (1 or 0), `yaw_deg`, `pitch_deg`, `roll_deg` (the head), `source`,
`pose_label`, `eyes`, `label_conflict` (1: what the label says and what was measured disagree).
"""

from __future__ import annotations

import csv
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from eyelearn.errors import UndecodableFrame
from eyelearn.vision.encoded import MAGIC_BYTES, picture_format
from eyelearn.vision.frames import Picture, decode

LABELS_FILE = "labels.csv"


class LabelsUnusable(Exception):
    """There is no folder, no labels.csv in it, or nothing to go by in that."""


class PictureUnreadable(Exception):
    """The file is missing, damaged, or of no format that OpenCV reads."""


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One row of labels.csv; text is empty where the row says nothing.

    looking: whether they look at the screen; None where that is not known.
    yaw, pitch, roll: of the head in degrees with our signs, NaN where not known.
    """

    file: str
    subject: str
    looking: bool | None
    yaw: float
    pitch: float
    roll: float
    source: str
    pose: str
    eyes: str
    conflict: bool


def read_labels(folder: Path) -> tuple[list[LabelledPicture], list[str]]:
    """The rows in their order, and what could not be understood of them, a line for each.

    A label that is no label counts as none. Raises LabelsUnusable.
    """
    if not folder.is_dir():
        raise LabelsUnusable(f"there is no folder {folder}")
    try:
        with (folder / LABELS_FILE).open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError as error:
        raise LabelsUnusable(f"there is no {LABELS_FILE} in {folder}") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelsUnusable(f"{folder / LABELS_FILE} can't be read: {error}") from error
    if not rows or "file" not in rows[0]:
        raise LabelsUnusable(f"{folder / LABELS_FILE} has no rows with a column `file`")
    complaints: list[str] = []
    return [_Row(row, number, complaints).picture() for number, row in enumerate(rows, 2)], (
        complaints
    )


class _Row:
    """One row's cells; number: of its line in the file."""

    def __init__(self, cells: dict[str, str | None], number: int, complaints: list[str]) -> None:
        self._cells = cells
        self._number = number
        self._complaints = complaints

    def picture(self) -> LabelledPicture:
        file = self._text("file")
        return LabelledPicture(
            file=file,
            # Whoever is not named is taken for somebody of their own.
            subject=self._text("subject") or f"{file}#{self._number}",
            looking=self._flag("looking_at_screen"),
            yaw=self._degrees("yaw_deg"),
            pitch=self._degrees("pitch_deg"),
            # The label's roll is + towards the left shoulder, ours towards the right.
            roll=-self._degrees("roll_deg"),
            source=self._text("source"),
            pose=self._text("pose_label"),
            eyes=self._text("eyes"),
            conflict=self._flag("label_conflict") or False,
        )

    def _text(self, column: str) -> str:
        return (self._cells.get(column) or "").strip()

    def _degrees(self, column: str) -> float:
        text = self._text(column)
        try:
            number = float(text or math.nan)
        except ValueError:
            self._complain(column, text, "no number")
            return math.nan
        return number if math.isfinite(number) else math.nan

    def _flag(self, column: str) -> bool | None:
        value = self._degrees(column)
        if not math.isnan(value) and value not in (0, 1):
            self._complain(column, self._text(column), "neither 0 nor 1")
            return None
        return None if math.isnan(value) else bool(value)

    def _complain(self, column: str, text: str, problem: str) -> None:
        self._complaints.append(
            f"line {self._number}: {column} is {text!r}, {problem}; it counts as blank"
        )


def read_picture(path: Path) -> Picture:
    """(height, width, 3) RGB, turned upright where its EXIF says how, as a camera's frames are.

    In a format that the service takes, a picture which the service refuses is unreadable here too;
    OpenCV alone would fill what a cut off JPEG lacks with grey. Raises PictureUnreadable.
    """
    try:
        data = path.read_bytes()
        if picture_format(data[:MAGIC_BYTES]) is not None:
            decode(data, max_bytes=len(data), max_pixels=sys.maxsize)
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    except OSError as error:
        raise PictureUnreadable(error.strerror or str(error)) from error
    except UndecodableFrame as error:
        raise PictureUnreadable(str(error)) from error
    except cv2.error as error:
        raise PictureUnreadable("OpenCV can't decode it") from error
    if picture is None:
        raise PictureUnreadable("it is no picture that OpenCV reads")
    return np.ascontiguousarray(picture, dtype=np.uint8)
