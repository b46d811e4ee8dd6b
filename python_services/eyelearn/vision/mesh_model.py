"""MediaPipe's model of the face mesh, without the branch that refines the lips.

No answer of ours depends on the lips, and that branch has a fifth of the model's operations. The
other branches, which refine the eyes and find the irises, compute what they did before.
"""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from mediapipe.calculators.util import landmarks_refinement_calculator_pb2 as refinement_pb2
from mediapipe.tasks.metadata import schema_py_generated as tflite
from numpy.typing import NDArray

from .graph import PACKAGE_FOLDER, expanded
from .region import Mesh

# The side of the square picture that the model takes, in pixels.
INPUT_SIZE = 192
MESH_POINTS = 478

_PATH = PACKAGE_FOLDER / "mediapipe/modules/face_landmark/face_landmark_with_attention.tflite"
_FILE_IDENTIFIER = b"TFL3"
_PRESENCE = "conv_faceflag"
# Outputs in the order in which MediaPipe refines one by the next, with the numbers of each point.
_POINTS = {
    "output_mesh_identity": 3,
    "output_lips": 2,
    "output_left_eye": 2,
    "output_right_eye": 2,
    "output_left_iris": 2,
    "output_right_iris": 2,
}
_LEFT_OUT = "output_lips"
_KEPT = [name for name in _POINTS if name != _LEFT_OUT]
_FACE_LANDMARK = """
input_stream: "picture" input_stream: "region" input_side_packet: "with_attention"
node {
  calculator: "FaceLandmarkCpu"
  input_stream: "IMAGE:picture" input_stream: "ROI:region"
  input_side_packet: "WITH_ATTENTION:with_attention"
  output_stream: "LANDMARKS:landmarks"
}
"""


def mesh_model() -> bytes:
    """The model as TensorFlow Lite reads it: a picture (192, 192, 3) of 0 to 1 in, and one row of
    numbers out, which `Reading` understands.

    Raises KeyError where MediaPipe's model has other outputs.
    """
    model = tflite.ModelT.InitFromObj(tflite.Model.GetRootAsModel(_PATH.read_bytes(), 0))
    graph = model.subgraphs[0]
    outputs = {graph.tensors[tensor].name.decode(): tensor for tensor in graph.outputs}
    kept = [outputs[name] for name in (*_KEPT, _PRESENCE)]
    graph.operators = _operators_behind(kept, graph.operators)
    graph.outputs = [_join(kept, model)]
    builder = flatbuffers.Builder(_PATH.stat().st_size)
    builder.Finish(model.Pack(builder), _FILE_IDENTIFIER)
    return bytes(builder.Output())


def _operators_behind(tensors: list[int], operators: list[Any]) -> list[Any]:
    """Those on which these tensors depend, in their order."""
    needed, found = set(tensors), []
    for operator in reversed(operators):
        if not needed.isdisjoint(operator.outputs):
            found.append(operator)
            needed.update(operator.inputs)
    return found[::-1]


def _join(tensors: list[int], model: Any) -> int:
    """Adds a tensor that has these one after another, along their last axis; gives its number."""
    graph = model.subgraphs[0]
    joined, operator = tflite.TensorT(), tflite.OperatorT()
    numbers = sum(int(graph.tensors[tensor].shape[-1]) for tensor in tensors)
    joined.name, joined.shape = b"numbers", [1, 1, 1, numbers]
    joined.type = tflite.TensorType.FLOAT32
    graph.tensors.append(joined)
    code = tflite.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = tflite.BuiltinOperator.CONCATENATION
    code.version = 1
    model.operatorCodes.append(code)
    operator.opcodeIndex = len(model.operatorCodes) - 1
    operator.inputs, operator.outputs = tensors, [len(graph.tensors) - 1]
    operator.builtinOptionsType = tflite.BuiltinOptions.ConcatenationOptions
    operator.builtinOptions = tflite.ConcatenationOptionsT()
    operator.builtinOptions.axis = 3
    graph.operators.append(operator)
    return len(graph.tensors) - 1


class Reading:
    """What the model's row of numbers says."""

    def __init__(self) -> None:
        """Asks MediaPipe which points of the mesh each output refines.

        unrefined: those that the output left out would refine.
        """
        self._places = np.zeros((MESH_POINTS, 3), np.intp)
        self._eye_around: list[tuple[list[int], list[int]]] = []
        begin = 0
        for (name, width), refinement in zip(_POINTS.items(), _refinements(), strict=True):
            points = list(refinement.indexes_mapping)
            if name == _LEFT_OUT:
                self.unrefined = points
                continue
            numbers = begin + np.arange(len(points) * width).reshape(-1, width)
            self._places[points, :width] = numbers
            begin += numbers.size
            depth_of = list(refinement.z_refinement.assign_average.indexes_for_average)
            if depth_of:
                self._eye_around.append((points, depth_of))

    def mesh(self, numbers: NDArray[np.float32]) -> Mesh | None:
        """(478, 3) in pixels of the input, an iris as deep as its eye; None where there is no face.

        The last number is the logit of there being one, which MediaPipe believes from 0.5 on.
        """
        if numbers[-1] <= 0:
            return None
        mesh = numbers[self._places]
        for iris, eye in self._eye_around:
            mesh[iris, 2] = mesh[eye, 2].mean()
        return mesh


def _refinements() -> list[Any]:
    """As MediaPipe's own graph is configured, in the order of `_POINTS`."""
    extension = refinement_pb2.LandmarksRefinementCalculatorOptions.ext
    return next(
        list(node.options.Extensions[extension].refinement)
        for node in expanded(_FACE_LANDMARK).node
        if node.calculator == "LandmarksRefinementCalculator"
    )
