"""Small ONNX files for the tests: a picture's mean colour times fixed weights.

Written by hand, field by field as onnx.proto numbers them, since nothing here needs the onnx
package otherwise.
"""

from __future__ import annotations

import numpy as np

_FLOAT = 1
_INTS = 7
Sides = tuple[int | str, ...]


def colour_model(
    sides: Sides,
    outputs: int = 7,
    softmax: bool = False,
    operator: str = "GlobalAveragePool",
    channels_first: bool = True,
) -> bytes:
    """sides: of its input, a name where one is open. operator: what takes the mean.

    The brighter the red, the surer it is of the last class.
    """
    weights = np.zeros((3, outputs), np.float32)
    weights[0, -1] = 1 / 64
    nodes, pictures = [], "picture"
    if not channels_first:
        nodes.append(_node("Transpose", ["picture"], "first", _axes("perm", [0, 3, 1, 2])))
        pictures = "first"
    nodes.append(_node(operator, [pictures], "mean"))
    nodes.append(_node("Flatten", ["mean"], "flat"))
    nodes.append(_node("MatMul", ["flat", "weights"], "logits"))
    if softmax:
        nodes.append(_node("Softmax", ["logits"], "probabilities"))
    graph = b"".join(
        [
            *(_bytes(1, node) for node in nodes),
            _text(2, "colours"),
            _bytes(5, _tensor("weights", weights)),
            _bytes(11, _value("picture", sides)),
            _bytes(12, _value("probabilities" if softmax else "logits", (sides[0], outputs))),
        ]
    )
    return _number(1, 7) + _bytes(7, graph) + _bytes(8, _number(2, 13))


def _node(operator: str, inputs: list[str], output: str, attribute: bytes = b"") -> bytes:
    named = b"".join(_text(1, name) for name in inputs) + _text(2, output) + _text(3, output)
    return named + _text(4, operator) + (_bytes(5, attribute) if attribute else b"")


def _axes(name: str, axes: list[int]) -> bytes:
    return _text(1, name) + b"".join(_number(8, axis) for axis in axes) + _number(20, _INTS)


def _tensor(name: str, values: np.ndarray) -> bytes:
    dims = b"".join(_number(1, side) for side in values.shape)
    return dims + _number(2, _FLOAT) + _text(8, name) + _bytes(9, values.tobytes())


def _value(name: str, sides: Sides) -> bytes:
    dims = b"".join(
        _bytes(1, _text(2, side) if isinstance(side, str) else _number(1, side)) for side in sides
    )
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, _FLOAT) + _bytes(2, dims)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode())


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])
