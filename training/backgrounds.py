"""Face-free backgrounds for training scenes and tests: plain, procedural, cut from pictures, scrambled."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np
from numpy.random import Generator

from training.detector_teacher import Image, as_image

Patch = Callable[[Generator], Image]


def plain(rng: Generator, size: int) -> Image:
    """One colour, or a soft gradient between a few."""
    corners = rng.integers(0, 256, (1 if rng.random() < 0.4 else 2, rng.integers(1, 3), 3)).astype(np.float32)
    if rng.random() < 0.5:
        corners = corners.mean(axis=2, keepdims=True).repeat(3, axis=2) + rng.normal(0, 6, 3)
    stretched = cv2.resize(corners.astype(np.float32), (size, size), interpolation=cv2.INTER_LINEAR)
    return np.clip(stretched, 0, 255).astype(np.uint8)


def texture(rng: Generator, size: int) -> Image:
    """Noise of several scales, or stripes and checks, in random colours."""
    image = plain(rng, size).astype(np.float32)
    if rng.random() < 0.6:
        for _ in range(rng.integers(1, 5)):
            cells = int(2 ** rng.uniform(1, 7.5))
            noise = rng.normal(
                0, rng.uniform(5, 50), (cells, max(1, int(cells * rng.uniform(0.3, 1))), 3 if rng.random() < 0.5 else 1)
            )
            grown = cv2.resize(noise.astype(np.float32), (size, size), interpolation=int(rng.integers(0, 3)))
            image += grown if grown.ndim == 3 else grown[:, :, None]
    else:
        y, x = np.mgrid[0:size, 0:size].astype(np.float32)
        angle, period = rng.uniform(0, np.pi), 2 ** rng.uniform(2, 6.5)
        wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period)
        if rng.random() < 0.5:
            wave = wave * np.sin((y * np.cos(angle) - x * np.sin(angle)) * 2 * np.pi / (period * rng.uniform(0.5, 2)))
        if rng.random() < 0.5:
            wave = np.sign(wave)
        image += wave[:, :, None] * rng.uniform(-90, 90, 3).astype(np.float32)
    return np.clip(image, 0, 255).astype(np.uint8)


def lettering(image: Image, rng: Generator) -> Image:
    """Signs and shapes of a street: lines of text, circles, boxes, drawn into the picture."""
    size = image.shape[0]
    letters = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .:-&"))
    for _ in range(rng.integers(1, 8)):
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
        at = (int(rng.integers(-40, size)), int(rng.integers(0, size)))
        if rng.random() < 0.6:
            text = "".join(rng.choice(letters, rng.integers(2, 14)))
            cv2.putText(
                image,
                text,
                at,
                int(rng.integers(0, 8)),
                rng.uniform(0.3, 3),
                colour,
                int(rng.integers(1, 5)),
                cv2.LINE_AA,
            )
        elif rng.random() < 0.5:
            cv2.circle(image, at, int(rng.integers(3, 90)), colour, int(rng.choice([-1, 2, 4])), cv2.LINE_AA)
        else:
            cv2.rectangle(
                image,
                at,
                (at[0] + int(rng.integers(4, 140)), at[1] + int(rng.integers(4, 140))),
                colour,
                int(rng.choice([-1, 2])),
            )
    return image


def scrambled(image: Image, rng: Generator) -> Image:
    """The picture's square tiles in another order, some turned."""
    size = image.shape[0]
    tile = int(rng.integers(24, 90))
    count = size // tile
    order = rng.permutation(count * count)
    result = image.copy()
    for place, taken in enumerate(order):
        y, x = divmod(place, count)
        v, u = divmod(int(taken), count)
        piece = image[v * tile : (v + 1) * tile, u * tile : (u + 1) * tile]
        result[y * tile : (y + 1) * tile, x * tile : (x + 1) * tile] = np.rot90(piece, int(rng.integers(4)))
    return result


def background(patch: Patch, rng: Generator, size: int) -> Image:
    """A face-free picture [size, size, 3]; `patch` gives face-free windows of real pictures."""
    kind = rng.random()
    if kind < 0.15:
        return plain(rng, size)
    if kind < 0.3:
        return texture(rng, size)
    image = as_image(cv2.resize(patch(rng), (size, size), interpolation=cv2.INTER_LINEAR))
    if kind < 0.5:
        # Several windows side by side: more kinds of edges than one enlarged window has.
        count = int(rng.integers(2, 5))
        edges = np.linspace(0, size, count + 1).astype(int)
        for top, bottom in pairwise(edges):
            for left, right in pairwise(edges):
                image[top:bottom, left:right] = cv2.resize(patch(rng), (int(right - left), int(bottom - top)))
    elif kind < 0.58:
        image = scrambled(image, rng)
    if rng.random() < 0.2:
        image = lettering(image, rng)
    return image
