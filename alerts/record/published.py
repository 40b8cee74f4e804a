"""Deployments whose figures were published, to set a record beside. Never more than was published: null is unknown."""

from alerts.record.fields import Published
from alerts.record.measures import rate


def _published(
    name: str,
    alerts: int,
    false: int,
    *,
    listed: int | None = None,
    passages: int | None = None,
    stops: int | None = None,
    arrests: int | None = None,
    note: str = "",
) -> Published:
    return Published(
        name=name,
        listed=listed,
        passages=passages,
        alerts=alerts,
        false=false,
        stops=stops,
        arrests=arrests,
        right=rate(alerts - false, alerts),
        note=note,
    )


PUBLISHED = (
    _published(
        "Oxford Circus, 28 January 2022",
        11,
        1,
        listed=9756,
        passages=12120,
        stops=7,
        arrests=4,
        note="Computer Weekly, from the Met's review; an observer counted one stop on outdated data.",
    ),
    _published(
        "Oxford Circus, 7 July 2022",
        4,
        0,
        passages=15600,
        stops=3,
        arrests=3,
        note="One lost in a crowd.",
    ),
    _published(
        "Met trials 2016 to 2019", 42, 34, note="University of Essex: 8 of 42 could be verified as correct, 34 not."
    ),
    _published(
        "Essex, October 2023 to February 2025",
        61,
        1,
        passages=383356,
        stops=57,
        arrests=11,
        note="38 deployments, as reported by the force.",
    ),
    _published(
        "Met, September 2024 to 2025",
        2077,
        10,
        passages=3147436,
        arrests=962,
        note="203 deployments, annual report; its arrests by reason add up to 981.",
    ),
)
