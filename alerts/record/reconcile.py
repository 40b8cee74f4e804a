"""Invariant 7: the totals of a record reconcile. Pure; the same equations hold at the export and at `openlfr verify`.

Each equation is a sentence with the numbers on both sides, so that a fault says what does not add up.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from alerts.record.errors import RecordRefused
from alerts.record.extract import to_minute
from alerts.record.fields import NOT_RECORDED, Content, Count
from alerts.record.gather import rates
from alerts.record.standing import seconds_between
from records.schema import DISPOSALS, OFFICER_DECISIONS, OUTCOMES, STEPS_OF_A_STOP, VERDICTS

Counted = Mapping[str, Count] | Mapping[str, int]


def reconcile(content: Content) -> None:
    """Raises RecordRefused, which names the first numbers that do not add up."""
    for fault in faults(content):
        raise RecordRefused(f"the record does not add up: {fault}")


def faults(content: Content) -> Iterator[str]:
    yield from _passages(content)
    yield from _alerts(content)
    yield from _people(content)
    yield from _stops(content)
    yield from _list(content)
    yield from _times(content)
    yield from _cases(content)
    try:
        computed = rates(content.passages, content.alerts, content.stops)
    except RecordRefused as refused:
        yield str(refused)
        return
    if computed != content.rates:
        yield "a rate or its interval is not what its counts give"


def _passages(content: Content) -> Iterator[str]:
    told = content.passages
    yield from _equal("passages", told.total, "searched and not", told.searched + told.without_search)
    yield from _no_less(told.without_search, 0, "passages without a search")
    if isinstance(told.refused_by_quality, int) and isinstance(told.not_searched, int):
        yield from _equal(
            "passages without a search", told.without_search,
            "refused by quality and not searched", told.refused_by_quality + told.not_searched,
        )  # fmt: skip
    for words, total, parts in (
        ("passages", told.total, (camera.passages for camera in content.cameras)),
        ("faces", told.faces, (camera.faces for camera in content.cameras)),
        ("frames", told.frames, (camera.frames for camera in content.cameras)),
        ("frames dropped", told.frames_dropped, (camera.dropped for camera in content.cameras)),
        ("frames not searched", told.frames_unsearched, (camera.unsearched for camera in content.cameras)),
        ("looks rejected", told.looks_rejected, (camera.looks_rejected for camera in content.cameras)),
    ):
        yield from _equal(words, total, "those of the cameras", sum(parts))
    binned = sum(at.count for one in content.similarity.shown for at in one.bins)
    yield from _equal(
        "passages searched", told.searched, "those of the score distribution", binned + content.similarity.left_out
    )
    hours = sum(hour.searched for hour in content.timeline.passages)
    yield from _equal("passages of the score distribution", binned, "those of the timeline", hours)


def _alerts(content: Content) -> Iterator[str]:
    told = content.alerts
    yield from _codes("outcomes", told.outcomes, OUTCOMES)
    yield from _equal("alerts", told.total, "outcomes and open ones", _sum(told.outcomes) + told.open)
    wrong = told.outcomes.get("false", 0) + told.outcomes.get("confirmed_false", 0)
    yield from _equal("alerts of the wrong person", told.wrong_person, "false and confirmed false", wrong)
    stale = told.outcomes.get("not_engaged_stale_entry", 0)
    yield from _equal("alerts of the right person on a stale entry", told.right_person_stale_entry, "stale", stale)
    yield from _equal("alerts", told.total, "those of the timeline", sum(at.alerts for at in content.timeline.alerts))
    yield from _no_less(told.total, told.confirmed, "alerts against those confirmed")
    yield from _equal("alerts", told.total, "those with a latency", content.latency.to_stored.of)


def _people(content: Content) -> Iterator[str]:
    told = content.judgements
    yield from _codes("verdicts", told.verdicts, VERDICTS)
    yield from _equal("judgements", told.total, "verdicts", _sum(told.verdicts))
    yield from _no_less(told.judged_by_several, told.agreed, "alerts judged by several against those agreed on")
    yield from _no_less(content.alerts.total, told.judged_by_several, "alerts against those judged by several")
    yield from _no_less(told.total, told.seconds.of, "judgements against those timed")
    yield from _no_less(
        told.verdicts.get("same", 0),
        content.authority.confirmations * content.alerts.confirmed,
        'judgements "same" against the confirmations that the confirmed alerts needed',
    )


def _stops(content: Content) -> Iterator[str]:
    told, alerts = content.stops, content.alerts
    yield from _codes("decisions", told.decisions, OFFICER_DECISIONS)
    yield from _codes("disposals", told.disposals, DISPOSALS)
    yield from _codes("steps of stops", told.steps, STEPS_OF_A_STOP)
    yield from _no_less(alerts.confirmed, told.total, "confirmed alerts against stops")
    yield from _no_less(alerts.confirmed, _sum(told.decisions), "confirmed alerts against officers' decisions")
    yield from _equal("stops", told.total, "decisions to engage", told.decisions.get("engage", 0))
    yield from _equal("stops", told.total, "their outcomes and open ones", _sum(told.outcomes) + told.open)
    yield from _equal("stops that ended", told.total - told.open, "those with a length", told.minutes.of)
    yield from _adds_up("stops that ended", told.total - told.open, "disposals", told.disposals)
    arrested = told.disposals.get("arrested", 0)
    yield from _equal("arrests", told.arrests, "stops that ended so", arrested if isinstance(arrested, int) else -1)
    for code in ("confirmed_true", "confirmed_false"):
        yield from _equal(
            f"alerts with the outcome {code}", alerts.outcomes.get(code, 0), "stops", told.outcomes.get(code, 0)
        )
    for code in ("lost", "discretion", "stale_entry", "stood_down"):
        yield from _equal(
            f"alerts with the outcome not_engaged_{code}", alerts.outcomes.get(f"not_engaged_{code}", 0),
            "officers' decisions", told.decisions.get(code, 0),
        )  # fmt: skip
    yield from _no_less(alerts.outcomes.get("false", 0), told.decisions.get("not_them", 0), "false against not them")
    known = told.steps.get("identity_accepted", 0)
    if isinstance(known, int):
        accepted = told.outcomes.get("confirmed_true", 0) + told.outcomes.get("confirmed_false", 0)
        yield from _equal("identities accepted", known, "stops that ended so", accepted)


def _list(content: Content) -> Iterator[str]:
    told = content.watchlist
    for words, counts in (
        ("categories", told.categories),
        ("sources", told.sources),
        ("ages", told.ages),
        ("responses", told.responses),
    ):
        if counts:
            yield from _adds_up("entries", told.entries, words, counts)
    gone = [one for one in (told.withdrawn, told.expired, told.quarantined) if isinstance(one, int)]
    yield from _no_less(told.entries, sum(gone), "entries against those that went out")
    complaints = content.complaints
    if isinstance(complaints.opened, int) and isinstance(complaints.open, int):
        yield from _adds_up("complaints closed", complaints.opened - complaints.open, "outcomes", complaints.outcomes)


def _times(content: Content) -> Iterator[str]:
    told = content.times
    running = seconds_between(told.started, told.ended)
    yield from _equal("seconds running", told.running_seconds, "start to end", running)
    paused = sum(seconds_between(one.began, one.ended) for one in told.pauses)
    yield from _equal("seconds paused", told.paused_seconds, "the pauses", paused)
    yield from _no_less(told.running_seconds, told.paused_seconds, "seconds running against those paused")
    at = told.started or ""
    for pause in told.pauses:
        if not at <= pause.began <= pause.ended <= (told.ended or pause.ended):
            yield f"the pause from {pause.began} to {pause.ended} lies outside the deployment, or touches another"
        at = pause.ended
    for minute in content.timeline.alerts:
        if not to_minute(told.started or "") <= minute.at <= to_minute(told.ended or minute.at):
            yield f"there is an alert at {minute.at}, while the deployment did not run"
    if told.started is None and content.alerts.total:
        yield f"there are {content.alerts.total} alerts of a deployment that never started"


def _cases(content: Content) -> Iterator[str]:
    """Of an internal copy; a public one has none."""
    cases = content.cases
    if not cases:
        return
    yield from _equal("alerts", content.alerts.total, "those told one by one", len(cases))
    stopped = sum(case.stop is not None for case in cases)
    yield from _equal("stops", content.stops.total, "those told one by one", stopped)
    judged = sum(len(case.judgements) for case in cases)
    yield from _equal("judgements", content.judgements.total, "those told one by one", judged)
    several = [case.judgements for case in cases if len(case.judgements) > 1]
    yield from _equal("alerts judged by several", content.judgements.judged_by_several, "one by one", len(several))
    agreed = sum(len(set(verdicts)) == 1 for verdicts in several)
    yield from _equal("alerts agreed on by several", content.judgements.agreed, "one by one", agreed)
    for code, count in content.alerts.outcomes.items():
        alike = sum(one.outcome == code for one in cases)
        yield from _equal(f"alerts that ended as {code}", count, "one by one", alike)
    for code, disposed in content.stops.disposals.items():
        if isinstance(disposed, int):
            told = sum(one.disposal == code for one in cases)
            yield from _equal(f"stops that ended as {code}", disposed, "one by one", told)


def _equal(words: str, count: int, other_words: str, other: int) -> Iterator[str]:
    if count != other:
        yield f"{count} {words}, but {other} of {other_words}"


def _no_less(count: int, other: int, words: str) -> Iterator[str]:
    if count < other:
        yield f"{words}: {count} is less than {other}"


def _codes(words: str, counts: Counted, known: Sequence[str]) -> Iterator[str]:
    if set(counts) != set(known):
        yield f"the {words} are not those of the closed list"
    if any(isinstance(count, int) and count < 0 for count in counts.values()):
        yield f"one of the {words} is less than nothing"


def _adds_up(words: str, total: int, other_words: str, counts: Counted) -> Iterator[str]:
    """Where some are hidden, the others must leave room for them."""
    hidden = sum(not isinstance(count, int) and count != NOT_RECORDED for count in counts.values())
    known = _sum(counts)
    if (hidden == 0 and known != total) or known > total:
        yield f"{total} {words}, but {known} by {other_words}"


def _sum(counts: Counted) -> int:
    values: Iterable[Count] = counts.values()
    return sum(count for count in values if isinstance(count, int))
