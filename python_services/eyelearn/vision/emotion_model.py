"""The network that tells emotions apart: ours, or one that the operator brings."""

from __future__ import annotations

import hashlib
import importlib
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .emotions import EMOTIONS
from .frames import Picture
from .onnx_shapes import Sides, read_shapes

OURS = Path(__file__).parent / "models" / "emotions.onnx"
_KERAS_ENDINGS = {".h5", ".keras"}
_CHANNELS = 3
# A version is at most 64 characters in the database: a name, a dash, and the start of the hash.
_NAME_LENGTH, _HASH_LENGTH = 48, 12
# The runtime's level that leaves warnings out.
_LOG_ERRORS = 3
# How far from 1 probabilities of float32 may add up.
_ROUNDING = 1e-3

Numbers = NDArray[np.float32]


class UnusableModel(Exception):
    """The message says what is wrong with the file, for the operator to read."""


class Layout(NamedTuple):
    """How a network takes its picture: (1, 3, height, width) or (1, height, width, 3)."""

    height: int
    width: int
    channels_first: bool

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return self.height, self.width, _CHANNELS

    def batch(self, crop: Picture) -> Numbers:
        """float32, 0 to 255, of one picture."""
        if crop.shape[:2] != (self.height, self.width):
            crop = cv2.resize(crop, (self.width, self.height)).astype(np.uint8, copy=False)
        pixels = crop.astype(np.float32)
        return (pixels.transpose(2, 0, 1) if self.channels_first else pixels)[np.newaxis]


class ModelFacts(NamedTuple):
    """version: name and hash of its file, ASCII, at most 64 characters.

    input_shape: (height, width, channels). total_params: how many numbers were learnt.
    """

    version: str
    input_shape: tuple[int, int, int]
    total_params: int


class EmotionModel:
    def __init__(
        self, facts: ModelFacts, layout: Layout, run: Callable[[Numbers], Numbers]
    ) -> None:
        """run: from one picture, as the layout has it, to seven probabilities or logits.

        Raises UnusableModel where it gives something else.
        """
        self.facts = facts
        self._layout, self._run = layout, run
        self._gives_logits = not all(map(_are_probabilities, self._trials()))

    def probabilities(self, crop: Picture) -> Numbers:
        """(7,) float32 in the order of EMOTIONS, together 1; crop: (96, 96, 3), grey."""
        output = self._run(self._layout.batch(crop)).reshape(-1)
        return _softmax(output) if self._gives_logits else output

    def _trials(self) -> list[Numbers]:
        """Of a flat picture and one that is not: logits can add up to 1 for one by chance."""
        shape = self.facts.input_shape
        ramp = np.linspace(0, 255, math.prod(shape)).reshape(shape)
        return [self._tried(np.full_like(ramp, 128)), self._tried(ramp)]

    def _tried(self, picture: NDArray[np.float64]) -> Numbers:
        output = self._run(self._layout.batch(picture.astype(np.uint8)))
        if output.size != len(EMOTIONS) or not np.isfinite(output).all():
            raise UnusableModel(
                f"The model must give {len(EMOTIONS)} finite numbers for a picture; "
                f"it gives {_listed(output.shape)}."
            )
        return output


def load_emotion_model(path: str) -> EmotionModel:
    """path: of an ONNX or, where TensorFlow is installed, a Keras model; empty for ours.

    Raises UnusableModel.
    """
    file = Path(path) if path else OURS
    content, version = _read(file)
    if file.suffix.lower() in _KERAS_ENDINGS:
        return _load_keras(file, version)
    return _load_onnx(content, version)


def _read(file: Path) -> tuple[bytes, str]:
    """What is in it, and its version. Raises UnusableModel."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UnusableModel(f"The model {file.name} can't be read: {error.strerror}.") from error
    return content, _version(file.stem, content)


def _version(name: str, content: bytes) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)[:_NAME_LENGTH]
    return f"{plain}-{hashlib.sha256(content).hexdigest()[:_HASH_LENGTH]}"


def facts_of_ours() -> ModelFacts:
    """Without loading it. Raises UnusableModel where what is installed is damaged."""
    return _read_onnx(*_read(OURS))[0]


def _read_onnx(content: bytes, version: str) -> tuple[ModelFacts, Layout]:
    try:
        inputs, outputs, weights = read_shapes(content)
    except ValueError as error:
        raise UnusableModel("The model is no ONNX file, or a damaged one.") from error
    layout = _checked(inputs, outputs)
    return ModelFacts(version, layout.shape, weights), layout


def _load_onnx(content: bytes, version: str) -> EmotionModel:
    facts, layout = _read_onnx(content, version)
    # 40 MB that a worker need not hold which is asked for no emotions.
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    # One of several workers, each on a core of its own.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _LOG_ERRORS
    try:
        session = onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
    except Exception as error:
        raise UnusableModel(
            "ONNX Runtime can't read the model: it has an unknown operator, or is damaged."
        ) from error
    name = session.get_inputs()[0].name

    def run(batch: Numbers) -> Numbers:
        try:
            return np.asarray(session.run(None, {name: batch})[0], np.float32)
        except Exception as error:
            raise UnusableModel("ONNX Runtime can't run the model.") from error

    return EmotionModel(facts, layout, run)


def _load_keras(file: Path, version: str) -> EmotionModel:
    try:
        # Half a gigabyte that only those install who bring such a model.
        keras: Any = importlib.import_module("tensorflow").keras
    except ImportError as error:
        raise UnusableModel(
            f"To load {file.name} TensorFlow must be installed; an ONNX model needs nothing."
        ) from error
    try:
        # Nothing but layers that Keras knows: a file can hold code too.
        model = keras.models.load_model(file, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UnusableModel("Keras can't read the model, or it holds code of its own.") from error
    layout = _checked(
        [tuple(tensor.shape) for tensor in model.inputs],
        [tuple(tensor.shape) for tensor in model.outputs],
    )

    def run(batch: Numbers) -> Numbers:
        return np.asarray(model(batch, training=False), np.float32)

    facts = ModelFacts(version, layout.shape, int(model.count_params()))
    return EmotionModel(facts, layout, run)


def _checked(inputs: list[Sides], outputs: list[Sides]) -> Layout:
    """Raises UnusableModel where no picture goes in or no seven numbers come out."""
    if len(inputs) != 1 or len(outputs) != 1:
        raise UnusableModel(
            "The model must have one input and one output; "
            f"it has {len(inputs)} and {len(outputs)}."
        )
    if outputs[0][-1:] not in ((len(EMOTIONS),), (None,)):
        raise UnusableModel(
            f"The model's output must be (N, {len(EMOTIONS)}); it is {_listed(outputs[0])}."
        )
    match inputs[0]:
        case (1 | None, int(channels), int(height), int(width)) if channels == _CHANNELS:
            return Layout(height, width, channels_first=True)
        case (1 | None, int(height), int(width), int(channels)) if channels == _CHANNELS:
            return Layout(height, width, channels_first=False)
    raise UnusableModel(
        "The model's input must be (N, 3, height, width) or (N, height, width, 3), N being 1 or "
        f"open; it is {_listed(inputs[0])}."
    )


def _listed(sides: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("open" if side is None else str(side) for side in sides) + ")"


def _are_probabilities(output: Numbers) -> bool:
    return bool((output >= 0).all()) and abs(float(output.sum()) - 1) < _ROUNDING


def _softmax(logits: Numbers) -> Numbers:
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum(), np.float32)
