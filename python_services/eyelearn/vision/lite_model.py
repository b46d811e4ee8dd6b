"""A TensorFlow Lite model as a function of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

Numbers = NDArray[np.float32]


class LiteModel:
    """Runs on the calling thread: all cores have workers of their own."""

    def __init__(self, model: bytes) -> None:
        self._interpreter = Interpreter(model_content=model, num_threads=1)
        self._interpreter.allocate_tensors()
        self._inputs = [self._view(of) for of in self._interpreter.get_input_details()]
        self._outputs = [self._view(of) for of in self._interpreter.get_output_details()]

    def run(self) -> None:
        """From `inputs` to `outputs`. Raises RuntimeError while somebody holds one of them."""
        self._interpreter.invoke()

    def input(self, number: int) -> Numbers:
        """To be written to, and let go before the model runs."""
        return self._inputs[number]()

    def output(self, number: int) -> Numbers:
        """Not copied: to be read, and let go before the model runs again."""
        return self._outputs[number]()

    def _view(self, details: dict[str, Any]) -> Callable[[], Numbers]:
        view: Callable[[], Numbers] = self._interpreter.tensor(details["index"])
        return view
