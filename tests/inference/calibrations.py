"""Calibrations made by hand, for the rules about reading and asking them."""

from pathlib import Path

import msgspec

from inference.calibration import (
    CalibratedThreshold,
    Calibration,
    Mated,
    Point,
    Tail,
    calibration_toml,
    sealed,
)

POINTS: tuple[Point, ...] = ((0.3, -1.0, -1.5, -0.5), (0.4, 3.0, 2.5, 3.5), (0.5, 6.0, 5.6, 6.4))


def row(list_size: int, fpir: float, threshold: float, *, extrapolated: bool = False) -> CalibratedThreshold:
    return CalibratedThreshold(
        list_size=list_size,
        fpir=fpir,
        threshold=threshold,
        interval=(threshold - 0.02, threshold + 0.02),
        extrapolated=extrapolated,
        fnir=0.1,
        fnir_interval=(0.05, 0.2),
    )


def made_calibration(contract: str = "c" * 64, points: tuple[Point, ...] = POINTS) -> Calibration:
    return sealed(
        Calibration(
            pack="tiny",
            contract=contract,
            data="made up (300 pictures of 200 people)",
            pictures=300,
            refused=2,
            people=200,
            mated_people=100,
            measured_lists=199,
            tail=Tail(start=0.3, pairs=100, measured_to=0.36, scale=0.02, interval=(0.015, 0.025)),
            threshold=(row(500, 1e-2, 0.35), row(500, 1e-3, 0.41), row(1000, 1e-3, 0.43, extrapolated=True)),
            mated=(Mated(share=0.05, similarity=0.3, interval=(0.28, 0.32)),),
            points=points,
        )
    )


def write_calibration(path: Path, contract: str, threshold: float | None = None) -> Path:
    made = made_calibration(contract)
    if threshold is not None:
        made = sealed(msgspec.structs.replace(made, threshold=(row(500, 1e-3, threshold),)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(calibration_toml(made), "utf-8")
    return path
