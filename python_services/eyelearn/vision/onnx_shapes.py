"""What an ONNX file takes and gives, read without running it.

So a model that won't do is refused before any of it runs, and what it has learnt is counted, which
no runtime tells. Only the fields that are needed are named here, out of
onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, IR version 3 and later).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

# Sides of which the file does not say how long they are, such as the number of pictures at a time.
Sides = tuple[int | None, ...]

_PACKAGE = "eyelearn.onnx"
# Message: field, its number, whether there may be many, and its message or scalar type.
_Field = tuple[str, int, bool, str]
_MESSAGES: dict[str, list[_Field]] = {
    "Model": [("graph", 7, False, "Graph")],
    "Graph": [
        ("initializer", 5, True, "Tensor"),
        ("input", 11, True, "Value"),
        ("output", 12, True, "Value"),
    ],
    "Tensor": [
        ("dims", 1, True, "int64"),
        ("data_type", 2, False, "int64"),
        ("name", 8, False, "string"),
    ],
    "Value": [("name", 1, False, "string"), ("type", 2, False, "Type")],
    "Type": [("tensor_type", 1, False, "TensorType")],
    "TensorType": [("shape", 2, False, "Shape")],
    "Shape": [("dim", 1, True, "Side")],
    "Side": [("dim_value", 1, False, "int64")],
}
_SCALARS = {"int64": 3, "string": 9}
_MESSAGE_TYPE = 11
# TensorProto.DataType: weights. Whole numbers are axes and shapes.
_FLOAT, _FLOAT16, _DOUBLE, _BFLOAT16 = 1, 10, 11, 16


class OnnxShapes(NamedTuple):
    """inputs and outputs: of each its sides; weights: how many numbers were learnt."""

    inputs: list[Sides]
    outputs: list[Sides]
    weights: int


def read_shapes(onnx: bytes) -> OnnxShapes:
    """Raises ValueError where this is no ONNX file."""
    model: Any = _model_class()()
    try:
        model.ParseFromString(onnx)
    except DecodeError as error:
        raise ValueError("no ONNX file") from error
    graph = model.graph
    if not graph.input or not graph.output:
        raise ValueError("no ONNX file")
    weights = [
        t for t in graph.initializer if t.data_type in (_FLOAT, _FLOAT16, _DOUBLE, _BFLOAT16)
    ]
    # Before IR version 4 the weights were inputs as well.
    named = {tensor.name for tensor in graph.initializer}
    return OnnxShapes(
        [_sides(value) for value in graph.input if value.name not in named],
        [_sides(value) for value in graph.output],
        sum(math.prod(tensor.dims) for tensor in weights),
    )


def _sides(value: Any) -> Sides:
    return tuple(side.dim_value or None for side in value.type.tensor_type.shape.dim)


def _model_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(
        name="eyelearn/onnx.proto", package=_PACKAGE, syntax="proto2"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, many, kind in fields:
            scalar = _SCALARS.get(kind)
            message.field.add(
                name=field,
                number=number,
                label=3 if many else 1,
                type=scalar or _MESSAGE_TYPE,
                type_name=None if scalar else f".{_PACKAGE}.{kind}",
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Model"))
