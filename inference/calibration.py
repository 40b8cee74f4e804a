"""A pack's calibration: thresholds by list and target, and how often alerts of a similarity are wrong.

`openlfr calibrate` measures it; here it is read and asked, without any model: the tablet asks too.
"""

import hashlib
import math
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeAlias

import msgspec

from records import canonical
from records.errors import NotCanonical

FORMAT = 1
FILE = "calibration.toml"
DEFAULT_FPIR = 1e-3
"""The false positive identification rate a threshold aims at unless another is asked for."""

TOO_WIDE = 80
"""An interval of the odds wider than this many in 100 says nothing: then no number is given."""

InHundred: TypeAlias = int | Literal["<1"]
"""1 to 99, or fewer than 1: no measurement shows that none is wrong, or all are."""

Share: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1)]
Cosine: TypeAlias = Annotated[float, msgspec.Meta(ge=-1, le=1)]


class CalibrationError(ValueError):
    """A calibration that must not be used, or data that give none; the message says what to do."""


class Threshold(NamedTuple):
    """A cosine similarity and one sentence on where it comes from."""

    value: float
    origin: str


class CalibratedThreshold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row [[threshold]]: for lists of up to `list_size` reference pictures FPIR stays at `fpir` or below."""

    list_size: Annotated[int, msgspec.Meta(ge=1)]
    fpir: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    threshold: Cosine
    interval: tuple[Cosine, Cosine]
    """95 % confidence interval of the threshold, bootstrap over people."""
    extrapolated: bool
    """Beyond the similarities or the list sizes that were seen: see [tail]."""
    fnir: Share
    """Share of mated comparisons (one picture against one) below the threshold."""
    fnir_interval: tuple[Share, Share]


class Tail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table [tail]: the false match rate above the highest similarities that were seen.

    Taken to fall from `start` on by a factor e with each `scale` (exponential excesses over a high threshold: Pickands
    1975 with shape 0). The logarithm of a real rate falls faster and faster, so this errs towards higher thresholds.
    """

    method: Literal["exponential"] = "exponential"
    start: Cosine
    pairs: int
    """Pairs of people at or over `start`: the fit rests on them."""
    measured_to: Cosine
    """Ten pairs of people reach it. What is said of higher similarities is extrapolated. The fit counts these ten, and
    not how far they go: they are often twins, or one person under two names."""
    scale: Annotated[float, msgspec.Meta(gt=0)]
    interval: tuple[float, float]
    """95 % interval of the scale."""


class Mated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row [[mated]]: this share of mated comparisons lies below the similarity."""

    share: Share
    similarity: Cosine
    interval: tuple[Cosine, Cosine]


Point: TypeAlias = tuple[float, float, float, float]
"""Similarity; then log10 of how many times as often a mated comparison gives it as one non-mated comparison, with the
ends of the 95 % interval. None of them falls as the similarity rises."""


class OddsBasis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `odds` needs of a calibration. It is kept with a built list: the tablet has no model packs."""

    pack: str
    contract: str
    data: str
    """What the calibration was measured on, for people."""
    points: tuple[Point, ...]
    """By rising similarity; above the last one its values hold: more the data do not support."""


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file `calibration.toml`, measured with one pack on one set of pictures."""

    format: int = FORMAT
    pack: str
    contract: str
    """Embedding contract of the pack: for no other models do the figures hold."""
    data: str
    pictures: int
    refused: int
    """Pictures besides: no face, or none that a camera's pipeline would take as a look."""
    people: int
    mated_people: int
    """With two pictures or more."""
    measured_lists: int
    """Lists of up to this many pictures were measured; for longer ones FPIR is taken to grow as their length."""
    tail: Tail
    threshold: Annotated[tuple[CalibratedThreshold, ...], msgspec.Meta(min_length=1)]
    mated: tuple[Mated, ...]
    points: tuple[Point, ...]
    """See `OddsBasis`."""
    digest: str = ""
    """SHA-256 of all the rest: figures that were edited are refused."""

    def threshold_for(self, list_size: int, fpir: float = DEFAULT_FPIR) -> Threshold:
        """The threshold for a list of `list_size` reference pictures. Never lower for a longer list or smaller target.

        Each row gives one: its own, and more where the list is k times as long as its list, or the target k times as
        small as its target: `slope * ln k`. The lowest of these is taken. The slope is the upper end of the tail's
        scale, or more where the rows themselves rise faster.
        """
        slope = max(self.tail.interval[1], *(_rise(one, other) for one in self.threshold for other in self.threshold))
        candidates = []
        for row in self.threshold:
            factor = _factor(row, list_size, fpir)
            candidates.append((row.threshold + slope * math.log(factor), factor, row))
        value, factor, row = min(candidates, key=lambda candidate: candidate[:2])
        origin = (
            f"calibration of pack {self.pack} on {self.data}: FPIR {row.fpir:g} for lists of up to {row.list_size}"
            f" (95 % interval of the threshold {row.interval[0]:.3f} to {row.interval[1]:.3f})"
        )
        if factor > 1.0:
            origin += f", raised for FPIR {fpir:g} and a list of {list_size}"
        covered = any(_factor(row, list_size, fpir) == 1.0 for row in self.threshold)
        if row.extrapolated or not covered:
            origin += ", extrapolated"
        return Threshold(min(round(value, 4), 1.0), origin)

    @property
    def odds_basis(self) -> OddsBasis:
        return OddsBasis(pack=self.pack, contract=self.contract, data=self.data, points=self.points)


def _factor(row: CalibratedThreshold, list_size: int, fpir: float) -> float:
    """How many times as strict this list and target are as the row's; 1 where the row covers them."""
    return max(list_size / row.list_size, 1.0) * max(row.fpir / fpir, 1.0)


def _rise(one: CalibratedThreshold, other: CalibratedThreshold) -> float:
    """Of the threshold from one row to another, for each factor e."""
    factor = _factor(one, other.list_size, other.fpir)
    return (other.threshold - one.threshold) / math.log(factor) if factor > 1.0 else 0.0


class Odds(msgspec.Struct, frozen=True, kw_only=True):
    """How many of 100 alerts like this one are wrong, or why there is no number."""

    wrong_in_100: InHundred | None
    """None: the data do not support a number, see `reason`."""
    low: InHundred | None
    high: InHundred | None
    """95 % interval."""
    origin: str
    """Where the number comes from, one sentence; empty without a number."""
    reason: Literal["", "below_measured", "no_mated", "too_uncertain"]
    """Why there is no number."""
    pack: str
    data: str
    list_size: int
    passers_by_per_listed: float


def odds(basis: OddsBasis, similarity: float, list_size: int, passers_by_per_listed: float) -> Odds:
    """How many of 100 alerts with this similarity are wrong.

    Bayes' rule for one passer-by: `passers_by_per_listed` (at least 1; the policy's
    `review.passers_by_per_listed`) is how many pass for each who is listed, `list_size` (at least 1) how many reference
    pictures a passer-by who is not listed is compared with. A higher similarity is never said to be wrong more often,
    a longer list or rarer listed people never less often. Beyond what the data support the number stays where it is.
    Raises ValueError for arguments out of range.
    """
    if list_size < 1 or passers_by_per_listed < 1 or not -1.001 <= similarity <= 1.001:
        raise ValueError(f"no odds for similarity {similarity}, list {list_size}, 1 in {passers_by_per_listed}")

    def answer(
        reason: Literal["", "below_measured", "no_mated", "too_uncertain"], shares: Sequence[float] | None = None
    ) -> Odds:
        numbers = [None] * 3 if shares is None else [_in_hundred(share) for share in shares]
        return Odds(
            wrong_in_100=numbers[0],
            low=numbers[1],
            high=numbers[2],
            origin="" if shares is None else _sentence(basis, list_size, passers_by_per_listed),
            reason=reason,
            pack=basis.pack,
            data=basis.data,
            list_size=list_size,
            passers_by_per_listed=passers_by_per_listed,
        )

    if not basis.points:
        return answer("no_mated")
    if similarity < basis.points[0][0]:
        return answer("below_measured")
    best, least, most = _at(basis.points, similarity)
    # Non-mated searches that give this similarity, for each mated one: the list multiplies them, the evidence divides.
    against = list_size * (passers_by_per_listed - 1.0)
    wrong, low, high = (against / (against + 10.0**evidence) for evidence in (best, most, least))
    if 100.0 * (high - low) > TOO_WIDE:
        return answer("too_uncertain")
    return answer("", (wrong, low, high))


def _at(points: Sequence[Point], similarity: float) -> tuple[float, float, float]:
    """Evidence with both ends at a similarity at or over that of the first point, linear between points."""
    after = next((index for index, point in enumerate(points) if point[0] > similarity), None)
    if after is None:
        return points[-1][1:]
    left, right = points[after - 1], points[after]
    part = (similarity - left[0]) / (right[0] - left[0])
    best, least, most = (one + part * (other - one) for one, other in zip(left[1:], right[1:], strict=True))
    return best, least, most


def _in_hundred(share: float) -> InHundred:
    number = 100.0 * share
    return "<1" if number < 1.0 else min(round(number), 99)


def _sentence(basis: OddsBasis, list_size: int, passers_by_per_listed: float) -> str:
    return (
        f"Measured with pack {basis.pack} on {basis.data}, for a list of {list_size:,}"
        f" {'picture' if list_size == 1 else 'pictures'}, if one passer-by in {passers_by_per_listed:,.0f} is listed."
    )


def basis_text(basis: OddsBasis) -> str:
    """As canonical JSON, for `BuiltList.calibration`."""
    written: canonical.Json = {
        "pack": basis.pack,
        "contract": basis.contract,
        "data": basis.data,
        "points": [[f"{value:.4f}" for value in point] for point in basis.points],
    }
    return canonical.encode(written).decode()


def read_basis(text: str) -> OddsBasis:
    """What `basis_text` wrote. Raises CalibrationError."""
    try:
        return msgspec.convert(canonical.decode(text.encode()), OddsBasis, strict=False)
    except (NotCanonical, msgspec.ValidationError) as error:
        raise CalibrationError(f"the calibration kept with the list cannot be read: {error}") from error


def sealed(calibration: Calibration) -> Calibration:
    """With its digest."""
    return msgspec.structs.replace(calibration, digest=_digest(calibration))


def _digest(calibration: Calibration) -> str:
    rest = msgspec.structs.replace(calibration, digest="")
    return hashlib.sha256(msgspec.json.encode(rest, order="sorted")).hexdigest()


def read_calibration(path: Path, contract: str) -> Calibration:
    """Read and check the file at `path`, which must be of the pack with this contract. Raises CalibrationError."""
    try:
        found = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Calibration)
    except OSError as error:
        raise CalibrationError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CalibrationError(f"{path}: not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise CalibrationError(f"{path}: {error}") from error
    if found.format != FORMAT:
        raise CalibrationError(f"{path}: format {found.format}, this version reads format {FORMAT}")
    if found.digest != _digest(found):
        raise CalibrationError(f"{path}: was changed after it was measured: remove it and measure again")
    if found.contract != contract:
        raise CalibrationError(f"{path}: was measured with other models: remove it and measure again")
    return found


def calibration_toml(calibration: Calibration) -> str:
    """The text of the file."""
    tables: dict[str, object] = msgspec.to_builtins(calibration)
    lines = ["# Written by `openlfr calibrate`. Do not edit: measure again."]
    lines += [f"{name} = {_value(value)}" for name, value in tables.items() if name not in _TABLES]
    lines += ["points = [", *(f"    {_value(point)}," for point in calibration.points), "]", "", "[tail]"]
    lines += [f"{name} = {_value(value)}" for name, value in msgspec.to_builtins(calibration.tail).items()]
    for name, rows in (("threshold", calibration.threshold), ("mated", calibration.mated)):
        for row in rows:
            lines += ["", f"[[{name}]]"]
            lines += [f"{key} = {_value(value)}" for key, value in msgspec.to_builtins(row).items()]
    return "\n".join(lines) + "\n"


_TABLES = ("points", "tail", "threshold", "mated")


def _value(value: object) -> str:
    """JSON writes numbers, truth values, text and lists of them as TOML does."""
    return msgspec.json.encode(value).decode()
