import numpy as np
import pytest
from mediapipe.python import packet_creator, packet_getter

from eyelearn.vision.graph import Graph, expanded, picture_packet

PASS_ON = """
input_stream: "picture"
output_stream: "size"
node {
  calculator: "ImagePropertiesCalculator"
  input_stream: "IMAGE:picture" output_stream: "SIZE:size"
}
"""
GREY = np.full((4, 6, 3), 128, np.uint8)


def test_a_packet_that_breaks_the_graph_harms_no_later_one():
    graph = Graph(PASS_ON, ("size",))
    with pytest.raises(ValueError, match="type mismatch"):
        graph.run(picture=packet_creator.create_int(1))
    assert "size" in graph.run(picture=picture_packet(GREY))
    graph.close()


def test_a_run_gives_nothing_of_the_run_before():
    graph = Graph(PASS_ON, ("size",))
    first = graph.run(picture=picture_packet(GREY))["size"]
    second = graph.run(picture=picture_packet(GREY))["size"]
    assert first.timestamp < second.timestamp
    graph.close()


def test_a_picture_is_not_copied_and_can_not_be_written_on_any_more():
    picture = GREY.copy()
    inside = packet_getter.get_image_frame(picture_packet(picture)).numpy_view()
    assert np.shares_memory(inside, picture)
    with pytest.raises(ValueError, match="read-only"):
        picture[0, 0] = 1


def test_a_subgraph_is_told_by_the_calculators_that_it_stands_for():
    graph = """
    input_stream: "landmarks" input_stream: "size"
    node {
      calculator: "FaceLandmarkLandmarksToRoi"
      input_stream: "LANDMARKS:landmarks" input_stream: "IMAGE_SIZE:size"
      output_stream: "ROI:region"
    }
    """
    calculators = [node.calculator for node in expanded(graph).node]
    assert calculators == [
        "LandmarksToDetectionCalculator",
        "DetectionsToRectsCalculator",
        "RectTransformationCalculator",
    ]
