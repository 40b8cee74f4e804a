"""What a street camera does to a picture: light, colour, blur, few pixels, noise, compression, things in the way."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from training.detector_teacher import Floats, Image, as_image, decode, encode


def occlude(image: Image, faces: Floats, rng: Generator) -> Image:
    """Cover a part (at most about 40 %) of some certain faces: mask, hat, hand or pole, glasses."""
    for left, top, right, bottom in faces[faces[:, 14] > 0, :4]:
        if rng.random() > 0.1:
            continue
        width, height = right - left, bottom - top
        kind = rng.integers(4)
        if kind == 0:
            box = (
                left - 0.1 * width,
                top + rng.uniform(0.58, 0.8) * height,
                right + 0.1 * width,
                bottom + 0.15 * height,
            )
        elif kind == 1:
            box = (left - 0.1 * width, top - 0.3 * height, right + 0.1 * width, top + rng.uniform(0.05, 0.28) * height)
        elif kind == 2:
            start = left + rng.uniform(-0.2, 0.9) * width
            box = (
                start,
                top - rng.uniform(0, 1) * height,
                start + rng.uniform(0.1, 0.35) * width,
                bottom + rng.uniform(0, 1) * height,
            )
        else:
            box = (left, top + 0.25 * height, right, top + 0.45 * height)
        x0, y0 = np.clip(box[:2], 0, image.shape[0]).astype(int)
        x1, y1 = np.clip(box[2:], 0, image.shape[0]).astype(int)
        if x1 > x0 and y1 > y0:
            image[y0:y1, x0:x1] = np.clip(rng.integers(0, 256, 3) + rng.normal(0, 8, (y1 - y0, x1 - x0, 1)), 0, 255)
    return image


def light(image: Floats, rng: Generator) -> Floats:
    """Exposure, contrast, colour cast, gamma, side light, grey; values 0..255."""
    if rng.random() < 0.7:
        image = (image - 128) * np.float32(rng.uniform(0.6, 1.35)) + np.float32(128 + rng.uniform(-35, 35))
    if rng.random() < 0.4:
        image = image * rng.uniform(0.82, 1.18, 3).astype(np.float32)
    if rng.random() < 0.25:
        gamma = np.exp(rng.uniform(-0.6, 0.7))
        image = (255 * (np.clip(image, 0, 255) / 255) ** gamma).astype(np.float32)
    if rng.random() < 0.12:
        image = image * np.float32(rng.uniform(0.25, 0.6))
    if rng.random() < 0.1:
        shade = rng.uniform(0.3, 1.3, (2, 2, 1)).astype(np.float32)
        image = image * cv2.resize(shade, image.shape[1::-1])[:, :, None]
    if rng.random() < 0.1:
        image = image.mean(axis=2, keepdims=True).repeat(3, axis=2)
    return image.astype(np.float32)


def smear(image: Image, rng: Generator) -> Image:
    """Out of focus, motion, or too few pixels; or, now and then, sharpened as cameras do."""
    kind = rng.random()
    size = image.shape[1::-1]
    if kind < 0.14:
        image = as_image(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.8)))
    elif kind < 0.24:
        length = int(rng.integers(3, 10))
        kernel = np.zeros((length, length), np.float32)
        angle = rng.uniform(0, np.pi)
        reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2
        centre = length / 2
        ends = [tuple(int(v) for v in np.clip(centre + sign * reach, 0, length - 1)) for sign in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0)
        image = as_image(cv2.filter2D(image, -1, kernel / kernel.sum()))
    elif kind < 0.38:
        factor = rng.uniform(0.45, 0.9)
        small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        image = as_image(cv2.resize(small, size, interpolation=int(rng.integers(1, 3))))
    elif kind < 0.46:
        soft = cv2.GaussianBlur(image, (0, 0), 1.5)
        image = as_image(cv2.addWeighted(image, 1.6, soft, -0.6, 0))
    return image


def degrade(image: Image, rng: Generator) -> Image:
    """A scene as a street camera would deliver it; the faces stay where they are."""
    lit = light(image.astype(np.float32), rng)
    image = smear(np.clip(lit, 0, 255).astype(np.uint8), rng)
    if rng.random() < 0.35:
        channels = 1 if rng.random() < 0.5 else 3
        noisy = image + rng.standard_normal((*image.shape[:2], channels), np.float32) * rng.uniform(2, 16)
        image = np.clip(noisy, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        image = decode(encode(image, int(rng.integers(20, 96))))
    return image
