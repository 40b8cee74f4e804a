"""Rates and spreads as the record tells them: decimal text, always with what they rest on. Pure."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from alerts.proportions import Proportion
from alerts.record.fields import Rate, Spread

DIGITS = Decimal("0.000000001")


def decimal(value: float, step: Decimal = DIGITS) -> str:
    """Without trailing zeros: 0.0909, 5, 0."""
    text = format(Decimal(repr(value)).quantize(step, ROUND_HALF_EVEN), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def rate(hits: int, of: int) -> Rate:
    """With its Clopper-Pearson interval at 95 %."""
    found = Proportion(hits, of)
    interval = found.interval
    return Rate(
        hits=hits,
        of=of,
        value=decimal(found.value) if of else None,
        low=decimal(interval.low),
        high=decimal(interval.high),
    )


def spread(values: Sequence[float], step: Decimal = Decimal("0.1")) -> Spread:
    """Nearest-rank percentiles: each is a value that was seen."""
    ordered = sorted(values)
    if not ordered:
        return Spread(of=0, p50=None, p95=None, p99=None, most=None)

    def at(percent: int) -> str:
        rank = -(-percent * len(ordered) // 100)
        return decimal(ordered[max(rank, 1) - 1], step)

    return Spread(of=len(ordered), p50=at(50), p95=at(95), p99=at(99), most=decimal(ordered[-1], step))
