"""MediaPipe's models: where faces are, and the landmarks of one. Named only here.

The graph that `mediapipe.solutions.face_mesh` runs keeps one stream's state, so each learner would
need one of their own, of 29 MB and two threads. These run the same calculators and models, bit for
bit, with that state as an input: where the face was last. So one of each serves all learners.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import mediapipe
import numpy as np
from google.protobuf import text_format
from mediapipe.framework.calculator_pb2 import CalculatorGraphConfig
from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList
from mediapipe.python import packet_creator, packet_getter
from mediapipe.python._framework_bindings import resource_util
from mediapipe.python._framework_bindings.calculator_graph import CalculatorGraph
from mediapipe.python._framework_bindings.image_frame import ImageFormat
from numpy.typing import NDArray

from .frames import Picture

Mesh = NDArray[np.float32]
# MediaPipe's packet with the square of a picture, turned with the head, that holds a face.
Region = Any

MESH_POINTS = 478
# Calculators run on the calling thread: handing them to others costs a tenth of a frame, and all
# cores have workers of their own.
_EXECUTOR = 'executor { type: "ApplicationThreadExecutor" }'
_DETECTION = f"""
{_EXECUTOR}
input_stream: "picture"
output_stream: "regions"
node {{
  calculator: "ImagePropertiesCalculator"
  input_stream: "IMAGE:picture" output_stream: "SIZE:size"
}}
node {{
  calculator: "FaceDetectionShortRangeCpu"
  input_stream: "IMAGE:picture" output_stream: "DETECTIONS:detections"
}}
node {{
  calculator: "BeginLoopDetectionCalculator"
  input_stream: "ITERABLE:detections" input_stream: "CLONE:size"
  output_stream: "ITEM:detection" output_stream: "CLONE:its_size" output_stream: "BATCH_END:end"
}}
node {{
  calculator: "FaceDetectionFrontDetectionToRoi"
  input_stream: "DETECTION:detection" input_stream: "IMAGE_SIZE:its_size"
  output_stream: "ROI:region"
}}
node {{
  calculator: "EndLoopNormalizedRectCalculator"
  input_stream: "ITEM:region" input_stream: "BATCH_END:end" output_stream: "ITERABLE:regions"
}}
"""
_LANDMARKS = f"""
{_EXECUTOR}
input_stream: "picture"
input_stream: "region"
output_stream: "landmarks"
output_stream: "next_region"
input_side_packet: "with_attention"
node {{
  calculator: "ImagePropertiesCalculator"
  input_stream: "IMAGE:picture" output_stream: "SIZE:size"
}}
node {{
  calculator: "FaceLandmarkCpu"
  input_stream: "IMAGE:picture" input_stream: "ROI:region"
  input_side_packet: "WITH_ATTENTION:with_attention"
  output_stream: "LANDMARKS:landmarks"
}}
node {{
  calculator: "FaceLandmarkLandmarksToRoi"
  input_stream: "LANDMARKS:landmarks" input_stream: "IMAGE_SIZE:size"
  output_stream: "ROI:next_region"
}}
"""
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

# The graphs name their models by paths within the package.
resource_util.set_resource_dir(str(Path(mediapipe.__file__).parents[1]))


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
        self._detection = _Graph(_DETECTION, ("regions",))
        self._landmarks = _Graph(_LANDMARKS, ("landmarks", "next_region"), with_attention=True)

    def regions(self, rgb: Picture) -> list[Region]:
        """Of each face within about two metres, the surest first."""
        found = self._detection.run(picture=_packet(rgb)).get("regions")
        rectangles = [] if found is None else packet_getter.get_proto_list(found)
        return [packet_creator.create_proto(rectangle) for rectangle in rectangles]

    def mesh(self, rgb: Picture, region: Region) -> Found | None:
        """The face in this region, or None where there is none."""
        found = self._landmarks.run(picture=_packet(rgb), region=region)
        if "landmarks" not in found:
            return None
        mesh = landmark_array(packet_getter.get_proto(found["landmarks"]))
        return Found(mesh, found["next_region"])

    def close(self) -> None:
        self._detection.close()
        self._landmarks.close()


class _Graph:
    """A MediaPipe graph as a function of packets."""

    def __init__(self, text: str, outputs: tuple[str, ...], **side_packets: bool) -> None:
        self._config = text_format.Parse(text, CalculatorGraphConfig())
        self._outputs = outputs
        self._side_packets = side_packets
        self._start()

    def _start(self) -> None:
        self._timestamp = 0
        self._results: dict[str, Any] = {}
        self._graph = CalculatorGraph(graph_config=self._config)
        for name in self._outputs:
            self._graph.observe_output_stream(name, self._results.__setitem__, False)
        self._graph.start_run(
            {name: packet_creator.create_bool(flag) for name, flag in self._side_packets.items()}
        )

    def run(self, **packets: Any) -> dict[str, Any]:
        """What came out, by stream. A graph that failed raises, and is made anew: it stays broken,
        and others' pictures come after this one."""
        self._timestamp += 1
        self._results.clear()
        try:
            for name, packet in packets.items():
                self._graph.add_packet_to_input_stream(name, packet.at(self._timestamp))
            self._graph.wait_until_idle()
        except Exception:
            self._start()
            raise
        return self._results

    def close(self) -> None:
        self._graph.close()


def _packet(rgb: Picture) -> Any:
    """The picture for a graph, not copied: nobody may write on it any more."""
    rgb.flags.writeable = False
    return packet_creator.create_image_frame(rgb, image_format=ImageFormat.SRGB, copy=False)


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
