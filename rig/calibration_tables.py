"""A calibration for people to read: its thresholds, and whom it found most alike."""

from collections.abc import Sequence

from evaluation.all_pairs import Scores
from evaluation.labels import Labelled
from evaluation.tables import Table
from inference.calibration import Calibration

SHOWN_PAIRS = 5


def lead(made: Calibration) -> str:
    return (
        f"Pack {made.pack} on {made.data}; {made.mated_people:,} of them in several pictures, {made.refused:,} pictures"
        f" refused. FPIR was measured for lists of up to {made.measured_lists:,} and similarities up to"
        f" {made.tail.measured_to:.3f}."
    )


def thresholds(made: Calibration) -> Table:
    return Table(
        "thresholds",
        "Thresholds",
        ("list", "FPIR", "threshold", "95 %", "missed %", "95 %", ""),
        tuple(
            (
                f"{row.list_size:,}",
                f"1 in {1 / row.fpir:,.0f}",
                f"{row.threshold:.3f}",
                f"{row.interval[0]:.3f}–{row.interval[1]:.3f}",
                f"{100 * row.fnir:.1f}",
                f"{100 * row.fnir_interval[0]:.1f}–{100 * row.fnir_interval[1]:.1f}",
                "extrapolated" if row.extrapolated else "measured",
            )
            for row in made.threshold
        ),
        note=(
            f"Missed: of comparisons of two pictures of one person. Extrapolated: above {made.tail.start:.3f} false"
            f" matches are taken to become fewer by a factor e with each {made.tail.scale:.4f} (95 % interval"
            f" {made.tail.interval[0]:.4f} to {made.tail.interval[1]:.4f}, from {made.tail.pairs} pairs of people), and"
            f" longer lists to alarm in proportion to their length. The figures hold for pictures and people like"
            f" these: on a street measure again, and expect more to be missed."
        ),
    )


def look_alikes(scores: Scores, pictures: Sequence[Labelled]) -> Table:
    found = scores.most_alike(SHOWN_PAIRS)
    return Table(
        "look_alikes",
        "The most similar pictures of different people",
        ("similarity", "picture", "other picture"),
        tuple((f"{value:.3f}", pictures[one].path.name, pictures[other].path.name) for one, other, value in found),
        note="Look at them: a person under two names belongs into the column label_note, and is then left out.",
    )
