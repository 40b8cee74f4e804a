"""Muon (Jordan et al., 2024): momentum whose update for a matrix is made nearly orthogonal by Newton-Schulz steps.

For the 1x1 convolutions and the linear layer it needs fewer samples than AdamW; everything else (depthwise kernels,
normalisation) is left to AdamW.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import torch
from torch import Tensor, nn


def orthogonal(g: Tensor, steps: int = 5) -> Tensor:
    """Nearest semi-orthogonal matrices to `g` [B, R, C], roughly: singular values end in about 0.7..1.2."""
    x = g.bfloat16() if g.is_cuda else g
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    for _ in range(steps):
        product = x @ x.mT
        x = 3.4445 * x + (-4.7750 * product + 2.0315 * product @ product) @ x
    found: Tensor = (x.mT if tall else x).to(g.dtype)
    return found


class Muon(torch.optim.Optimizer):
    """For weights whose flattened form [outputs, inputs * kernel] is a matrix; Nesterov momentum 0.95.

    Weights of one shape are updated together: one by one, the GPU would wait for the next small product to be launched.
    """

    def __init__(self, params: list[Tensor], lr: float, momentum: float = 0.95, decay: float = 0.01) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "decay": decay})

    def step(self, closure: Any = None) -> Any:
        """One update of every parameter; each must have a gradient. A `closure` is not called."""
        with torch.no_grad():
            for group in self.param_groups:
                shapes: dict[torch.Size, list[Tensor]] = defaultdict(list)
                for p in group["params"]:
                    shapes[p.shape].append(p)
                for shape, members in shapes.items():
                    self._update(members, group, max(1.0, shape[0] / shape[1:].numel()) ** 0.5)

    def _update(self, members: list[Tensor], group: dict[str, Any], scale: float) -> None:
        gradients = [p.grad for p in members if p.grad is not None]
        for p in members:
            if "velocity" not in self.state[p]:
                self.state[p]["velocity"] = torch.zeros_like(p)
        velocities = [self.state[p]["velocity"] for p in members]
        torch._foreach_lerp_(velocities, gradients, 1 - group["momentum"])
        ahead = torch._foreach_lerp(gradients, velocities, group["momentum"])
        updates = orthogonal(torch.stack([a.flatten(1) for a in ahead]))
        torch._foreach_mul_(members, 1 - group["lr"] * group["decay"])
        torch._foreach_add_(members, [u.view(members[0].shape) for u in updates], alpha=-group["lr"] * scale)


def split_parameters(model: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """Parameters for Muon (ungrouped convolutions, linear weights), and all the others."""
    matrices: list[Tensor] = [
        m.weight for m in model.modules() if (isinstance(m, nn.Conv2d) and m.groups == 1) or isinstance(m, nn.Linear)
    ]
    known = {id(p) for p in matrices}
    return matrices, [p for p in model.parameters() if id(p) not in known]
