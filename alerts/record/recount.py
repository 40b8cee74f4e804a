"""Counting again, from the ledger alone, what a record says: at the export, and by whoever checks a bundle."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from alerts.record.errors import RecordRefused
from alerts.record.extract import Told, to_minute
from alerts.record.fields import Case, Content, Copy
from records.canonical import Json
from records.facts import Kind
from records.schema import OFFICER_DECISIONS, OUTCOMES, VERDICTS


def compare(content: Content, told: Sequence[Told], copy: Copy) -> None:
    """Raises RecordRefused, which names the first figure that the ledger tells otherwise."""
    for fault in differences(content, told, copy):
        raise RecordRefused(f"the record is not what the ledger tells: {fault}")


def differences(content: Content, told: Sequence[Told], copy: Copy) -> Iterator[str]:
    yield from _headline(content, told)
    yield from _standing(content, told, copy)
    if copy == "internal":
        yield from _details(content, told)
        yield from _one_by_one(content.cases, told)


def certificates_told(told: Sequence[Told]) -> set[str]:
    """SHA-256 of each certificate that was issued."""
    return {str(one.facts["certificate"]) for one in told if one.kind == Kind.CERTIFICATE_ISSUED}


def _headline(content: Content, told: Sequence[Told]) -> Iterator[str]:
    count = Counter(one.kind for one in told)
    closed = _by(told, Kind.ALERT_CLOSED, "outcome")
    closed["undetermined"] += count[Kind.ALERT_EXPIRED]
    figures: dict[str, tuple[int, int]] = {
        "alerts": (content.alerts.total, count[Kind.ALERT_RAISED]),
        "further sightings": (content.alerts.sightings, count[Kind.ALERT_SIGHTED]),
        "confirmed alerts": (content.alerts.confirmed, count[Kind.ALERT_CONFIRMED]),
        "judgements": (content.judgements.total, count[Kind.ALERT_ADJUDICATED]),
        "stops": (content.stops.total, count[Kind.STOP_LOGGED]),
        "stops that ended": (content.stops.total - content.stops.open, count[Kind.STOP_CLOSED]),
        "arrests": (content.stops.arrests, _by(told, Kind.STOP_CLOSED, "disposal")["arrested"]),
    }
    verdicts, decided = _by(told, Kind.ALERT_ADJUDICATED, "verdict"), _by(told, Kind.OFFICER_DECIDED, "decision")
    ended = _by(told, Kind.STOP_CLOSED, "outcome")
    figures |= {f"alerts closed as {code}": (content.alerts.outcomes.get(code, 0), closed[code]) for code in OUTCOMES}
    figures |= {f'judgements "{code}"': (content.judgements.verdicts.get(code, 0), verdicts[code]) for code in VERDICTS}
    figures |= {
        f"decisions {code}": (content.stops.decisions.get(code, 0), decided[code]) for code in OFFICER_DECISIONS
    }
    figures |= {f"stops ended as {code}": (stops, ended[code]) for code, stops in content.stops.outcomes.items()}
    yield from _unlike(figures)


def _standing(content: Content, told: Sequence[Told], copy: Copy) -> Iterator[str]:
    """Times, threshold and list; in a public copy the ledger's times are told to the minute."""
    seen: Callable[[str], str] = to_minute if copy == "public" else str
    times, models, built = content.times, content.models, content.watchlist
    for kind, moment, words in (
        (Kind.DEPLOYMENT_STARTED, times.started, "start"),
        (Kind.DEPLOYMENT_ENDED, times.ended, "end"),
    ):
        at = [one.at for one in told if one.kind == kind]
        if at != ([] if moment is None else [seen(moment)]):
            yield f"the {words} is {moment or 'missing'}, but the ledger has {', '.join(at) or 'none'}"
    pauses = [(one.at, one.facts.get("reason")) for one in told if one.kind == Kind.DEPLOYMENT_PAUSED]
    if pauses != [(seen(one.began), one.reason) for one in times.pauses]:
        yield f"{len(times.pauses)} pauses, but the ledger tells of others"
    start = [one.facts for one in told if one.kind == Kind.DEPLOYMENT_STARTED]
    raised = [one.facts.get("after") for one in told if one.kind == Kind.THRESHOLD_RAISED]
    if start:
        for words, ours, theirs in (
            ("threshold at the start", models.threshold_at_start, start[0].get("threshold")),
            ("list", built.sha256, start[0].get("list")),
            ("models", models.contract, start[0].get("contract")),
            ("policy", content.authority.policy_sha256, start[0].get("policy")),
        ):
            if ours != theirs:
                yield f"the {words} is not the one that the ledger tells of"
        if raised != [one.after for one in models.raised]:
            yield "the threshold was raised otherwise than the ledger tells"
        if models.threshold != (raised or [start[0].get("threshold")])[-1]:
            yield f"the last threshold is {models.threshold}, but the ledger tells of another"
    lists = [one.facts for one in told if one.kind == Kind.LIST_BUILT]
    if lists:
        yield from _unlike(
            {
                "entries listed": (built.entries, _number(lists[-1].get("entries"))),
                "pictures listed": (built.pictures, _number(lists[-1].get("pictures"))),
            }
        )


def _details(content: Content, told: Sequence[Told]) -> Iterator[str]:
    stops, alerts = content.stops, content.alerts
    for words, ours, theirs in (
        ("disposals", stops.disposals, _by(told, Kind.STOP_CLOSED, "disposal")),
        ("steps of stops", stops.steps, _by(told, Kind.STOP_STEP, "kind")),
        ("candidates suppressed", alerts.suppressed, _by(told, Kind.ALERT_SUPPRESSED, "reason")),
        ("views of alerts", alerts.views, _by(told, Kind.ALERT_VIEWED, "reason")),
        ("outcomes of complaints", content.complaints.outcomes, _by(told, Kind.COMPLAINT_CLOSED, "outcome")),
    ):
        if {code: count for code, count in ours.items() if count != 0} != dict(theirs):
            yield f"the {words} are not those of the ledger"
    lists = [one.facts for one in told if one.kind == Kind.LIST_BUILT]
    if lists:
        listed = content.watchlist
        for name, ours in (("categories", listed.categories), ("sources", listed.sources), ("ages", listed.ages)):
            if ours != lists[-1].get(name):
                yield f"the {name} of the list are not those of the ledger"
    opened = sum(one.kind == Kind.COMPLAINT_OPENED for one in told)
    yield from _unlike({"complaints": (_number(content.complaints.opened), opened)})
    ended = [one.facts.get("counts") for one in told if one.kind == Kind.DEPLOYMENT_ENDED]
    counts = ended[0] if ended and isinstance(ended[0], dict) else {}
    for name, total in (("passages", content.passages.total), ("faces", content.passages.faces)):
        if total < _number(counts.get(name, 0)):
            yield f"{total} {name}, but {counts[name]} were counted at the end already"
    for erasure in content.erasures:
        if not any(one.kind == Kind.KEY_DESTROYED and one.facts["purpose"] == erasure.purpose for one in told):
            yield f"the key for {erasure.purpose} was destroyed, but the ledger does not tell of it"


def _one_by_one(cases: Sequence[Case], told: Sequence[Told]) -> Iterator[str]:
    """Each alert has its entries in the ledger, each stop its steps; and the ledger tells of no others."""
    by_alert: dict[str, list[Told]] = {}
    for one in told:
        if "alert" in one.facts:
            by_alert.setdefault(str(one.facts["alert"]), []).append(one)
    if unknown := sorted(by_alert.keys() - {case.alert for case in cases}):
        yield f"the ledger tells of the alert {unknown[0]}, the record does not"
    for case in cases:
        its = by_alert.get(case.alert, [])
        facts = {kind: [one.facts for one in its if one.kind == kind] for kind in Kind}
        expired = ["undetermined"] * len(facts[Kind.ALERT_EXPIRED])
        expected: tuple[tuple[str, object, object], ...] = (
            ("beginning", [case.entry], [one["entry"] for one in facts[Kind.ALERT_RAISED]]),
            ("judgements", list(case.judgements), [one["verdict"] for one in facts[Kind.ALERT_ADJUDICATED]]),
            ("decision", _some(case.decision), [one["decision"] for one in facts[Kind.OFFICER_DECIDED]]),
            ("stop", _some(case.stop), [one["stop"] for one in facts[Kind.STOP_LOGGED]]),
            ("steps", sorted(case.steps), sorted(str(one["kind"]) for one in facts[Kind.STOP_STEP])),
            ("disposal", _some(case.disposal), [one.get("disposal") for one in facts[Kind.STOP_CLOSED]]),
            (
                "outcome",
                _some(case.outcome),
                [*(one["outcome"] for one in facts[Kind.ALERT_CLOSED]), *expired],
            ),
            ("entries", list(case.ledger), [one.seq for one in its]),
        )
        for words, ours, theirs in expected:
            if ours != theirs:
                yield f"the {words} of alert {case.alert} are not those of the ledger"


def certificate_sha256(text: str) -> str:
    """As the ledger tells it."""
    return hashlib.sha256(text.encode()).hexdigest()


def _by(told: Sequence[Told], kind: Kind, fact: str) -> Counter[str]:
    return Counter(str(one.facts[fact]) for one in told if one.kind == kind and fact in one.facts)


def _unlike(figures: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    for words, (ours, theirs) in figures.items():
        if ours != theirs:
            yield f"{words}: {ours}, but the ledger tells of {theirs}"


def _number(value: Json) -> int:
    return value if isinstance(value, int) else -1


def _some(value: str | None) -> list[str]:
    return [] if value is None else [value]
