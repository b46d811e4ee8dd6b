"""Where hands are, by MediaPipe's detector of palms, for any number of learners."""

from __future__ import annotations

from mediapipe.python import packet_creator, packet_getter

from .frames import Picture
from .graph import Graph, picture_packet
from .region import Region

# The part of MediaPipe's HandLandmarkTrackingCpu that has no state.
_DETECTION = """
input_stream: "picture" input_side_packet: "model_complexity"
output_stream: "regions"
node {
  calculator: "ImagePropertiesCalculator"
  input_stream: "IMAGE:picture" output_stream: "SIZE:size"
}
node {
  calculator: "PalmDetectionCpu"
  input_stream: "IMAGE:picture" input_side_packet: "MODEL_COMPLEXITY:model_complexity"
  output_stream: "DETECTIONS:detections"
}
node {
  calculator: "BeginLoopDetectionCalculator"
  input_stream: "ITERABLE:detections" input_stream: "CLONE:size"
  output_stream: "ITEM:detection" output_stream: "CLONE:its_size" output_stream: "BATCH_END:end"
}
node {
  calculator: "PalmDetectionDetectionToRoi"
  input_stream: "DETECTION:detection" input_stream: "IMAGE_SIZE:its_size"
  output_stream: "ROI:region"
}
node {
  calculator: "EndLoopNormalizedRectCalculator"
  input_stream: "ITEM:region" input_stream: "BATCH_END:end" output_stream: "ITERABLE:regions"
}
"""
# MediaPipe's full model, as its Hands take it unless told otherwise.
FULL = 1


class PalmDetector:
    """One picture at a time."""

    def __init__(self, complexity: int = FULL) -> None:
        self._graph = Graph(
            _DETECTION,
            ("regions",),
            {"model_complexity": packet_creator.create_int(complexity)},
        )

    def regions(self, rgb: Picture) -> list[Region]:
        """Of the whole hand around each palm, the surest first, turned so that fingers point up."""
        found = self._graph.run(picture=picture_packet(rgb)).get("regions")
        rectangles = [] if found is None else packet_getter.get_proto_list(found)
        return [Region(r.x_center, r.y_center, r.width, r.rotation) for r in rectangles]

    def close(self) -> None:
        self._graph.close()
