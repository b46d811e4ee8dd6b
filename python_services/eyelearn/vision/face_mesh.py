"""MediaPipe's models: the landmarks of one face, and the number of faces. Named only here."""

from __future__ import annotations

import mediapipe as mp
import numpy as np
from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList
from numpy.typing import NDArray

from .frames import Picture

Mesh = NDArray[np.float32]

MESH_POINTS = 478
# One landmark as protobuf writes it: tag and length, then a tag and a little-endian float32 for
# each coordinate. All three are always there, so the records are of one length.
_RECORD = np.dtype(
    [
        ("head", "V2"),
        ("x_tag", "u1"),
        ("x", "<f4"),
        ("y_tag", "u1"),
        ("y", "<f4"),
        ("z_tag", "u1"),
        ("z", "<f4"),
    ]
)
_RECORD_HEAD = b"\x0a\x0f"
_COORDINATE_TAGS = (0x0D, 0x15, 0x1D)
# A picture without a face: what it shows does not matter, as long as it is no face.
_BLANK = np.zeros((64, 64, 3), np.uint8)


class FaceMesh:
    """Finds the mesh of one face, and follows it from picture to picture: one learner's at a time.

    About 29 MB each, and closed instances don't give all of it back: reuse them after `forget`.
    """

    def __init__(self) -> None:
        self._solution = mp.solutions.face_mesh.FaceMesh(
            static_image_mode=False, max_num_faces=1, refine_landmarks=True
        )

    def landmarks(self, rgb: Picture) -> Mesh | None:
        """(478, 3) float32, or None where no face is found.

        x and y are shares of the picture's width and height, z (negative towards the camera) is in
        the scale of x; points 468 to 477 are the irises.
        """
        found = self._solution.process(rgb).multi_face_landmarks
        return landmark_array(found[0]) if found else None

    def forget(self) -> None:
        """Stops following the face seen last, so that the next picture may be of another person.

        In a picture without a face the mesh model finds none where it last was, and tracking ends.
        """
        self._solution.process(_BLANK)

    def close(self) -> None:
        self._solution.close()


class FaceDetector:
    """Counts faces within about two metres. Remembers nothing, so all learners can share one."""

    def __init__(self) -> None:
        self._solution = mp.solutions.face_detection.FaceDetection(model_selection=0)

    def count(self, rgb: Picture) -> int:
        return len(self._solution.process(rgb).detections or ())

    def close(self) -> None:
        self._solution.close()


def landmark_array(landmarks: NormalizedLandmarkList) -> Mesh:
    """(n, 3) float32, read from the message as it is serialised: 0.01 ms instead of 0.2 ms."""
    data = landmarks.SerializeToString()
    if len(data) == _RECORD.itemsize * len(landmarks.landmark):
        records = np.frombuffer(data, _RECORD)
        if _are_whole(records):
            return np.stack([records["x"], records["y"], records["z"]], axis=-1)
    return np.array([(point.x, point.y, point.z) for point in landmarks.landmark], np.float32)


def _are_whole(records: NDArray[np.void]) -> bool:
    """Whether each record begins and goes on as a landmark with three coordinates does."""
    tags = zip(("x_tag", "y_tag", "z_tag"), _COORDINATE_TAGS, strict=True)
    return bool(
        (records["head"] == np.void(_RECORD_HEAD)).all()
        and all((records[field] == tag).all() for field, tag in tags)
    )
