"""The public copy: what is left out, what is hidden because it is small, and by which rule. Pure.

Who was listed, stopped or worked there cannot be found in it. The headline figures (passages, alerts and their
outcomes, stops, arrests) stay, however small: they are what a deployment is published for.
"""

from collections.abc import Mapping

import msgspec

from alerts.record.fields import FEW, WITHHELD, Content, Count, Counts, Group, Redaction, Volunteers

FEWEST = 5
"""Counts of 1 to 4 in a sensitive breakdown are hidden."""

REDACTIONS = (
    Redaction(
        what="Ids of entries, alerts, stops and people; references of other authorities",
        rule="Left out: nobody can be found by them.",
    ),
    Redaction(what="Alerts one by one", rule="Left out: a time, a camera and an outcome may tell who it was."),
    Redaction(
        what="Counts of 1 to 4 by category, source, age, response, disposal, step, reason and complaint",
        rule=f'Shown as "{FEW}". Further counts of the same table are shown as "{WITHHELD}" where a hidden one could '
        "be worked out from the total.",
    ),
    Redaction(what="Volunteers by group", rule="Groups with 1 to 4 passes, or 1 to 4 found or missed, are named only."),
    Redaction(what="Times in the ledger's extract", rule="To the minute."),
    Redaction(what="Other entries of the ledger", rule="Told as gaps, with their hashes."),
    Redaction(what="Passages, alerts, outcomes, stops and arrests", rule="Never hidden, however few."),
)


def redact(content: Content) -> Content:
    """The content of the public copy of an internal one."""
    replace = msgspec.structs.replace
    listed, stops, complaints = content.watchlist, content.stops, content.complaints
    return replace(
        content,
        authority=replace(
            content.authority,
            drafted_by=None,
            authorised_by=None,
            reference=None,
            ratified_by=None,
            signage=tuple(replace(one, by=None) for one in content.authority.signage),
        ),
        models=replace(
            content.models,
            raised=tuple(replace(one, proposed_by=None, seconded_by=None) for one in content.models.raised),
        ),
        watchlist=replace(
            listed,
            categories=hide(listed.categories),
            sources=hide(listed.sources),
            ages=hide(listed.ages),
            responses=hide(listed.responses),
            under_18=small(listed.under_18),
            vulnerable=small(listed.vulnerable),
            withdrawn=small(listed.withdrawn),
            expired=small(listed.expired),
            quarantined=small(listed.quarantined),
        ),
        alerts=replace(content.alerts, suppressed=hide(content.alerts.suppressed), views=hide(content.alerts.views)),
        stops=replace(
            stops,
            disposals={"arrested": stops.arrests}
            | hide({code: count for code, count in stops.disposals.items() if code != "arrested"}),
            steps=hide(stops.steps),
        ),
        complaints=replace(
            complaints,
            opened=small(complaints.opened),
            open=small(complaints.open),
            outcomes=hide(complaints.outcomes),
        ),
        volunteers=None if content.volunteers is None else _volunteers(content.volunteers),
        cases=(),
    )


def hide(counts: Mapping[str, Count]) -> Counts:
    """Small counts hidden, and so many others that the total gives none of them away.

    Two at least are hidden, and together they are at least `FEWEST`, or all are.
    """
    hidden = {code for code, count in counts.items() if isinstance(count, int) and 0 < count < FEWEST}
    if not hidden:
        return dict(counts)
    few = frozenset(hidden)
    rest = sorted((code for code in counts if code not in hidden), key=lambda code: (_value(counts[code]), code))
    while rest and (len(hidden) < 2 or sum(_value(counts[code]) for code in hidden) < FEWEST):
        hidden.add(rest.pop(0))
    return {code: FEW if code in few else WITHHELD if code in hidden else count for code, count in counts.items()}


def small(count: Count) -> Count:
    """One count by itself."""
    return FEW if isinstance(count, int) and 0 < count < FEWEST else count


def _volunteers(told: Volunteers) -> Volunteers:
    return msgspec.structs.replace(
        told, volunteers=small(told.volunteers), groups=tuple(_group(one) for one in told.groups)
    )


def _group(one: Group) -> Group:
    if one.found is None:
        return one
    missed = one.found.of - one.found.hits
    tiny = any(0 < count < FEWEST for count in (one.found.hits, missed, one.found.of))
    return msgspec.structs.replace(one, found=None) if tiny else one


def _value(count: Count) -> int:
    return count if isinstance(count, int) else 0
