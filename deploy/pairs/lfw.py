"""Makes a pair set from Labeled Faces in the Wild, to develop with: `python deploy/pairs/lfw.py LFW_FOLDER SET.zip`.

LFW_FOLDER holds `pairs.csv` (fold, path_a, path_b, same) and the pictures. They are press photographs for measurement
only: keep the set outside the repository, and test nobody with it. Pictures are cut to their middle, where the
labelled person is; pairs with a picture in which the pack finds no one face still refuse the set: leave them out with
`--without`, by the paths that `openlfr pairs import` has named.
"""

import argparse
import csv
import io
import zipfile
from collections import Counter
from pathlib import Path

import cv2

MARGIN = 45
"""Pixels that are cut off on each side of 250."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("lfw", type=Path)
    parser.add_argument("made", type=Path)
    parser.add_argument("--each", type=int, default=60, help="pairs of one person, and as many of two (60)")
    parser.add_argument("--without", nargs="*", default=[], metavar="PICTURE")
    options = parser.parse_args()
    taken: Counter[str] = Counter()
    rows = []
    with (options.lfw / "pairs.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            pictures = (row["path_a"], row["path_b"])
            if taken[row["same"]] < options.each and not {*pictures} & {*options.without}:
                taken[row["same"]] += 1
                rows.append((*pictures, row["same"], "published"))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("first", "second", "same", "basis"), *rows])
    with zipfile.ZipFile(options.made, "w") as made:
        made.writestr("pairs.csv", text.getvalue())
        for name in sorted({picture for row in rows for picture in row[:2]}):
            whole = cv2.imread(str(options.lfw / name))
            assert whole is not None, name
            middle = whole[MARGIN:-MARGIN, MARGIN:-MARGIN]
            made.writestr(name, cv2.imencode(".jpg", middle, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())


if __name__ == "__main__":
    main()
