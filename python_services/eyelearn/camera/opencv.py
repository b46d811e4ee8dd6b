"""OpenCV, quiet, on one thread; only the camera's process loads it from here."""

from __future__ import annotations

import os

# Seconds that OpenCV waits for a picture of a device; 10 by its own default.
_DEVICE_READING_SECONDS = 5
# FFmpeg's AV_LOG_QUIET.
_FFMPEG_QUIET = -8
# OpenCV's name for the lowest of its log levels.
_LOG_LEVEL_SILENT = 0

# Read while it is loaded, or when it opens its first camera.
os.environ["OPENCV_LOG_LEVEL"] = "SILENT"
os.environ["OPENCV_FFMPEG_LOGLEVEL"] = str(_FFMPEG_QUIET)
os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] = str(_DEVICE_READING_SECONDS)

import cv2  # noqa: E402

cv2.setLogLevel(_LOG_LEVEL_SILENT)
cv2.setNumThreads(1)

__all__ = ["cv2"]
