"""Train the starter detector on scenes of the bank, on a GPU or on the CPU.

Usage: python -m training.detector --bank .train/det/bank.npz --output .train/det/run --minutes 8

Scene number i is a pure function of (seed, i). A step takes fresh scenes and, to keep a fast GPU busy, scenes seen
before from a store, each time at another size and mirrored by chance. The learning rate falls to its end over the
wall-clock budget; after a kill the same command goes on from the last checkpoint with the time that is left.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from training.detector_bank import load
from training.detector_loss import detector_loss
from training.detector_model import StarterDetector, count_weights
from training.muon import Muon, split_parameters
from training.scenes import MIRRORED, Bank, make_scene

MOST_FACES = 56
ZOOMS = (1.0, 1.0, 1.4)
DECAY = 0.9995
MUON_RATE = 5.0


@dataclass(frozen=True)
class Recipe:
    """Settings of a run.

    start: a checkpoint of another run to take the weights from (its averaged ones), if any.
    fresh: share of new scenes in a step; the rest comes from the store (lower: faster, less varied).
    store: scenes kept for reuse (300 kB each at 320 pixels, on the device).
    scene: side of a scene in pixels, a multiple of 32 (smaller: faster steps, no very large faces).
    """

    seed: int
    batch: int
    rate: float
    minutes: float
    fresh: float
    store: int
    workers: int
    start: Path | None
    scene: int


class Scenes(Dataset[tuple[Tensor, Tensor]]):
    """Scene i of a seed: picture uint8 [3, S, S] and faces padded to [MOST_FACES, 15]."""

    def __init__(self, bank: Bank, seed: int, first: int, size: int):
        self.bank, self.seed, self.first, self.size = bank, seed, first, size

    def __len__(self) -> int:
        return 2**31

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        cv2.setNumThreads(0)
        image, faces = make_scene(self.bank, np.random.default_rng((self.seed, self.first + index)), self.size)
        padded = np.zeros((MOST_FACES, 15), np.float32)
        # Where there are too many, the largest stay: the loss knows nothing of the others.
        order = np.argsort(faces[:, 1] - faces[:, 3], kind="stable")[:MOST_FACES]
        padded[: len(order)] = faces[order]
        return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))), torch.from_numpy(padded)


def loader(scenes: Scenes, batch: int, workers: int) -> Iterator[list[Tensor]]:
    """Batches of scenes in the order of their numbers."""
    sampler: Any = range(2**31)
    return iter(
        DataLoader(
            scenes,
            batch,
            sampler=sampler,
            num_workers=workers,
            pin_memory=torch.cuda.is_available(),
            multiprocessing_context="fork" if workers else None,
            prefetch_factor=3 if workers else None,
        )
    )


class Store:
    """The last scenes on the device; a full store forgets the oldest."""

    def __init__(self, capacity: int, size: int, device: torch.device, seed: int):
        self.images = torch.empty((capacity, 3, size, size), dtype=torch.uint8, device=device)
        self.faces = torch.empty((capacity, MOST_FACES, 15), device=device)
        # Kept on the host: asking the device how many faces a batch has would make the host wait in every step.
        self.counts = torch.zeros(capacity, dtype=torch.int64)
        self.filled, self.next = 0, 0
        self.random = torch.Generator().manual_seed(seed)

    def add(self, images: Tensor, faces: Tensor) -> None:
        places = (torch.arange(len(images)) + self.next) % len(self.images)
        self.counts[places] = (faces[:, :, 2] > faces[:, :, 0]).sum(1)
        device = self.images.device
        places = places.to(device)
        self.images[places] = images.to(device, non_blocking=True)
        self.faces[places] = faces.to(device, non_blocking=True)
        self.next = (self.next + len(images)) % len(self.images)
        self.filled = min(self.filled + len(images), len(self.images))

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Pictures [count, 3, S, S] and faces [count, M, 15], M as small as these allow."""
        chosen = torch.randint(self.filled, (count,), generator=self.random)
        most = max(int(self.counts[chosen].max()), 1)
        chosen = chosen.to(self.images.device)
        return self.images[chosen], self.faces[chosen, :most]


def vary(images: Tensor, faces: Tensor, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Float pictures at another size, half of them mirrored, and their faces."""
    x = images.float()
    scene = images.shape[3]
    if size != scene:
        x = functional.interpolate(x, size=(size, size), mode="bilinear", antialias=size < scene)
    faces = faces.clone()
    faces[:, :, :14] *= size / scene
    used = faces[:, :, 2:3] > faces[:, :, 0:1]
    flip = (torch.rand(len(x), generator=generator) < 0.5).to(x.device)
    x = torch.where(flip[:, None, None, None], x.flip(3), x)
    mirrored = faces.clone()
    mirrored[:, :, [0, 2]] = size - faces[:, :, [2, 0]]
    points = faces[:, :, 4:14].reshape(*faces.shape[:2], 5, 2)[:, :, list(MIRRORED)].clone()
    points[..., 0] = size - points[..., 0]
    mirrored[:, :, 4:14] = points.flatten(2)
    faces = torch.where(flip[:, None, None], mirrored, faces) * used
    return x, faces


def floats(model: torch.nn.Module) -> list[Tensor]:
    """All weights and running statistics of a model, in a fixed order."""
    return [value for value in model.state_dict().values() if value.dtype.is_floating_point]


class Trainer:
    """Model, averaged model, optimiser and progress; written to and read from one checkpoint file."""

    def __init__(self, recipe: Recipe, device: torch.device):
        torch.manual_seed(recipe.seed)
        self.recipe, self.device = recipe, device
        self.model = StarterDetector().to(device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.model).eval()
        matrices, others = split_parameters(self.model)
        self.optimisers = {
            "muon": Muon(matrices, recipe.rate * MUON_RATE),
            "adamw": torch.optim.AdamW(others, lr=recipe.rate, weight_decay=0.0, fused=device.type == "cuda"),
        }
        self.step, self.fresh_scenes, self.seconds = 0, 0, 0.0
        self.random = torch.Generator().manual_seed(recipe.seed)

    def save(self, path: Path) -> None:
        part = path.with_suffix(".part")
        torch.save(
            {
                "model": self.model.state_dict(),
                "average": self.average.state_dict(),
                **{name: optimiser.state_dict() for name, optimiser in self.optimisers.items()},
                "progress": {"step": self.step, "fresh_scenes": self.fresh_scenes, "seconds": self.seconds},
            },
            part,
        )
        part.rename(path)

    def resume(self, path: Path) -> None:
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        for name, optimiser in self.optimisers.items():
            optimiser.load_state_dict(state[name])
        self.step, self.fresh_scenes = state["progress"]["step"], state["progress"]["fresh_scenes"]
        self.seconds = state["progress"]["seconds"]
        self.random.manual_seed(self.recipe.seed + self.step)

    def start_from(self, path: Path) -> None:
        """Take the averaged weights of another run; progress and optimiser start anew."""
        weights = torch.load(path, map_location=self.device, weights_only=True)["average"]
        self.model.load_state_dict(weights)
        self.average.load_state_dict(weights)

    def pace(self) -> float:
        """Share of the highest learning rate: 100 steps of warm-up, then a cosine over the wall-clock budget to 1 %."""
        done = min(self.seconds / (self.recipe.minutes * 60), 1.0)
        cosine = 0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2
        return cosine * min(1.0, (self.step + 1) / 100)

    def train_step(self, images: Tensor, faces: Tensor) -> Tensor:
        """One update; the parts of the loss [4]."""
        zoom = ZOOMS[int(torch.randint(len(ZOOMS), (1,), generator=self.random))]
        size = round(images.shape[3] * zoom / 32) * 32
        x, faces = vary(images, faces, size, self.random)
        used = faces[:, :, 2] > faces[:, :, 0]
        for name, optimiser in self.optimisers.items():
            for group in optimiser.param_groups:
                group["lr"] = self.recipe.rate * self.pace() * (MUON_RATE if name == "muon" else 1.0)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            maps = self.model(x.contiguous(memory_format=torch.channels_last))
        loss = detector_loss(maps, faces, used)
        self.model.zero_grad(set_to_none=True)
        loss.total().backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 10.0)
        for optimiser in self.optimisers.values():
            optimiser.step()
        self.step += 1
        decay = min(DECAY, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(floats(self.average), floats(self.model), 1 - decay)
        return torch.stack([part.detach() for part in loss])


def run(recipe: Recipe, bank: Path, output: Path, device: torch.device) -> None:
    """Train until the budget is used up, writing `last.pt` every minute and at the end."""
    output.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    trainer = Trainer(recipe, device)
    checkpoint = output / "last.pt"
    if checkpoint.is_file():
        trainer.resume(checkpoint)
        print(f"goes on at step {trainer.step}, {trainer.seconds / 60:.1f} minutes used", flush=True)
    elif recipe.start:
        trainer.start_from(recipe.start)
    already = trainer.seconds
    fresh_batch = 64 if device.type == "cuda" else recipe.batch
    batches = loader(
        Scenes(Bank(load(bank)), recipe.seed, trainer.fresh_scenes, recipe.scene), fresh_batch, recipe.workers
    )
    store = Store(recipe.store, recipe.scene, device, recipe.seed + trainer.step)
    print(
        f"{count_weights(trainer.model)} weights on {device}; bank ready after {time.monotonic() - began:.0f} s",
        flush=True,
    )
    while store.filled < min(recipe.store, 4 * recipe.batch):
        store.add(*next(batches))
    trainer.fresh_scenes += store.filled
    owed, saved, first = 0.0, time.monotonic(), trainer.step
    sums = torch.zeros(4, device=device)
    while trainer.seconds < recipe.minutes * 60:
        owed += recipe.fresh * recipe.batch
        while owed >= fresh_batch:
            images, faces = next(batches)
            store.add(images, faces)
            trainer.fresh_scenes += len(images)
            owed -= fresh_batch
        sums += trainer.train_step(*store.draw(recipe.batch))
        trainer.seconds = already + time.monotonic() - began
        if time.monotonic() - saved > 30 or trainer.seconds >= recipe.minutes * 60:
            trainer.save(checkpoint)
            spent = time.monotonic() - saved
            mean = (sums / max(trainer.step - first, 1)).tolist()
            speed = (trainer.step - first) * recipe.batch / spent
            print(
                f"{trainer.seconds / 60:5.1f} of {recipe.minutes:g} min, step {trainer.step}, "
                f"{trainer.fresh_scenes} scenes, "
                f"{speed:.0f} pictures/s, pace {trainer.pace():.3f}, cls {mean[0]:.4f} obj {mean[1]:.4f} "
                f"box {mean[2]:.4f} points {mean[3]:.5f}",
                flush=True,
            )
            saved, first, sums = time.monotonic(), trainer.step, torch.zeros(4, device=device)
    summary = {"steps": trainer.step, "scenes": trainer.fresh_scenes, "pictures": trainer.step * recipe.batch}
    (output / "summary.json").write_text(json.dumps({**summary, "minutes": round(trainer.seconds / 60, 1)}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bank", type=Path, default=Path(".train/det/bank.npz"))
    parser.add_argument("--output", type=Path, default=Path(".train/det/run"))
    parser.add_argument(
        "--minutes", type=float, default=480.0, help="wall-clock budget; the rate falls to its end over it"
    )
    parser.add_argument("--batch", type=int, default=None, help="pictures a step (default 256 on a GPU, 16 on the CPU)")
    parser.add_argument("--rate", type=float, default=None, help="highest learning rate (default 2e-3, CPU 1e-3)")
    parser.add_argument(
        "--fresh", type=float, default=None, help="share of new scenes in a step (default 0.2, CPU 0.5)"
    )
    parser.add_argument("--start", type=Path, help="begin with the averaged weights of this checkpoint")
    parser.add_argument("--store", type=int, default=None, help="scenes kept for reuse (default 40000, CPU 2000)")
    parser.add_argument("--scene", type=int, default=None, help="side of a scene in pixels (default 320, CPU 224)")
    parser.add_argument("--workers", type=int, default=0, help="processes that make scenes")
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    cuda = torch.cuda.is_available()
    recipe = Recipe(
        seed=a.seed,
        batch=a.batch or (256 if cuda else 16),
        rate=a.rate or (2e-3 if cuda else 1e-3),
        minutes=a.minutes,
        fresh=a.fresh or (0.2 if cuda else 0.5),
        store=a.store or (40000 if cuda else 2000),
        workers=a.workers,
        start=a.start,
        scene=a.scene or (320 if cuda else 224),
    )
    run(recipe, a.bank, a.output, torch.device("cuda" if cuda else "cpu"))


if __name__ == "__main__":
    main()
