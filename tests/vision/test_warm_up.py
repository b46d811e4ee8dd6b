from eyelearn.vision.face_mesh import FaceDetector, FaceMesh
from eyelearn.vision.warm_up import warm_up_picture


def test_the_drawn_face_exercises_all_models():
    mesh, detector = FaceMesh(), FaceDetector()
    assert mesh.landmarks(warm_up_picture()) is not None
    assert detector.count(warm_up_picture()) == 1
    mesh.close()
    detector.close()
