"""Where faces are, and the mesh of one: MediaPipe's models, for any number of learners.

The graph that `mediapipe.solutions.face_mesh` runs keeps one stream's state, so each learner would
need one of their own, of 29 MB and two threads. Here that state, where the face was last, is an
input, so one of each serves all learners; and a sixth of its time is saved, at landmarks that are
within a quarter of a pixel, but for those of the lips.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Imported so that the graph's text may name their options.
from mediapipe.calculators.tensor import (  # noqa: F401
    inference_calculator_pb2,
    tensor_converter_calculator_pb2,
)
from mediapipe.python import packet_creator, packet_getter

from .frames import Picture
from .graph import Graph, picture_packet
from .mesh_model import INPUT_SIZE, MESH_POINTS, Reading, mesh_model
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
_LANDMARKS = """
input_stream: "crop"
input_side_packet: "model_data"
output_stream: "numbers"
node {
  calculator: "TfLiteModelCalculator"
  input_side_packet: "MODEL_BLOB:model_data" output_side_packet: "MODEL:model"
}
node {
  calculator: "TfLiteCustomOpResolverCalculator" output_side_packet: "OP_RESOLVER:op_resolver"
}
node {
  calculator: "TensorConverterCalculator"
  input_stream: "IMAGE:crop" output_stream: "TENSORS:input"
  options {
    [mediapipe.TensorConverterCalculatorOptions.ext] {
      output_tensor_float_range { min: 0 max: 1 }
    }
  }
}
node {
  calculator: "InferenceCalculator"
  input_stream: "TENSORS:input" output_stream: "TENSORS:output"
  input_side_packet: "MODEL:model" input_side_packet: "OP_RESOLVER:op_resolver"
  options {
    [mediapipe.InferenceCalculatorOptions.ext] { delegate { xnnpack { num_threads: 1 } } }
  }
}
node {
  calculator: "TensorsToFloatsCalculator"
  input_stream: "TENSORS:output" output_stream: "FLOATS:numbers"
}
"""


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
        model = packet_creator.create_string(mesh_model())
        self._landmarks = Graph(_LANDMARKS, ("numbers",), {"model_data": model})
        self._reading = Reading()

    def regions(self, rgb: Picture) -> list[Region]:
        """Of each face within about two metres, the surest first."""
        found = self._detection.run(picture=picture_packet(rgb)).get("regions")
        rectangles = [] if found is None else packet_getter.get_proto_list(found)
        return [Region(r.x_center, r.y_center, r.width, r.rotation) for r in rectangles]

    def mesh(self, rgb: Picture, region: Region) -> Found | None:
        """The face in this region, or None where there is none."""
        face = picture_packet(crop(rgb, region, INPUT_SIZE))
        numbers = packet_getter.get_float_list(self._landmarks.run(crop=face)["numbers"])
        mesh = self._reading.mesh(np.array(numbers, np.float32))
        if mesh is None:
            return None
        mesh = in_picture(mesh, region, INPUT_SIZE, rgb.shape)
        return Found(mesh, around(mesh, rgb.shape))

    def close(self) -> None:
        self._detection.close()
        self._landmarks.close()
