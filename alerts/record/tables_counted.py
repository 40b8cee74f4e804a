"""Tables of what the machine counted."""

from alerts.record.fields import Content, Count, Group, Histograms, Spread
from alerts.record.table import NONE, Table, interval, number, pairs, percent, rated
from alerts.record.words import EQUALITY, words


def passages(content: Content) -> Table:
    told = content.passages
    rows: tuple[tuple[str, Count], ...] = (
        ("Passages", told.total),
        ("Searched", told.searched),
        ("Without a search", told.without_search),
        ("of these: refused by quality", told.refused_by_quality),
        ("of these: not searched", told.not_searched),
        ("Faces (detections)", told.faces),
        ("Looks rejected by quality", told.looks_rejected),
        ("Frames searched", told.frames),
        ("Frames dropped", told.frames_dropped),
        ("Frames while no search was allowed", told.frames_unsearched),
    )
    note = "A passage is one person's pass through one camera's view: faces, not people, are counted."
    figures = ((name, number(count)) for name, count in rows)
    return pairs("passages", "Passages", "What the cameras saw", figures, note)


def cameras(content: Content) -> Table:
    rows = tuple(
        (one.name, *map(number, (one.passages, one.faces, one.frames, one.dropped, one.candidates)))
        for one in content.cameras
    )
    columns = ("Camera", "Passages", "Faces", "Frames", "Dropped", "Candidates")
    note = "Resolution, lens and height of the cameras are not recorded."
    return Table("cameras", "Cameras", "Each camera, over all its runs", columns, rows, note)


def timeline(content: Content) -> Table:
    rows = tuple((one.at[:16].replace("T", " "), number(one.alerts)) for one in content.timeline.alerts)
    note = "Passages and dropped frames by the minute are not recorded."
    return Table("alerts-by-minute", "Alerts in time", "Minutes with an alert, UTC", ("Minute", "Alerts"), rows, note)


def hours(content: Content) -> Table:
    rows = tuple((one.camera, one.first, one.last, number(one.searched)) for one in content.timeline.passages)
    columns = ("Camera", "First hour", "Last hour", "Searched")
    note = f"{number(content.similarity.left_out)} passages of cameras that saw very few are left out."
    return Table("timeline", "Passages in time", "Passages searched by hour, UTC", columns, rows, note)


def volunteers(content: Content) -> Table:
    told = content.volunteers
    if told is None or told.tpir is None:
        return Table("volunteers", "", "", (), ())
    named = [("All passes (TPIR)", told.tpir)]
    named += [
        (f"{what} {one.name}", one.found)
        for what, groups in (("Camera", told.cameras), ("Light", told.lights))
        for one in groups
        if one.found is not None
    ]
    caption = "Passes of volunteers that were found, with exact 95 % intervals"
    return rated("volunteers", "Volunteers found", caption, named)


def volunteer_groups(content: Content) -> Table:
    told = content.volunteers
    rows = () if told is None else tuple(_group(one) for one in told.groups)
    columns = ("Group", "Found", "Of", "Share", "95 %", "")
    note = "" if told is None else EQUALITY[told.equality]
    caption = "As the volunteers described themselves"
    return Table("groups", "Volunteers by group", caption, columns, rows, note)


def _group(one: Group) -> tuple[str, ...]:
    few = "too few to compare" if one.too_few else ""
    if one.found is None:
        return words(one.name), NONE, NONE, NONE, NONE, few
    rate = one.found
    return words(one.name), number(rate.hits), number(rate.of), percent(rate.value), interval(rate), few


def latency(content: Content) -> Table:
    rows = (
        _spread("Until the alert was raised", content.latency.to_raised),
        _spread("Until the alert was stored", content.latency.to_stored),
    )
    columns = ("From the frame's capture", "Alerts", "p50", "p95", "p99", "Most")
    return Table("latency", "Latency", "Milliseconds", columns, rows if content.latency.to_raised.of else ())


def _spread(name: str, told: Spread) -> tuple[str, ...]:
    return (name, number(told.of), *(value or NONE for value in (told.p50, told.p95, told.p99, told.most)))


def scores(told: Histograms, name: str, heading: str, caption: str) -> Table:
    rows = tuple(
        (one.camera, one.first_hour, one.last_hour, at.low, at.high or "more", number(at.count))
        for one in told.shown
        for at in one.bins
    )
    note = f"Left out, of cameras that saw very few: {number(told.left_out)}."
    columns = ("Camera", "First hour", "Last hour", "From", "To", "Count")
    return Table(name, heading, caption, columns, rows, note)
