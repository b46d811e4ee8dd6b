"""What the learner could do so that they are seen better, in one word for the page."""

from __future__ import annotations

from ..vision.observation import Face

MORE_LIGHT = "more_light"
COME_CLOSER = "come_closer"
CENTER_YOUR_FACE = "center_your_face"

# Mean luma of the face, 0 to 255, under which landmarks get unsteady.
DARK_BRIGHTNESS = 40.0
# Height of the face as a share of the picture's, under which an iris is some 3 pixels at 480 lines.
SMALL_SIZE = 0.12
# Share of the mesh inside the picture.
CUT_OFF_VISIBLE = 0.9


def hint(face: Face | None) -> str | None:
    """The most pressing hint, or None. Without a face there is nothing to go by."""
    if face is None:
        return None
    if face.visible < CUT_OFF_VISIBLE:
        return CENTER_YOUR_FACE
    if face.brightness is not None and face.brightness < DARK_BRIGHTNESS:
        return MORE_LIGHT
    if face.size < SMALL_SIZE:
        return COME_CLOSER
    return None
