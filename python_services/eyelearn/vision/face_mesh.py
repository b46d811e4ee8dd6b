"""Where faces are, and the mesh of one: MediaPipe's models, for any number of learners.

The graph that `mediapipe.solutions.face_mesh` runs keeps one stream's state, so each learner would
need one of their own, of 29 MB and two threads. Here that state, where the face was last, is an
input, so one of each serves all learners; and a third of its time is saved, at landmarks that are
within a quarter of a pixel; those of the lips only where they are asked for.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from mediapipe.python import packet_getter

from .eye_frames import EyeFraming, Numbers, sample
from .frames import Picture
from .graph import Graph, picture_packet
from .lite_model import LiteModel
from .mesh_model import MeshModel, lips_model, mesh_model
from .region import Mesh, Region, around, crop, in_picture

__all__ = ["MESH_POINTS", "FaceModels", "Found", "Mesh", "Region"]

_DETECTION = """
input_stream: "picture"
output_stream: "regions"
node {
  calculator: "ImagePropertiesCalculator"
  input_stream: "IMAGE:picture" output_stream: "SIZE:size"
}
node {
  calculator: "FaceDetectionShortRangeCpu"
  input_stream: "IMAGE:picture" output_stream: "DETECTIONS:detections"
}
node {
  calculator: "BeginLoopDetectionCalculator"
  input_stream: "ITERABLE:detections" input_stream: "CLONE:size"
  output_stream: "ITEM:detection" output_stream: "CLONE:its_size" output_stream: "BATCH_END:end"
}
node {
  calculator: "FaceDetectionFrontDetectionToRoi"
  input_stream: "DETECTION:detection" input_stream: "IMAGE_SIZE:its_size"
  output_stream: "ROI:region"
}
node {
  calculator: "EndLoopNormalizedRectCalculator"
  input_stream: "ITEM:region" input_stream: "BATCH_END:end" output_stream: "ITERABLE:regions"
}
"""
# The side of the square picture that the model takes, in pixels, and one over its brightest number.
INPUT_SIZE = 192
_WHITE = np.float32(1 / 255)
# The irises' ten points come last, and only from the eyes' branches.
MESH_POINTS = 478
_FACE_POINTS = 468


class Found(NamedTuple):
    """A face that was found: its mesh, and the region to look for it in the next picture.

    mesh: (478, 3) float32. x and y are shares of the picture's width and height, z (negative
    towards the camera) is in the scale of x; points 468 to 477 are the irises.
    """

    mesh: Mesh
    region: Region


class FaceModels:
    """Detector and mesh for any number of learners, one picture at a time."""

    def __init__(self) -> None:
        self._detection = Graph(_DETECTION, ("regions",))
        self._mesh = MeshReader(mesh_model())

    def regions(self, rgb: Picture) -> list[Region]:
        """Of each face within about two metres, the surest first."""
        found = self._detection.run(picture=picture_packet(rgb)).get("regions")
        rectangles = [] if found is None else packet_getter.get_proto_list(found)
        return [Region(r.x_center, r.y_center, r.width, r.rotation) for r in rectangles]

    def mesh(self, rgb: Picture, region: Region, exact_lips: bool = False) -> Found | None:
        """The face in this region, or None where there is none.

        exact_lips: whether its lips are to be as exact as its eyes.
        """
        mesh = self._mesh.read(crop(rgb, region, INPUT_SIZE), exact_lips)
        if mesh is None:
            return None
        mesh = in_picture(mesh, region, INPUT_SIZE, rgb.shape)
        return Found(mesh, around(mesh, rgb.shape))

    def close(self) -> None:
        self._detection.close()


class MeshReader:
    """From a square picture with one face in it, upright, to its mesh."""

    def __init__(self, model: MeshModel) -> None:
        self._face, self._eyes = LiteModel(model.face), LiteModel(model.eyes)
        self._eye_branches = [(branch, EyeFraming(branch)) for branch in (model.left, model.right)]

    @cached_property
    def _lips(self) -> LipsReader:
        """With the first who asks for it: most services have none who does."""
        return LipsReader()

    def read(self, picture: Picture, exact_lips: bool = False) -> Mesh | None:
        """(478, 3) in pixels of the picture (192, 192, 3), an iris as deep as its eye; None where
        there is no face, as MediaPipe takes it: under 0.5, of which the model gives the logit.

        exact_lips: whether the branch for the lips gives them anew.
        """
        np.multiply(picture, _WHITE, out=self._face.input(0)[0], dtype=np.float32)
        self._face.run()
        if self._face.output(1).item() <= 0:
            return None
        mesh = np.empty((MESH_POINTS, 3), np.float32)
        mesh[:_FACE_POINTS] = self._face.output(0).reshape(-1, 3)
        self._refine_eyes(mesh)
        if exact_lips:
            self._lips.refine(mesh, self._face.output(2)[0])
        return mesh

    def _refine_eyes(self, mesh: Mesh) -> None:
        frames = [framing.frame(mesh) for _, framing in self._eye_branches]
        sampled = sample(self._face.output(2)[0], INPUT_SIZE, frames)
        for eye in range(len(frames)):
            self._eyes.input(eye)[0] = sampled[eye]
        self._eyes.run()
        for eye, (branch, _) in enumerate(self._eye_branches):
            mesh[branch.eye, :2] = frames[eye].place(self._eyes.output(2 * eye))
            mesh[branch.iris, :2] = frames[eye].place(self._eyes.output(2 * eye + 1))
            mesh[branch.iris, 2] = mesh[branch.iris_depth, 2].mean()


class LipsReader:
    """The branch for the lips."""

    def __init__(self) -> None:
        model = lips_model()
        self._model = LiteModel(model.lips)
        self._framing, self._points = EyeFraming(model), model.points

    def refine(self, mesh: Mesh, features: Numbers) -> None:
        """Gives the lips of a mesh anew, in pixels of the model's picture."""
        frame = self._framing.frame(mesh)
        self._model.input(0)[:] = sample(features, INPUT_SIZE, [frame])
        self._model.run()
        mesh[self._points, :2] = frame.place(self._model.output(0))
