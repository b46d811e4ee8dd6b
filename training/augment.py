"""Batches as a webcam might have seen them: moved, turned, lit from a side, half covered."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

# How far each picture is changed at most, either way.
_TURN = math.radians(12)
_SCALE = 0.12
_SHIFT = 0.08
_STRETCH = 0.06
_GAMMA = 0.35
_SIDE_LIGHT = 0.3
_NOISE = 4.0
# How often a picture is mirrored.
_MIRRORED = 0.5
# How often part of a picture is covered, and how much of its side at least and at most.
_COVERED = 0.35
_COVER_FROM, _COVER_TO = 0.12, 0.35


def augmented(pictures: Tensor, side: int) -> Tensor:
    """(n, 1, 96, 96) float32, 0 to 255, becomes (n, 1, side, side), by torch's own generator."""
    count = len(pictures)
    grid = functional.affine_grid(_transforms(count), [count, 1, side, side], align_corners=False)
    moved = functional.grid_sample(
        pictures, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    return _covered(_lit(moved))


def _either_way(count: int, most: float) -> Tensor:
    return (torch.rand(count) * 2 - 1) * most


def _transforms(count: int) -> Tensor:
    """(n, 2, 3): mirrored or not, turned, scaled, stretched a little, shifted."""
    angle = _either_way(count, _TURN)
    scale = torch.exp(_either_way(count, _SCALE))
    stretch = torch.exp(_either_way(count, _STRETCH))
    mirror = torch.where(torch.rand(count) < _MIRRORED, -1.0, 1.0)
    across, down = torch.cos(angle) * scale, torch.sin(angle) * scale
    rows = [
        torch.stack([across * mirror * stretch, -down, 2 * _either_way(count, _SHIFT)], 1),
        torch.stack([down * mirror * stretch, across, 2 * _either_way(count, _SHIFT)], 1),
    ]
    return torch.stack(rows, 1)


def _lit(pictures: Tensor) -> Tensor:
    """Darker or brighter in the middle tones, brighter on one side, with a camera's noise."""
    count, _, side, _ = pictures.shape
    gamma = torch.exp(_either_way(count, _GAMMA)).view(-1, 1, 1, 1)
    ramp = torch.linspace(-1, 1, side)
    across = _either_way(count, _SIDE_LIGHT).view(-1, 1, 1, 1) * ramp.view(1, 1, 1, -1)
    down = _either_way(count, _SIDE_LIGHT).view(-1, 1, 1, 1) * ramp.view(1, 1, -1, 1)
    lit = 255 * (pictures / 255).clamp(min=1e-3) ** gamma * (1 + across + down)
    return (lit + _NOISE * torch.rand(count, 1, 1, 1) * torch.randn_like(lit)).clamp(0, 255)


def _covered(pictures: Tensor) -> Tensor:
    count, _, side, _ = pictures.shape
    place = torch.arange(side).view(1, -1)
    inside = []
    for _ in range(2):
        size = side * (_COVER_FROM + (_COVER_TO - _COVER_FROM) * torch.rand(count, 1))
        start = (torch.rand(count, 1) * (side + size)) - size
        inside.append((place >= start) & (place < start + size))
    chosen = (torch.rand(count, 1, 1) < _COVERED) & inside[0].unsqueeze(2) & inside[1].unsqueeze(1)
    shade = 255 * torch.rand(count, 1, 1, 1)
    return torch.where(chosen.unsqueeze(1), shade, pictures)
