from eyelearn.vision.face_mesh import FaceModels
from eyelearn.vision.warm_up import warm_up_picture


def test_the_drawn_face_exercises_all_models():
    models = FaceModels()
    (region,) = models.regions(warm_up_picture())
    assert models.mesh(warm_up_picture(), region) is not None
    models.close()
