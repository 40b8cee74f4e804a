"""A record as tables of plain text: the page and the CSV files show them, and `openlfr verify` makes them again."""

from alerts.record import tables_counted, tables_judged, tables_standing
from alerts.record.fields import Content, Count, Record
from alerts.record.table import Table, number, pairs


def tables(record: Record) -> tuple[Table, ...]:
    """In the order in which they are read; those without a row are left out."""
    content = record.content
    found = (
        _summary(content),
        tables_judged.outcomes(content),
        tables_judged.rates(content),
        tables_standing.authority(content),
        tables_standing.times(content),
        tables_standing.pauses(content),
        tables_standing.signage(content),
        tables_standing.models(content),
        tables_standing.thresholds(content),
        tables_standing.the_list(content),
        tables_counted.passages(content),
        tables_counted.cameras(content),
        tables_counted.hours(content),
        tables_counted.timeline(content),
        tables_judged.judgements(content),
        tables_judged.stops(content),
        tables_judged.disposals(content),
        tables_judged.suppressed(content),
        tables_counted.volunteers(content),
        tables_counted.volunteer_groups(content),
        tables_judged.published(content),
        tables_counted.latency(content),
        tables_counted.scores(
            content.similarity, "scores", "Score distribution", "Best similarity of each passage searched"
        ),
        tables_counted.scores(
            content.forgetting,
            "forgetting",
            "Forgetting",
            "Milliseconds from the last look of a passage without an alert until its pixels were overwritten",
        ),
        tables_standing.complaints(content),
        tables_standing.erasures(content),
        tables_standing.redactions(record),
        tables_judged.cases(content),
    )
    return tuple(table for table in found if table.rows)


def summary_sentence(content: Content) -> str:
    alerts, stops = content.alerts, content.stops
    return (
        f"{number(content.watchlist.entries)} listed, {number(content.passages.total)} passages, "
        f"{_some(alerts.total, 'alert')}: {alerts.wrong_person} of the wrong person, "
        f"{alerts.right_person_stale_entry} of the right person on a stale entry. "
        f"{_some(stops.total, 'stop')}, {_some(stops.arrests, 'arrest')}."
    )


def _summary(content: Content) -> Table:
    alerts, stops, listed = content.alerts, content.stops, content.watchlist
    rows: tuple[tuple[str, Count], ...] = (
        ("Listed", listed.entries),
        ("Passages (faces seen)", content.passages.total),
        ("Passages searched", content.passages.searched),
        ("Alerts", alerts.total),
        ("Alerts of the wrong person", alerts.wrong_person),
        ("Alerts of the right person on a stale entry", alerts.right_person_stale_entry),
        ("Alerts confirmed by reviewers", alerts.confirmed),
        ("Alerts still open", alerts.open),
        ("Stops", stops.total),
        ("Arrests", stops.arrests),
        ("Complaints", content.complaints.opened),
    )
    return pairs("summary", "At a glance", "The headline figures", ((name, number(count)) for name, count in rows))


def _some(count: int, noun: str) -> str:
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"
