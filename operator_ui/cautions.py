"""What speaks against trusting an alert, in words: how often such alerts are wrong, and what is bad about its pictures.

Pure: values in, sentences in the page's language out.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from inference.calibration import InHundred, Odds
from operator_ui.language import translated as _

SMALL_PX = 35.0
"""Pixels between the eyes: what a recogniser sees of a face; smaller ones are enlarged for it."""
TURNED = 0.35
"""Units of `PipelineSettings.max_turn`: at 0.5 the nose is below one eye."""
BLURRED = 0.04
"""Sharp faces have 0.05 to 0.3."""
DARK, BRIGHT = 60.0, 200.0
FLAT = 18.0
UNSURE = 0.75
"""Score of a detector: whole faces have more, but so has many a covered one. A hint, no more."""
DAYS_OF_A_YEAR = 365.25


class Warn(msgspec.Struct, frozen=True):
    """One thing that makes a mistake likelier."""

    code: str
    words: str
    meaning: str


class OddsInWords(msgspec.Struct, frozen=True):
    """How many of 100 alerts like this one are wrong, with where the number comes from; or that nobody knows."""

    words: str
    source: str
    wrong_in_100: InHundred | None
    low: InHundred | None
    high: InHundred | None
    """95 % interval."""


def quality_warnings(measures: Mapping[str, float]) -> list[Warn]:
    """Of the best look, by `wire.messages.LookMeasures`."""
    found: list[Warn] = []
    if measures["score"] < UNSURE:
        found.append(
            Warn(
                "covered",
                _("Partly covered, perhaps."),
                _("Masks and covering more than double people's errors. Judge only by what you see."),
            )
        )
    if measures["eye_distance"] < SMALL_PX:
        pixels = round(measures["eye_distance"])
        found.append(
            Warn(
                "small",
                _("Small face: %(pixels)s pixels between the eyes.") % {"pixels": pixels},
                _("It was enlarged. Fine details are not there, and faces look more alike than they are."),
            )
        )
    if abs(measures["turn"]) > TURNED:
        found.append(
            Warn(
                "turned",
                _("Head turned away."),
                _("Nose, jaw and face shape look different from the side."),
            )
        )
    if measures["sharpness"] < BLURRED:
        found.append(
            Warn("blurred", _("Blurred."), _("Blur hides marks and lines, and makes skin and age look alike."))
        )
    if measures["brightness"] < DARK:
        found.append(Warn("dark", _("Dark."), _("Shadow changes how eyes, nose and skin look.")))
    elif measures["brightness"] > BRIGHT:
        found.append(Warn("bright", _("Overexposed."), _("Too much light takes lines and marks away.")))
    elif measures["contrast"] < FLAT:
        found.append(Warn("flat", _("Little contrast."), _("Fog, glare or light from behind hides details.")))
    return found


def age_warning(taken: Sequence[str | None], on: date, years: float) -> Warn | None:
    """Where the newest of the entry's pictures (ISO 8601 days; None: not known) is older than this many years."""
    days = [date.fromisoformat(day) for day in taken if day is not None]
    if not days:
        return None
    age = (on - max(days)).days / DAYS_OF_A_YEAR
    if age <= years:
        return None
    words = (
        _("The picture is %(years)s years old.") if len(days) == 1 else _("The newest picture is %(years)s years old.")
    )
    return Warn("old_pictures", words % {"years": int(age)}, _("Faces change. Weigh hair, weight and lines less."))


def odds_in_words(odds: Odds | None) -> OddsInWords:
    """None: the list was built with models that nobody measured on this rig."""
    if odds is None:
        words = _("How often alerts like this are wrong has not been measured on this rig.")
        return OddsInWords(
            words, _("The models have no calibration, so there is no honest number to give."), *[None] * 3
        )
    source = _(
        "Measured with the models %(pack)s on %(data)s, for a list of %(pictures)s reference pictures,"
        " if one passer-by in %(passers)s is listed."
    ) % {
        "pack": odds.pack,
        "data": odds.data,
        "pictures": f"{odds.list_size:,}",
        "passers": f"{odds.passers_by_per_listed:,.0f}",
    }
    if odds.wrong_in_100 is None:
        return OddsInWords(_unknown(odds), source, None, None, None)
    interval = _("With 95 %% confidence it is between %(low)s and %(high)s of 100.") % {
        "low": _number(odds.low),
        "high": _number(odds.high),
    }
    return OddsInWords(_sentence(odds.wrong_in_100), f"{source} {interval}", odds.wrong_in_100, odds.low, odds.high)


def _sentence(wrong: InHundred) -> str:
    if wrong == "<1":
        return _("Of 100 alerts like this fewer than 1 is wrong.")
    if wrong == 1:
        return _("Of 100 alerts like this about 1 is wrong.")
    return _("Of 100 alerts like this about %(number)s are wrong.") % {"number": wrong}


def _unknown(odds: Odds) -> str:
    if odds.reason == "below_measured":
        return _("This alert is weaker than any that were measured: how often such alerts are wrong is not known.")
    return _("Too little was measured to say how often alerts like this are wrong.")


def _number(value: InHundred | None) -> str:
    return _("fewer than 1") if value == "<1" else str(value)
