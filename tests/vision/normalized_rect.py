"""A region as MediaPipe's graphs take it."""

from mediapipe.framework.formats.rect_pb2 import NormalizedRect
from mediapipe.python import packet_creator


def rectangle(region, shape):
    """A packet; width and height are shares of the picture's, whose shape is (height, width, …)."""
    height, width = shape[:2]
    return packet_creator.create_proto(
        NormalizedRect(
            x_center=region.x,
            y_center=region.y,
            width=region.side,
            height=region.side * width / height,
            rotation=region.rotation,
        )
    )
