"""Train the starter pack's recogniser by distillation; resumable, seeded, on a GPU in minutes or on a CPU overnight.

    python -m training.recogniser --minutes 460 --device cpu --batch 64
    python -m training.recogniser --minutes 15 --device cuda --compile

Teacher and student see the same augmented view of each sample. The learning rate follows the training time spent so
far (of all calls together) towards `--minutes`, so a call that is killed or stopped goes on where its last checkpoint
was. On one machine with `--samples` instead of `--minutes` a run repeats exactly, up to the device's own rounding.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.augment import Dice, views
from training.crops import MARGIN, Crops, load_crops
from training.muon import Muon, split_parameters
from training.student import Student, count_parameters
from training.teacher import TEACHER, OnnxRecogniser

RELATION_WEIGHT = 20.0
AVERAGE_DECAY = 0.998
# How often a crop is drawn, by the first folder of its file: UTKFace is balanced over groups of people, LFW is not;
# the videos are many frames of few people.
DRAW = {"lfw": 1.0, "utkface-sample": 2.0, "frmdb": 0.7, "videos": 0.5}


@dataclass(frozen=True)
class Plan:
    """What a training is to do: where it ends, and its step sizes."""

    minutes: float
    samples: int
    batch: int
    matrix_rate: float = 0.02
    other_rate: float = 2e-3
    warm_up: int = 300

    def progress(self, seconds: float, samples: int) -> float:
        """0 at the start, 1 at the end."""
        return min(1.0, samples / self.samples if self.samples else seconds / (60 * self.minutes))


def rate(progress: float, step: int, warm_up: int) -> float:
    """Factor on the learning rates: a linear rise over `warm_up` steps, then half a cosine down to 0."""
    return min(1.0, (step + 1) / warm_up) * 0.5 * (1 + math.cos(math.pi * progress))


def distillation_loss(student: Tensor, teacher: Tensor) -> tuple[Tensor, Tensor]:
    """Loss, and the mean cosine, of embeddings [N, D] that need not have unit length.

    One minus the cosine pulls each template to the teacher's; the second term makes the similarities between the
    faces of the batch those that the teacher finds, which is what a threshold sees.
    """
    s, t = F.normalize(student.float(), dim=1), F.normalize(teacher.float(), dim=1)
    cosine = (s * t).sum(1).mean()
    relation = (s @ s.T - t @ t.T).square().mean()
    return 1 - cosine + RELATION_WEIGHT * relation, cosine.detach()


def on_device(model: Any, device: torch.device) -> Any:
    """`model` with its weights on `device`, channels last: the layout that is fastest there."""
    return model.to(device, memory_format=torch.channels_last)


class Training:
    """The state of a training on one device: student, its running average, optimisers, dice, counters."""

    def __init__(self, plan: Plan, device: torch.device, seed: int) -> None:
        torch.manual_seed(seed)
        self.plan, self.device = plan, device
        self.student = on_device(Student(), device)
        self.average = on_device(Student(), device).eval()
        self.average.load_state_dict(self.student.state_dict())
        matrices, others = split_parameters(self.student)
        self.optimisers: list[torch.optim.Optimizer] = [
            Muon(matrices, lr=plan.matrix_rate),
            torch.optim.AdamW(others, lr=plan.other_rate, weight_decay=1e-3),
        ]
        self.rates = [plan.matrix_rate, plan.other_rate]
        self.dice = Dice(seed, device)
        self.step, self.samples, self.seconds = 0, 0, 0.0

    def state(self) -> dict[str, Any]:
        """Everything that a later call needs to go on."""
        return {
            "student": self.student.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [o.state_dict() for o in self.optimisers],
            "dice": self.dice.state(),
            "counters": (self.step, self.samples, self.seconds),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.student.load_state_dict(state["student"])
        self.average.load_state_dict(state["average"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.dice.restore(state["dice"])
        self.step, self.samples, self.seconds = state["counters"]

    def save(self, path: Path) -> None:
        """Write the checkpoint whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        torch.save(self.state(), partial)
        partial.replace(path)

    def learn(self, x: Tensor, teacher: nn.Module, student: nn.Module) -> Tensor:
        """One step on views [N, 3, 112, 112]; returns the mean cosine to the teacher (on the device)."""
        half = self.device.type == "cuda"
        x = x.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            with torch.no_grad():
                wanted = teacher(x)
            got = student(x)
        loss, cosine = distillation_loss(got, wanted)
        factor = rate(self.plan.progress(self.seconds, self.samples), self.step, self.plan.warm_up)
        for optimiser, base in zip(self.optimisers, self.rates, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = base * factor
        torch.autograd.backward(loss)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad()
        self.update_average()
        self.step += 1
        self.samples += len(x)
        return cosine

    def update_average(self) -> None:
        """Move the running average of the weights (and of the normalisation statistics) towards the student."""
        weight = 1 - min(AVERAGE_DECAY, (self.step + 1) / (self.step + 10))
        mine = [v for v in self.average.state_dict().values() if v.is_floating_point()]
        new = [v for v in self.student.state_dict().values() if v.is_floating_point()]
        with torch.no_grad():
            torch._foreach_lerp_(mine, new, weight)


def draw_weights(crops: Crops) -> Tensor:
    """Relative frequency [N] with which each crop is drawn."""
    return torch.tensor([DRAW[name.split("/")[0]] for name in crops.names.tolist()])


def validate(model: nn.Module, pixels: Tensor, wanted: Tensor) -> tuple[float, float]:
    """Mean cosine to the teacher on clean views, and root mean square error of the similarities between them."""
    model.eval()
    x = pixels[..., MARGIN:-MARGIN, MARGIN:-MARGIN].float() / 127.5 - 1
    with torch.no_grad():
        s = F.normalize(model(x), dim=1)
    error = (s @ s.T - wanted @ wanted.T).square().mean().sqrt()
    return float((s * wanted).sum(1).mean()), float(error)


def to_device(crops: Crops, device: torch.device) -> Tensor:
    """Pixels as [N, 3, 144, 144] bytes on the device."""
    return torch.from_numpy(crops.pixels).to(device).permute(0, 3, 1, 2).contiguous()


def train(arguments: argparse.Namespace) -> None:
    """Train until the plan's end or until this call's time is over; leave a checkpoint either way."""
    device = torch.device(arguments.device)
    plan = Plan(arguments.minutes, arguments.samples, arguments.batch)
    training = Training(plan, device, arguments.seed)
    if arguments.checkpoint.is_file():
        training.restore(torch.load(arguments.checkpoint, map_location=device, weights_only=True))
        print(f"going on from step {training.step}, {training.samples} samples", flush=True)
    crops = load_crops(arguments.crops)
    with np.load(arguments.teacher_cache) as cache:
        embeddings, leaks = cache["embeddings"].astype(np.float32), cache["leaks"]
    usable = (crops.roles == "train") & ~leaks
    kept = Crops(*(getattr(crops, name)[usable] for name in ("pixels", "names", "roles", "identities", "groups")))
    pixels, weights = to_device(kept, device), draw_weights(kept).to(device)
    watched = to_device(crops.of("validation"), device)
    wanted = torch.from_numpy(embeddings[crops.roles == "validation"]).to(device)
    teacher: Any = on_device(OnnxRecogniser(arguments.teacher), device).eval()
    student: Any = training.student
    print(f"{len(pixels)} crops, {count_parameters(student) / 1e6:.2f} M parameters, {device}", flush=True)
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    if arguments.compile:
        teacher = torch.compile(teacher)
    began = reported = time.monotonic()
    before, started_at, cosine = training.seconds, training.samples, torch.zeros((), device=device)
    while training.plan.progress(training.seconds, training.samples) < 1.0:
        training.student.train()
        chosen = torch.multinomial(weights, plan.batch, replacement=True, generator=training.dice.generator)
        cosine = training.learn(views(pixels[chosen], training.dice), teacher, student)
        now = time.monotonic()
        if training.step % 8 == 0 and device.type == "cuda":
            torch.cuda.synchronize()
        training.seconds = before + now - began
        if now - reported > arguments.report or training.step == 1:
            reported = now
            clean, error = validate(training.average, watched, wanted)
            print(
                f"step {training.step} samples {training.samples} minutes {training.seconds / 60:.2f} "
                f"({(training.samples - started_at) / (now - began):.0f}/s) cosine {float(cosine):.3f} "
                f"validation {clean:.4f} error {error:.4f}",
                flush=True,
            )
            training.save(arguments.checkpoint)
        if now - began > 60 * arguments.stop_after:
            break
    training.save(arguments.checkpoint)
    clean, error = validate(training.average, watched, wanted)
    print(f"end: step {training.step} samples {training.samples} validation {clean:.4f} error {error:.4f}", flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Train the starter pack's recogniser.")
    parser.add_argument("--crops", type=Path, default=Path(".train/crops.npz"))
    parser.add_argument("--teacher-cache", type=Path, default=Path(".train/teacher.npz"))
    parser.add_argument("--teacher", type=Path, default=Path("../shared") / TEACHER / "rec_mbf_512.onnx")
    parser.add_argument("--checkpoint", type=Path, default=Path(".train/recogniser.pt"))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--minutes", type=float, default=15.0, help="training time of all calls together")
    parser.add_argument("--samples", type=int, default=0, help="train for so many samples instead of --minutes")
    parser.add_argument("--stop-after", type=float, default=math.inf, help="minutes after which this call ends")
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=float, default=20.0, help="seconds between progress lines and checkpoints")
    parser.add_argument("--compile", action="store_true", help="compile the teacher (pays on a GPU)")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
