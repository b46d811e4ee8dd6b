"""Libraries of native code, and what is imported of each."""

from __future__ import annotations

# MediaPipe's binding by the file of ours that uses it.
LIBRARIES = {
    "cv2": "cv2",
    "mediapipe": "eyelearn.vision.graph",
    "ai_edge_litert": "ai_edge_litert.interpreter",
    "simplejpeg": "simplejpeg",
    "psycopg2": "psycopg2",
}
