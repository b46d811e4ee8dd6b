"""Writes a checkpoint's running average as the ONNX file that serving reads."""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

import torch
from network import EmotionNetwork
from torch import Tensor, nn

# Of ONNX: what ONNX Runtime and OpenCV 4.11 read alike.
_OPSET = 13


class Served(nn.Module):
    """(1, 3, 96, 96) float32, 0 to 255, becomes (1, 7) probabilities."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        return self.network(pictures).softmax(1)


def export(checkpoint: Path, target: Path) -> None:
    network = EmotionNetwork()
    network.load_state_dict(
        torch.load(checkpoint, weights_only=True, map_location="cpu")["average"]
    )
    served = Served(network).eval()
    target.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # That there is a newer exporter, which needs two more packages.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            served,
            (torch.zeros(1, 3, 96, 96),),
            str(target),
            input_names=["picture"],
            output_names=["probabilities"],
            opset_version=_OPSET,
            dynamo=False,
        )
    sys.stdout.write(f"{target.stat().st_size} bytes\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    export(options.checkpoint, options.target)


if __name__ == "__main__":
    main()
