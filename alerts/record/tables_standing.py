"""Tables of what was asked for, allowed, listed and erased."""

from alerts.record.fields import Content, Record
from alerts.record.table import NONE, Table, by_code, moment, number, pairs, percent, short
from alerts.record.words import words


def authority(content: Content) -> Table:
    about, signed = content.about, content.authority
    rows = (
        ("Deployment", about.name),
        ("Kind", about.kind),
        ("State", about.state),
        ("Controller", about.controller),
        ("Purpose", about.purpose),
        ("Necessity", about.necessity),
        ("Proportionality", about.proportionality),
        ("Less intrusive means", about.alternatives),
        ("Why here", about.where_reason),
        ("Intelligence case", about.intelligence_case),
        ("Place", about.place),
        ("Area", about.area),
        ("Sensitive sites", ", ".join(map(words, about.sensitive_sites)) or "none"),
        ("Authorised at", moment(signed.authorised_at)),
        ("Authorised by", signed.authorised_by or NONE),
        ("Urgent", "yes" if signed.urgent else "no"),
        ("Ratified at", moment(signed.ratified_at)),
        ("Policy", f"{signed.policy}, {signed.policy_version}"),
        ("Policy, hash", short(signed.policy_sha256)),
        ("Application, hash", short(signed.document_sha256)),
        ("Impact assessment", signed.impact_assessment),
        ("Equality assessment", about.equality_assessment),
        ("Confirmations that a stop needs", str(signed.confirmations)),
        ("Authorised rate of false alerts", percent(signed.authorised_false_alert_rate)),
        ("Pictures of alerts stay, hours", signed.alert_hours),
        ("Notice published at", moment(signed.notice_published_at)),
        ("Vehicles", about.vehicles),
        ("Cost", about.cost),
        ("Review after the deployment", content.review),
    )
    return pairs("authority", "Authority and why", "What was asked for, and who allowed it; times are UTC", rows)


def times(content: Content) -> Table:
    times = content.times
    rows = (
        ("Window begins", moment(times.begins)),
        ("Window ends", moment(times.ends)),
        ("Started", moment(times.started)),
        ("Ended", moment(times.ended)),
        ("Ended for", words(times.ended_for) if times.ended_for else NONE),
        ("Seconds from start to end", number(times.running_seconds)),
        ("Seconds paused", number(times.paused_seconds)),
        ("Uptime", times.uptime),
    )
    return pairs("times", "When", "The authorised window and what was used of it, UTC", rows)


def pauses(content: Content) -> Table:
    rows = tuple((moment(one.began), moment(one.ended), words(one.reason)) for one in content.times.pauses)
    return Table("pauses", "Pauses", "When the search was paused, and why, UTC", ("Began", "Ended", "Reason"), rows)


def signage(content: Content) -> Table:
    rows = tuple((words(one.item), moment(one.at), one.by or NONE) for one in content.authority.signage)
    return Table("signage", "Signage", "What was seen to be in place, UTC", ("Item", "Checked at", "By"), rows)


def models(content: Content) -> Table:
    models = content.models
    rows = (
        ("Model pack", models.pack),
        ("Embedding contract", short(models.contract)),
        ("Search engine", ", ".join(models.engines) or NONE),
        ("Threshold at the start", models.threshold_at_start or NONE),
        ("Threshold at the end", models.threshold or NONE),
        ("Calibrated on", models.calibrated_on),
        ("Calibrated threshold", models.calibrated_threshold),
        ("Calibrated for a FPIR of", models.calibrated_fpir),
        ("Calibrated with entries", number(models.calibrated_entries)),
        ("Least size of a face", models.least_face_size),
        ("Floor of quality", models.quality_floor),
    )
    return pairs("models", "Models and threshold", "What compared faces, and how strictly", rows)


def thresholds(content: Content) -> Table:
    rows = tuple((moment(one.at), one.before, one.after, one.reason) for one in content.models.raised)
    columns = ("At", "Before", "After", "Reason")
    return Table("thresholds", "Threshold raised", "Proposed by one person, seconded by another, UTC", columns, rows)


def the_list(content: Content) -> Table:
    listed = content.watchlist
    rows = [
        ("Entries", "", number(listed.entries)),
        ("Pictures", "", number(listed.pictures)),
        ("Rejected at enrolment", "", number(listed.rejected)),
        *by_code("By category", listed.categories),
        *by_code("By source", listed.sources),
        *by_code("By age of the newest picture", listed.ages),
        *by_code("By response", listed.responses),
        ("Under 18", "", number(listed.under_18)),
        ("Vulnerable", "", number(listed.vulnerable)),
        ("Withdrawn since", "", number(listed.withdrawn)),
        ("Expired since", "", number(listed.expired)),
        ("In quarantine", "", number(listed.quarantined)),
        ("Last expiry", "", moment(listed.last_expiry)),
        ("Hash", "", short(listed.sha256)),
        ("Built at", "", moment(listed.built_at)),
        ("Erased at", "", moment(listed.erased_at)),
    ]
    return Table("watchlist", "The list", "Who was searched for; times are UTC", ("What", "Of", "Figure"), tuple(rows))


def complaints(content: Content) -> Table:
    told = content.complaints
    rows = [("Opened", number(told.opened)), ("Still open", number(told.open))]
    rows += [(words(code), number(count)) for code, count in sorted(told.outcomes.items())]
    return pairs("complaints", "Complaints", "Cases about this deployment", rows)


def erasures(content: Content) -> Table:
    rows = tuple(
        (words(one.purpose), moment(one.destroyed_at), one.certificate or "not yet") for one in content.erasures
    )
    columns = ("Key for", "Destroyed at", "Certificate")
    return Table("erasures", "Erasure", "Keys that were destroyed: what they sealed is gone, UTC", columns, rows)


def redactions(record: Record) -> Table:
    rows = tuple((one.what, one.rule) for one in record.redactions)
    return Table("redactions", "What this copy leaves out", "And by which rule", ("What", "Rule"), rows)
