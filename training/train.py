"""Trains the emotion network; run again with the same arguments, it goes on where it stopped."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from augment import augmented
from dataset import Pictures, load, split
from network import EMOTION_COUNT, EmotionNetwork
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Recipe:
    """How it is trained. side: of the pictures, in pixels, as they come from the aligned set."""

    seed: int = 1
    epochs: int = 40
    batch: int = 128
    side: int = 96
    # Small pictures teach the coarse things at under half the time.
    small_side: int = 64
    small_share: float = 0.6
    peak_rate: float = 0.15
    warm_up_share: float = 0.15
    weight_decay: float = 5e-4
    smoothing: float = 0.1
    # How often a picture is taken unaligned, so that a face that is framed otherwise is known too.
    whole_share: float = 0.2
    # A class's weight is its rarity to this power: disgust, 1.5 % of the set, would be lost.
    rarity_power: float = 0.25
    average_decay: float = 0.998
    threads: int = 1
    device: str = "cpu"

    def side_at(self, epoch: int) -> int:
        return self.small_side if epoch < self.small_share * self.epochs else self.side

    def rate_at(self, progress: float) -> float:
        """Up in a line, then down as a half cosine; progress: 0 to 1."""
        if progress < self.warm_up_share:
            return self.peak_rate * progress / self.warm_up_share
        rest = (progress - self.warm_up_share) / (1 - self.warm_up_share)
        return self.peak_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, rest)))


class Training:
    """The network, its running average, which is what is exported, and where they stand.

    Each epoch is seeded by its number, so nothing of the generator needs keeping.
    """

    def __init__(self, recipe: Recipe, pictures: Pictures) -> None:
        self._recipe, self._pictures = recipe, pictures.on(recipe.device)
        # Whatever is made from here on is made there, random numbers included.
        torch.set_default_device(recipe.device)
        torch.manual_seed(recipe.seed)
        torch.set_num_threads(recipe.threads)
        torch.set_flush_denormal(True)
        self.network = EmotionNetwork().to(memory_format=torch.channels_last)
        self.average = EmotionNetwork().to(memory_format=torch.channels_last)
        self.average.load_state_dict(self.network.state_dict())
        self.average.eval()
        self._optimiser = torch.optim.SGD(
            _decayed(self.network, recipe.weight_decay), lr=0.1, momentum=0.9, nesterov=True
        )
        counts = torch.bincount(self._pictures.labels, minlength=EMOTION_COUNT).clamp(min=1)
        weights = (counts.float().mean() / counts) ** recipe.rarity_power
        self._weights = weights / (weights * counts).sum() * counts.sum()
        self.epoch = 0

    def run_epoch(self) -> float:
        """The mean loss."""
        torch.manual_seed(1000 * self._recipe.seed + self.epoch)
        self.network.train()
        losses = []
        steps = max(1, len(self._pictures.labels) // self._recipe.batch)
        for step, (pictures, labels) in enumerate(self._batches(steps)):
            progress = (self.epoch + step / steps) / self._recipe.epochs
            losses.append(self._step(pictures, labels, self._recipe.rate_at(progress)))
            self._follow(self.epoch * steps + step)
        self.epoch += 1
        return sum(losses) / len(losses)

    def _batches(self, steps: int) -> Iterator[tuple[Tensor, Tensor]]:
        recipe, (aligned, whole, labels) = self._recipe, self._pictures
        order = torch.randperm(len(labels))
        for step in range(steps):
            places = order[step * recipe.batch : (step + 1) * recipe.batch]
            as_whole = torch.rand(len(places)) < recipe.whole_share
            pictures = torch.where(as_whole.view(-1, 1, 1), whole[places], aligned[places])
            side = recipe.side_at(self.epoch)
            yield augmented(pictures.unsqueeze(1).float(), side), labels[places]

    def _step(self, pictures: Tensor, labels: Tensor, rate: float) -> float:
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        with torch.autocast(self._recipe.device, dtype=torch.bfloat16):
            logits = self.network(pictures.expand(-1, 3, -1, -1))
        loss = functional.cross_entropy(
            logits.float(), labels, self._weights, label_smoothing=self._recipe.smoothing
        )
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self._optimiser.step()
        return loss.item()

    @torch.no_grad()
    def _follow(self, step: int) -> None:
        """The average, at first over few steps."""
        decay = min(self._recipe.average_decay, (1 + step) / (10 + step))
        kept = self.average.state_dict()
        for name, value in self.network.state_dict().items():
            if value.is_floating_point():
                kept[name].lerp_(value, 1 - decay)

    def save(self, path: Path) -> None:
        state = {
            "epoch": self.epoch,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }
        unfinished = path.with_suffix(".unfinished")
        torch.save(state, unfinished)
        unfinished.replace(path)

    def resume(self, path: Path) -> None:
        state = torch.load(path, weights_only=True, map_location=self._recipe.device)
        self.epoch = state["epoch"]
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimiser.load_state_dict(state["optimiser"])


def _decayed(network: nn.Module, decay: float) -> list[dict[str, object]]:
    """Weights are kept small; what only shifts or scales a map is not."""
    weights = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": weights, "weight_decay": decay},
        {"params": others, "weight_decay": 0.0},
    ]


@torch.no_grad()
def predicted(network: nn.Module, aligned: Tensor, side: int, batch: int = 256) -> Tensor:
    """(n,) the likeliest class of each picture, shown at this side; aligned: (n, 96, 96) uint8."""
    network.eval()
    parts = []
    for chosen in aligned.split(batch):
        pictures = functional.interpolate(
            chosen.unsqueeze(1).float(), (side, side), mode="bilinear"
        )
        with torch.autocast(aligned.device.type, dtype=torch.bfloat16):
            logits = network(pictures.expand(-1, 3, -1, -1))
        parts.append(logits.argmax(1))
    return torch.cat(parts)


def macro_f1(labels: Tensor, guesses: Tensor) -> float:
    scores = []
    for label in range(EMOTION_COUNT):
        right = ((labels == label) & (guesses == label)).sum().item()
        total = (labels == label).sum().item() + (guesses == label).sum().item()
        scores.append(2 * right / max(1, total))
    return sum(scores) / EMOTION_COUNT


def train(recipe: Recipe, source: Path, checkpoint: Path) -> None:
    pictures = load(source)
    for_training, for_choosing = split(np.asarray(pictures.labels), recipe.seed)
    kept_aside = pictures.chosen(for_choosing).on(recipe.device)
    training = Training(recipe, pictures.chosen(for_training))
    if checkpoint.exists():
        training.resume(checkpoint)
    while training.epoch < recipe.epochs:
        began = time.perf_counter()
        side = recipe.side_at(training.epoch)
        loss = training.run_epoch()
        training.save(checkpoint)
        guesses = predicted(training.average, kept_aside.aligned, side)
        right = (guesses == kept_aside.labels).float().mean().item()
        sys.stdout.write(
            f"epoch {training.epoch} of {recipe.epochs}: loss {loss:.3f}, kept aside: accuracy "
            f"{right:.4f}, macro F1 {macro_f1(kept_aside.labels, guesses):.4f}, "
            f"{time.perf_counter() - began:.0f} s\n"
        )
        sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("aligned", type=Path, help="what prepare.py wrote")
    parser.add_argument("checkpoint", type=Path, help="kept after each epoch, resumed from")
    parser.add_argument("--epochs", type=int, default=Recipe.epochs)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--threads", type=int, default=Recipe.threads)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    recipe = Recipe(
        seed=options.seed,
        epochs=options.epochs,
        threads=options.threads,
        device=options.device,
    )
    train(recipe, options.aligned, options.checkpoint)


if __name__ == "__main__":
    main()
