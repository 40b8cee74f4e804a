"""Prints the held-back people's pictures as the CSV that `openlfr calibrate` and `openlfr evaluate` take."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from training.split import load_split

SHARED = Path(__file__).parents[2] / "shared"


def main() -> None:
    """Paths are relative to the `lfw` folder of the development data (`--root`)."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("path", "identity"))
    writer.writerows((picture.path, picture.identity) for picture in load_split(SHARED).held_back_pictures)


if __name__ == "__main__":
    main()
