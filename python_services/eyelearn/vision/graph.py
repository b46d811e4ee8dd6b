"""A MediaPipe graph as a function of packets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mediapipe
from google.protobuf import text_format
from mediapipe.framework.calculator_pb2 import CalculatorGraphConfig
from mediapipe.python import packet_creator
from mediapipe.python._framework_bindings import resource_util
from mediapipe.python._framework_bindings.calculator_graph import CalculatorGraph
from mediapipe.python._framework_bindings.image_frame import ImageFormat

from .frames import Picture

# The models and subgraphs of MediaPipe are named by paths within this folder.
PACKAGE_FOLDER = Path(mediapipe.__file__).parents[1]
resource_util.set_resource_dir(str(PACKAGE_FOLDER))
# Calculators run on the calling thread: handing them to others costs a tenth of a frame, and all
# cores have workers of their own.
_EXECUTOR = 'executor { type: "ApplicationThreadExecutor" }'


class Graph:
    """Runs on the calling thread, one set of packets at a time."""

    def __init__(
        self, text: str, outputs: tuple[str, ...], side_packets: dict[str, Any] | None = None
    ) -> None:
        """text: the graph's configuration; outputs: the streams that `run` gives."""
        self._config = text_format.Parse(_EXECUTOR + text, CalculatorGraphConfig())
        self._outputs = outputs
        self._side_packets = side_packets or {}
        self._start()

    def _start(self) -> None:
        self._timestamp = 0
        self._results: dict[str, Any] = {}
        self._graph = CalculatorGraph(graph_config=self._config)
        for name in self._outputs:
            self._graph.observe_output_stream(name, self._results.__setitem__, False)
        self._graph.start_run(self._side_packets)

    def run(self, **packets: Any) -> dict[str, Any]:
        """What came out, by stream. A graph that failed raises, and is made anew: it stays broken,
        and others' pictures come after this one."""
        self._timestamp += 1
        self._results.clear()
        try:
            for name, packet in packets.items():
                self._graph.add_packet_to_input_stream(name, packet.at(self._timestamp))
            self._graph.wait_until_idle()
        except Exception:
            self._start()
            raise
        return self._results

    def close(self) -> None:
        self._graph.close()


def expanded(text: str) -> CalculatorGraphConfig:
    """The configuration with MediaPipe's subgraphs replaced by the calculators they stand for."""
    config = text_format.Parse(text, CalculatorGraphConfig())
    return CalculatorGraphConfig.FromString(CalculatorGraph(graph_config=config).binary_config)


def picture_packet(rgb: Picture) -> Any:
    """The picture for a graph, not copied: nobody may write on it any more."""
    rgb.flags.writeable = False
    return packet_creator.create_image_frame(rgb, image_format=ImageFormat.SRGB, copy=False)
