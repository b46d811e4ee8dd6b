from eyelearn.protocols.openapi import EXAMPLE_PICTURE
from eyelearn.vision.face_mesh import FaceModels
from eyelearn.vision.frames import decode
from eyelearn.vision.judging import Judge
from eyelearn.vision.warm_up import warm_up_picture


def test_the_drawn_face_exercises_all_models():
    models = FaceModels()
    (region,) = models.regions(warm_up_picture())
    assert models.mesh(warm_up_picture(), region) is not None
    models.close()


def test_the_example_of_the_rest_description_is_that_face():
    face = EXAMPLE_PICTURE.read_bytes()
    picture = decode(face, max_bytes=10_000, max_pixels=100_000)
    models = FaceModels()
    assert Judge(models, 1.0).judge(picture, 0.0).face_count == 1
    models.close()
