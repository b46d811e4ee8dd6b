"""The network: grey from three channels, standardised, then ever smaller and deeper maps."""

from __future__ import annotations

import torch
from torch import Tensor, nn

EMOTION_COUNT = 7
# Avoids dividing by nothing where a picture is of one brightness, in units of 0 to 255.
_FLAT = 1.0


class Standardise(nn.Module):
    """(n, 3, h, w), 0 to 255, becomes (n, 1, h, w): each picture's mean 0, its deviation 1."""

    def forward(self, pictures: Tensor) -> Tensor:
        grey = pictures.mean(1, keepdim=True)
        centred = grey - grey.mean((2, 3), keepdim=True)
        deviation = (centred * centred).mean((2, 3), keepdim=True).sqrt()
        return centred / (deviation + _FLAT)


def convolution(
    inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, (size - 1) // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    )


class Dense(nn.Module):
    """Two 3×3 convolutions around which the input is added."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(channels, channels, 3), nn.ReLU(), convolution(channels, channels, 3)
        )
        _start_silent(self.body)

    def forward(self, maps: Tensor) -> Tensor:
        return torch.relu(maps + self.body(maps))


class Separable(nn.Module):
    """Two depthwise convolutions, each mixed by a 1×1 one, around which the input is added."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(channels, channels, 3, groups=channels),
            convolution(channels, channels, 1),
            nn.ReLU(),
            convolution(channels, channels, 3, groups=channels),
            convolution(channels, channels, 1),
        )
        _start_silent(self.body)

    def forward(self, maps: Tensor) -> Tensor:
        return torch.relu(maps + self.body(maps))


def _start_silent(body: nn.Sequential) -> None:
    """At first a block passes its input on, so that all of them learn from the start.

    Goyal et al., "Accurate, Large Minibatch SGD", 2017, 5.1.
    """
    nn.init.zeros_(body[-1][-1].weight)


class EmotionNetwork(nn.Module):
    """(n, 3, 96, 96) float32, 0 to 255, becomes (n, 7) logits, in the order of EMOTIONS.

    The pictures have been enlarged from 48×48, so the first convolution, which goes in steps of
    four, loses nothing but half of that.
    """

    def __init__(self, dropout: float = 0.3) -> None:
        super().__init__()
        self.standardise = Standardise()
        self.maps = nn.Sequential(
            nn.Conv2d(1, 32, 6, 4, 1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            Dense(32),
            convolution(32, 96, 3, 2),
            nn.ReLU(),
            Dense(96),
            Dense(96),
            Separable(96),
            convolution(96, 256, 3, 2),
            nn.ReLU(),
            Separable(256),
            Separable(256),
            Separable(256),
        )
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(256, EMOTION_COUNT))

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.maps(self.standardise(pictures))
        return self.head(maps.mean((2, 3)))
