"""Train the starter detector on scenes of the bank, on a GPU or on the CPU.

Usage: python -m training.detector --bank .train/det/bank.npz --output .train/det/run --minutes 8

Scene number i is a pure function of (seed, i). A step takes fresh scenes and, because a scene takes longer to make than
to learn from, scenes seen before from a store, each time another part of it in other light. The learning rate falls to
its end over the wall-clock budget; after a kill the same command goes on from the last checkpoint with the time left.
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
from torch.utils.data import DataLoader, Dataset

from training.detector_bank import load
from training.detector_decoys import load_decoys
from training.detector_loss import detector_loss
from training.detector_model import STRIDES, StarterDetector, count_weights
from training.detector_targets import CHANNELS, targets
from training.detector_teacher import Teacher
from training.detector_views import vary
from training.muon import Muon, split_parameters
from training.scenes import Bank, make_scene

VIEWS = (1.0, 0.8, 0.7)
DECAY = 0.998
MUON_RATE = 5.0


@dataclass(frozen=True)
class Recipe:
    """Settings of a run.

    start: a checkpoint of another run to take the weights from (its averaged ones), if any.
    fresh: share of new scenes in a step; the rest comes from the store (lower: faster, less varied).
    store: scenes kept for reuse (380 kB each at 320 pixels, on the device).
    scene: side of a scene in pixels, a multiple of 32 (smaller: faster steps, no very large faces).
    shared: the folder with the teacher.
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
    shared: Path


class Scenes(Dataset[tuple[Tensor, Tensor]]):
    """Scene i of a seed: picture uint8 [3, S, S] and targets float16 [A, 18]."""

    def __init__(self, bank: Bank, shared: Path, seed: int, first: int, size: int):
        self.bank, self.shared, self.seed, self.first, self.size = bank, shared, seed, first, size
        self.teacher: Teacher | None = None

    def __len__(self) -> int:
        return 2**31

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        cv2.setNumThreads(0)
        # Made here, once in every worker: a session does not survive a fork.
        self.teacher = self.teacher or Teacher.named(self.shared, "yunet-n")
        scene = make_scene(self.bank, np.random.default_rng((self.seed, self.first + index)), self.size)
        wanted = targets(self.teacher, scene.clean, scene.faces)
        return torch.from_numpy(np.ascontiguousarray(scene.image.transpose(2, 0, 1))), torch.from_numpy(wanted).half()


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
        cells = sum((size // stride) ** 2 for stride in STRIDES)
        self.images = torch.empty((capacity, 3, size, size), dtype=torch.uint8, device=device)
        self.targets = torch.empty((capacity, cells, CHANNELS), dtype=torch.float16, device=device)
        self.filled, self.next = 0, 0
        self.random = torch.Generator().manual_seed(seed)

    def add(self, images: Tensor, wanted: Tensor) -> None:
        device = self.images.device
        places = ((torch.arange(len(images)) + self.next) % len(self.images)).to(device)
        self.images[places] = images.to(device, non_blocking=True)
        self.targets[places] = wanted.to(device, non_blocking=True)
        self.next = (self.next + len(images)) % len(self.images)
        self.filled = min(self.filled + len(images), len(self.images))

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Pictures [count, 3, S, S] and targets [count, A, 18]."""
        chosen = torch.randint(self.filled, (count,), generator=self.random).to(self.images.device)
        return self.images[chosen], self.targets[chosen]


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

    def train_step(self, images: Tensor, wanted: Tensor) -> Tensor:
        """One update; the parts of the loss [3]."""
        view = VIEWS[int(torch.randint(len(VIEWS), (1,), generator=self.random))]
        x, wanted = vary(images, wanted, round(images.shape[3] * view / 32) * 32, self.random)
        for name, optimiser in self.optimisers.items():
            for group in optimiser.param_groups:
                group["lr"] = self.recipe.rate * self.pace() * (MUON_RATE if name == "muon" else 1.0)
        with torch.autocast(self.device.type, torch.bfloat16):
            maps = self.model(x.contiguous(memory_format=torch.channels_last))
        loss = detector_loss(maps, wanted)
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


def run(recipe: Recipe, bank: Path, decoys: Path, output: Path, device: torch.device) -> None:
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
    pictures = Bank(load(bank), load_decoys(decoys) if decoys.is_file() else None)
    print(f"{len(pictures.all)} pictures, {len(pictures.decoys)} decoys", flush=True)
    scenes = Scenes(pictures, recipe.shared, recipe.seed, trainer.fresh_scenes, recipe.scene)
    batches = loader(scenes, fresh_batch, recipe.workers)
    store = Store(recipe.store, recipe.scene, device, recipe.seed + trainer.step)
    print(
        f"{count_weights(trainer.model)} weights on {device}; bank ready after {time.monotonic() - began:.0f} s",
        flush=True,
    )
    # Enough that no scene is seen many times in the first steps.
    while store.filled < min(recipe.store, 32 * recipe.batch):
        store.add(*next(batches))
    trainer.fresh_scenes += store.filled
    owed, saved, first = 0.0, time.monotonic(), trainer.step
    sums = torch.zeros(3, device=device)
    while trainer.seconds < recipe.minutes * 60:
        owed += recipe.fresh * recipe.batch
        while owed >= fresh_batch:
            images, wanted = next(batches)
            store.add(images, wanted)
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
                f"{speed:.0f} pictures/s, pace {trainer.pace():.3f}, "
                f"score {mean[0]:.4f} box {mean[1]:.4f} points {mean[2]:.5f}",
                flush=True,
            )
            saved, first, sums = time.monotonic(), trainer.step, torch.zeros(3, device=device)
    summary = {"steps": trainer.step, "scenes": trainer.fresh_scenes, "pictures": trainer.step * recipe.batch}
    (output / "summary.json").write_text(json.dumps({**summary, "minutes": round(trainer.seconds / 60, 1)}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bank", type=Path, default=Path(".train/det/bank.npz"))
    parser.add_argument("--decoys", type=Path, default=Path(".train/det/decoys.npz"), help="used if there")
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--output", type=Path, default=Path(".train/det/run"))
    parser.add_argument(
        "--minutes", type=float, default=480.0, help="wall-clock budget; the rate falls to its end over it"
    )
    parser.add_argument("--batch", type=int, default=None, help="pictures a step (default 256 on a GPU, 16 on the CPU)")
    parser.add_argument("--rate", type=float, default=None, help="highest learning rate (default 2e-3, CPU 1e-3)")
    parser.add_argument(
        "--fresh", type=float, default=None, help="share of new scenes in a step (default 0.2, CPU 0.25)"
    )
    parser.add_argument("--start", type=Path, help="begin with the averaged weights of this checkpoint")
    parser.add_argument("--store", type=int, default=None, help="scenes kept for reuse (default 40000, CPU 6000)")
    parser.add_argument("--scene", type=int, default=320, help="side of a scene in pixels (default 320)")
    parser.add_argument("--workers", type=int, default=0, help="processes that make scenes")
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    cuda = torch.cuda.is_available()
    recipe = Recipe(
        seed=a.seed,
        batch=a.batch or (256 if cuda else 16),
        rate=a.rate or (2e-3 if cuda else 1e-3),
        minutes=a.minutes,
        fresh=a.fresh or (0.2 if cuda else 0.25),
        store=a.store or (40000 if cuda else 6000),
        workers=a.workers,
        start=a.start,
        scene=a.scene,
        shared=a.shared,
    )
    run(recipe, a.bank, a.decoys, a.output, torch.device("cuda" if cuda else "cpu"))


if __name__ == "__main__":
    main()
