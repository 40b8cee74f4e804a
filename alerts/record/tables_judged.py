"""Tables of alerts and of what people did about them."""

from collections.abc import Sequence

from alerts.record.fields import Content
from alerts.record.table import NONE, Table, by_code, interval, moment, number, pairs, rated
from alerts.record.words import OUTCOMES, VERDICTS, words
from records.schema import OFFICER_DECISIONS


def outcomes(content: Content) -> Table:
    told = content.alerts
    rows = [(words_, number(told.outcomes[code])) for code, words_ in OUTCOMES.items()]
    rows += [("Still open", number(told.open)), ("All alerts", number(told.total))]
    note = f"Further sightings during an open alert: {number(told.sightings)}; they are no alerts of their own."
    return pairs("outcomes", "Outcomes", "How each alert ended", rows, note)


def rates(content: Content) -> Table:
    told = content.rates
    named = (
        ("False alerts, of passages", told.false_per_passage),
        ("False alerts, of alerts", told.false_per_alert),
        ("Alerts on stale entries, of alerts", told.stale_per_alert),
        ("Alerts not found false, of alerts", told.not_false_per_alert),
        ("Found true, of found true or false", told.right_per_decided),
        ("Stops, of alerts", told.stops_per_alert),
        ("Arrests, of stops", told.arrests_per_stop),
    )
    note = f"By group of people: {content.demographics}; equality of groups is not established."
    return rated("rates", "Rates", "Shares with exact 95 % intervals (Clopper and Pearson)", named, note)


def published(content: Content) -> Table:
    ours = content.rates.not_false_per_alert
    us = (
        f"This deployment: {content.about.name}",
        number(content.watchlist.entries),
        number(content.passages.total),
        number(content.alerts.total),
        number(content.alerts.wrong_person),
        number(content.stops.total),
        number(content.stops.arrests),
        interval(ours),
    )
    rows = tuple(
        (one.name, *map(number, (one.listed, one.passages, one.alerts, one.false, one.stops, one.arrests)),
         interval(one.right))
        for one in content.published
    )  # fmt: skip
    columns = ("Deployment", "Listed", "Faces", "Alerts", "False", "Stops", "Arrests", "Not false, 95 %")
    notes = " ".join(f"{one.name}: {one.note}" for one in content.published if one.note)
    return Table("published", "Beside published deployments", "As published; – is unknown", columns, (us, *rows), notes)


def judgements(content: Content) -> Table:
    told = content.judgements
    rows = [(words_, number(told.verdicts[code])) for code, words_ in VERDICTS.items()]
    rows += [
        ("All judgements", number(told.total)),
        ("Alerts judged by several", number(told.judged_by_several)),
        ("of these: all agreed", number(told.agreed)),
        ("Seconds to judge, median", told.seconds.p50 or NONE),
        ("Seconds to judge, most", told.seconds.most or NONE),
        ("Judgements that were timed", number(told.seconds.of)),
    ]
    return pairs("judgements", "Judgements", "What reviewers answered, before any name was shown", rows)


def stops(content: Content) -> Table:
    told = content.stops
    rows = [(f"Decided: {words(code).lower()}", number(told.decisions[code])) for code in OFFICER_DECISIONS]
    rows += [("Stops", number(told.total)), ("Stops not ended", number(told.open))]
    rows += [(f"Stops ended as {words(code).lower()}", number(count)) for code, count in sorted(told.outcomes.items())]
    rows += [("Minutes, median", told.minutes.p50 or NONE), ("Minutes, most", told.minutes.most or NONE)]
    return pairs("stops", "Officers and stops", "What officers decided about confirmed alerts", rows)


def disposals(content: Content) -> Table:
    told = content.stops
    rows = [*by_code("Became of the person", told.disposals), *by_code("Done during stops", told.steps)]
    rows.append(("Reasons of arrests", "", told.arrest_reasons))
    return Table("disposals", "What came of stops", "Disposals and steps", ("What", "Of", "Figure"), tuple(rows))


def suppressed(content: Content) -> Table:
    rows = [
        *by_code("Candidate without an alert", content.alerts.suppressed),
        *by_code("Alert opened for", content.alerts.views),
    ]
    columns = ("What", "Reason", "Figure")
    caption = "Candidates that were held back, and why alerts were looked at"
    return Table("reasons", "Held back and looked at", caption, columns, tuple(rows))


def cases(content: Content) -> Table:
    order = [*OUTCOMES, None]
    cases = sorted(content.cases, key=lambda case: order.index(case.outcome))
    rows = tuple(
        (
            case.alert,
            case.camera,
            moment(case.raised_at),
            OUTCOMES[case.outcome] if case.outcome else "Still open",
            ", ".join(VERDICTS[verdict] for verdict in case.judgements) or NONE,
            words(case.decision) if case.decision else NONE,
            words(case.disposal) if case.disposal else NONE,
            _runs(case.ledger),
        )
        for case in cases
    )
    columns = ("Alert", "Camera", "Raised at", "Outcome", "Judgements", "Officer", "Disposal", "Ledger")
    caption = "Each alert, with the numbers of its entries in ledger.jsonl; UTC"
    return Table("cases", "Alerts one by one", caption, columns, rows)


def _runs(numbers: Sequence[int]) -> str:
    """14 to 22, 31."""
    runs: list[list[int]] = []
    for number_ in numbers:
        if runs and number_ == runs[-1][-1] + 1:
            runs[-1].append(number_)
        else:
            runs.append([number_])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
