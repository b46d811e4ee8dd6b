import numpy as np

from eyelearn.vision.face_rows import COLUMNS, from_rows, to_rows
from tracking.faces import face


def test_faces_come_back_as_they_were_without_their_brightness():
    faces = [face(yaw=1.5, openness=(0.1, 0.2)), None, face(eye_pitch=-3.0)]
    rows = to_rows(faces)
    assert rows.shape == (3, COLUMNS)
    kept = from_rows(np.frombuffer(rows.tobytes()).reshape(-1, COLUMNS))
    assert kept == [each and each._replace(brightness=None) for each in faces]
