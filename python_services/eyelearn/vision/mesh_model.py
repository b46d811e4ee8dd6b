"""MediaPipe's model of the face mesh in two parts, as TensorFlow Lite reads them.

The file holds a face's mesh and three branches that refine it, around the eyes and the lips. Each
looks at a part of what the first layers saw, upright and cut out by operators that only MediaPipe
has. Without those, any interpreter runs it, and a newer one is a third faster. The lips' branch, a
fifth of the model's operations, is a model of its own: only expressions depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import flatbuffers
from flatbuffers import flexbuffers
from mediapipe.calculators.util import landmarks_refinement_calculator_pb2 as refinement_pb2
from mediapipe.tasks.metadata import schema_py_generated as tflite

from .graph import PACKAGE_FOLDER, expanded

_PATH = PACKAGE_FOLDER / "mediapipe/modules/face_landmark/face_landmark_with_attention.tflite"
_FILE_IDENTIFIER = b"TFL3"
_MESH, _PRESENCE = "output_mesh_identity", "conv_faceflag"
_LIPS = "output_lips"
# The branches' outputs, in the order in which MediaPipe refines one by the next.
_REFINED = [
    _LIPS,
    "output_left_eye",
    "output_right_eye",
    "output_left_iris",
    "output_right_iris",
]
_EYES = [("output_left_eye", "output_left_iris"), ("output_right_eye", "output_right_iris")]
_FACE_LANDMARK = """
input_stream: "picture" input_stream: "region" input_side_packet: "with_attention"
node {
  calculator: "FaceLandmarkCpu"
  input_stream: "IMAGE:picture" input_stream: "ROI:region"
  input_side_packet: "WITH_ATTENTION:with_attention"
  output_stream: "LANDMARKS:landmarks"
}
"""


class EyeBranch(NamedTuple):
    """Where one eye's branch looks, and which points it refines.

    around: points of the mesh that it frames; margin: how much larger than them its frame is;
    corners: the two points between which the eye is level. eye: points of which it gives x and y
    anew; iris: the five that it adds, as deep as `iris_depth` are on average.
    """

    around: list[int]
    margin: float
    corners: tuple[int, int]
    eye: list[int]
    iris: list[int]
    iris_depth: list[int]


class MeshModel(NamedTuple):
    """face: a picture (1, 192, 192, 3) of 0 to 1 to mesh (1404 numbers: x, y, z of 468 points in
    pixels of that picture), presence (a logit), and features (1, 48, 48, 32).

    eyes: frames of the features (1, 16, 16, 32), of the left eye and the right, to their points and
    irises (x, y, in quarters of a frame's cell): left eye, left iris, right eye, right iris.
    """

    face: bytes
    eyes: bytes
    left: EyeBranch
    right: EyeBranch


class LipsModel(NamedTuple):
    """lips: a frame of the features of `MeshModel` (1, 16, 16, 32) to points (x, y, as there).

    around, margin, corners: of that frame, as in `EyeBranch`; the corners are the mouth's. points:
    of which the branch gives x and y anew.
    """

    lips: bytes
    around: list[int]
    margin: float
    corners: tuple[int, int]
    points: list[int]


def mesh_model() -> MeshModel:
    """Raises KeyError or StopIteration where MediaPipe's model is another."""
    whole = _Model()
    frames, branches = [], []
    points = dict(zip(_REFINED, _refinements(), strict=True))
    for eye, iris in _EYES:
        frame, framing = whole.framing(eye)
        frames.append(frame)
        branches.append(
            EyeBranch(
                *framing,
                eye=list(points[eye].indexes_mapping),
                iris=list(points[iris].indexes_mapping),
                iris_depth=list(points[iris].z_refinement.assign_average.indexes_for_average),
            )
        )
    features = frames[0].inputs[0]
    found = [whole.found(name) for eye in _EYES for name in eye]
    return MeshModel(
        whole.part(whole.inputs, [whole.outputs[_MESH], whole.outputs[_PRESENCE], features]),
        whole.part([frame.outputs[0] for frame in frames], found),
        *branches,
    )


def lips_model() -> LipsModel:
    """Raises KeyError or StopIteration where MediaPipe's model is another."""
    whole = _Model()
    frame, framing = whole.framing(_LIPS)
    lips = whole.part([frame.outputs[0]], [whole.found(_LIPS)])
    return LipsModel(lips, *framing, points=lips_points())


def lips_points() -> list[int]:
    """Of the mesh, those that the branch for the lips gives anew."""
    return list(_refinements()[0].indexes_mapping)


class _Model:
    """MediaPipe's file, to find the way around in and cut parts out of."""

    def __init__(self) -> None:
        root = tflite.Model.GetRootAsModel(_PATH.read_bytes(), 0)
        self._model = tflite.ModelT.InitFromObj(root)
        self._graph = self._model.subgraphs[0]
        self._operators: list[Any] = self._graph.operators
        self.inputs: list[int] = list(self._graph.inputs)
        self.outputs: dict[str, int] = {
            self._graph.tensors[tensor].name.decode(): tensor for tensor in self._graph.outputs
        }

    def framing(self, output: str) -> tuple[Any, tuple[list[int], float, tuple[int, int]]]:
        """The operator that cuts out a branch's frame, and its around, margin and corners."""
        matrix = self.operator_before(self.outputs[output], "Landmarks2TransformMatrix")
        frame = self.operator_after(matrix, "TransformTensorBilinear")
        options = flexbuffers.GetRoot(bytes(matrix.customOptions)).Value
        corners = options["left_rotation_idx"], options["right_rotation_idx"]
        return frame, (options["subset_idxs"], options["scale_x"], corners)

    def found(self, output: str) -> int:
        """The tensor that has a branch's points in its frame, before they are in the picture."""
        placing = self.operator_before(self.outputs[output], "TransformLandmarks")
        found: int = placing.inputs[0]
        return found

    def operator_before(self, tensor: int, name: str) -> Any:
        """The nearest operator of MediaPipe's with this name on which the tensor depends."""
        behind = self._operators_behind([tensor])
        return next(operator for operator in reversed(behind) if self._name(operator) == name)

    def operator_after(self, operator: Any, name: str) -> Any:
        """The operator of this name that takes what the other one gives."""
        given = set(operator.outputs)
        return next(
            other
            for other in self._operators
            if self._name(other) == name and not given.isdisjoint(other.inputs)
        )

    def part(self, inputs: Iterable[int], outputs: list[int]) -> bytes:
        """What computes these tensors from those."""
        graph = self._graph
        graph.inputs, graph.outputs = list(inputs), outputs
        graph.operators = self._operators_behind(outputs, inputs)
        builder = flatbuffers.Builder(_PATH.stat().st_size)
        builder.Finish(self._model.Pack(builder), _FILE_IDENTIFIER)
        return bytes(builder.Output())

    def _operators_behind(self, tensors: list[int], given: Iterable[int] = ()) -> list[Any]:
        """Those on which these tensors depend, in their order, up to the tensors given."""
        known = set(given)
        needed, found = set(tensors), []
        for operator in reversed(self._operators):
            if not (needed - known).isdisjoint(operator.outputs):
                found.append(operator)
                needed.update(operator.inputs)
        return found[::-1]

    def _name(self, operator: Any) -> str:
        custom = self._model.operatorCodes[operator.opcodeIndex].customCode
        return "" if custom is None else custom.decode()


def _refinements() -> list[Any]:
    """As MediaPipe's own graph is configured, in the order of `_REFINED`, after the mesh."""
    extension = refinement_pb2.LandmarksRefinementCalculatorOptions.ext
    mesh_first = next(
        list(node.options.Extensions[extension].refinement)
        for node in expanded(_FACE_LANDMARK).node
        if node.calculator == "LandmarksRefinementCalculator"
    )
    return mesh_first[1:]
