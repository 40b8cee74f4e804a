"""The record of a deployment, field by field: what `record.json` holds (docs/record.schema.json is made from here).

Two words stand where a value is missing. `null`: it did not happen, or does not apply. "not recorded": the rig does not
know it, and nothing is made up in its place. In a public copy small numbers are hidden (`alerts.record.public`).

Numbers with a fraction are decimal text, as in the ledger, so that one record is one text. Times are UTC.
"""

from typing import Literal, TypeAlias

import msgspec

FORMAT: Literal["openlfr-record-1"] = "openlfr-record-1"
NOT_RECORDED: Literal["not recorded"] = "not recorded"
FEW: Literal["fewer than 5"] = "fewer than 5"
WITHHELD: Literal["withheld"] = "withheld"

Count: TypeAlias = int | Literal["fewer than 5", "withheld", "not recorded"]
Counts: TypeAlias = dict[str, Count]
"""By code."""
Copy = Literal["internal", "public"]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Rate(_Part, frozen=True):
    """`hits` of `of`, with the exact (Clopper-Pearson) 95 % interval."""

    hits: int
    of: int
    value: str | None
    """null where there was no trial."""
    low: str
    high: str


class Spread(_Part, frozen=True):
    """Of so many values: nearest-rank percentiles. All null where there is none."""

    of: int
    p50: str | None
    p95: str | None
    p99: str | None
    most: str | None


class About(_Part, frozen=True):
    id: str
    name: str
    kind: str
    state: str
    controller: str
    purpose: str
    necessity: str
    proportionality: str
    alternatives: str
    where_reason: str
    intelligence_case: str
    sensitive_sites: tuple[str, ...]
    place: str
    area: str
    """Where it may search, in degrees (WGS 84) and metres."""
    vehicles: str
    cost: str
    equality_assessment: str


class SignageItem(_Part, frozen=True):
    item: str
    at: str
    by: str | None
    """A person's id; null in a public copy."""


class Authority(_Part, frozen=True):
    drafted_by: str | None
    """A person's id; null where the rig drafted it, and in a public copy."""
    authorised_by: str | None
    authorised_at: str | None
    reference: str | None
    urgent: bool
    ratified_by: str | None
    ratified_at: str | None
    document_sha256: str
    policy: str
    policy_version: str
    policy_sha256: str
    confirmations: int
    """How many different people must answer "same" before a stop can be logged."""
    authorised_false_alert_rate: str
    impact_assessment: str
    impact_assessment_sha256: str
    alert_hours: str
    """How long pictures of alerts stay, as the policy says."""
    signage: tuple[SignageItem, ...]
    notice_published_at: str


class Pause(_Part, frozen=True):
    began: str
    ended: str
    reason: str


class Times(_Part, frozen=True):
    begins: str
    ends: str
    """The authorised window."""
    started: str | None
    ended: str | None
    ended_for: str | None
    pauses: tuple[Pause, ...]
    running_seconds: int
    """From the start to the end, whole seconds."""
    paused_seconds: int
    uptime: str


class Camera(_Part, frozen=True):
    """Sums over its runs."""

    name: str
    passages: int
    faces: int
    frames: int
    """Searched."""
    dropped: int
    unsearched: int
    """Frames that came while no search was allowed: overwritten unseen."""
    looks_rejected: int
    candidates: int
    resolution: str
    height_and_lens: str


class ThresholdRaised(_Part, frozen=True):
    at: str
    before: str
    after: str
    reason: str
    proposed_by: str | None
    seconded_by: str | None


class Models(_Part, frozen=True):
    contract: str
    """Hash of detector, recogniser and preprocessing."""
    pack: str
    engines: tuple[str, ...]
    threshold_at_start: str | None
    threshold: str | None
    raised: tuple[ThresholdRaised, ...]
    calibrated_on: str
    calibrated_fpir: str
    calibrated_entries: Count
    calibrated_threshold: str
    least_face_size: str
    quality_floor: str


class Watchlist(_Part, frozen=True):
    """As it was built; the last three as its entries stand now."""

    sha256: str | None
    built_at: str | None
    erased_at: str | None
    entries: int
    pictures: int
    rejected: Count
    """Rows that were refused at enrolment."""
    categories: Counts
    sources: Counts
    ages: Counts
    """Entries by the age of their newest picture."""
    responses: Counts
    """What an alert asks of an officer: act, verify or inform."""
    under_18: Count
    vulnerable: Count
    last_expiry: str | None
    """When the last entry would have expired."""
    withdrawn: Count
    expired: Count
    quarantined: Count


class Passages(_Part, frozen=True):
    """A passage is one person's pass through one camera's view; a person who passes twice is two."""

    total: int
    searched: int
    without_search: int
    """No look was good enough, or none was searched before it ended."""
    refused_by_quality: Count
    not_searched: Count
    faces: int
    frames: int
    frames_dropped: int
    frames_unsearched: int
    looks_rejected: int


class Alerts(_Part, frozen=True):
    total: int
    open: int
    outcomes: dict[str, int]
    wrong_person: int
    """False and confirmed false."""
    right_person_stale_entry: int
    """The person of the entry, who should not have been listed any more: nobody was engaged."""
    confirmed: int
    """Enough people answered "same"."""
    sightings: int
    """Further candidates for a person with an open alert: no alerts of their own."""
    suppressed: Counts
    """Candidates that became no alert, by reason."""
    views: Counts
    """How often somebody opened one, by reason."""


class Judgements(_Part, frozen=True):
    total: int
    verdicts: dict[str, int]
    judged_by_several: int
    """Alerts with more than one judgement."""
    agreed: int
    """Those of them whose judgements were the same."""
    seconds: Spread


class Stops(_Part, frozen=True):
    total: int
    open: int
    decisions: dict[str, int]
    """What officers decided about confirmed alerts."""
    outcomes: dict[str, int]
    arrests: int
    arrest_reasons: str
    disposals: Counts
    steps: Counts
    """Fingerprints, force, going on beyond the policy's minutes, identity accepted."""
    minutes: Spread


class Complaints(_Part, frozen=True):
    opened: Count
    open: Count
    outcomes: Counts


class Rates(_Part, frozen=True):
    false_per_passage: Rate
    false_per_alert: Rate
    stale_per_alert: Rate
    not_false_per_alert: Rate
    """As deployments are published: alerts that nobody found false, of all."""
    right_per_decided: Rate
    """Alerts that were found true, of those found true or false."""
    stops_per_alert: Rate
    arrests_per_stop: Rate


class Group(_Part, frozen=True):
    name: str
    found: Rate | None
    """null where the public copy hides it."""
    too_few: bool


class Volunteers(_Part, frozen=True):
    """TPIR (ISO/IEC 19795-1) from logged passes of volunteers, of tests only."""

    passes: int
    volunteers: Count
    tpir: Rate | None
    cameras: tuple[Group, ...]
    lights: tuple[Group, ...]
    groups: tuple[Group, ...]
    """As volunteers described themselves."""
    equality: str
    """differs, not_established, no_difference_seen or no_groups."""


class Latency(_Part, frozen=True):
    """Milliseconds from the capture of an alert's frame."""

    to_raised: Spread
    to_stored: Spread


class Bin(_Part, frozen=True):
    low: str
    high: str | None
    """null: without an upper bound."""
    count: int


class Histogram(_Part, frozen=True):
    camera: str
    first_hour: str
    last_hour: str
    bins: tuple[Bin, ...]


class Histograms(_Part, frozen=True):
    """Anonymous counts; hours with few passages are told together with others."""

    shown: tuple[Histogram, ...]
    left_out: int
    """Counted, but too few for a histogram of their own."""


class Minute(_Part, frozen=True):
    at: str
    alerts: int


class Hour(_Part, frozen=True):
    """`first` to `last` inclusive, as 2026-11-23T14: hours with few passages are told together with others."""

    camera: str
    first: str
    last: str
    searched: int


class Timeline(_Part, frozen=True):
    alerts: tuple[Minute, ...]
    """Minutes with an alert, by the time of capture."""
    passages: tuple[Hour, ...]
    passages_by_minute: str
    drops_by_minute: str


class Erasure(_Part, frozen=True):
    """A destroyed key; its certificate lies in the bundle."""

    purpose: str
    destroyed_at: str
    certificate: str | None
    """Name of its file; null where none was issued yet."""


class Case(_Part, frozen=True):
    """One alert, in the internal copy only."""

    alert: str
    entry: str
    camera: str
    raised_at: str
    judgements: tuple[str, ...]
    """Verdicts, in order."""
    decision: str | None
    stop: str | None
    steps: tuple[str, ...]
    disposal: str | None
    minutes: str | None
    outcome: str | None
    ledger: tuple[int, ...]
    """Numbers of its entries in the ledger."""


class Published(_Part, frozen=True):
    """Another deployment, as it was published."""

    name: str
    listed: int | None
    passages: int | None
    alerts: int
    false: int
    stops: int | None
    arrests: int | None
    right: Rate
    note: str


class Redaction(_Part, frozen=True):
    what: str
    rule: str


class Content(_Part, frozen=True):
    about: About
    authority: Authority
    times: Times
    cameras: tuple[Camera, ...]
    models: Models
    watchlist: Watchlist
    passages: Passages
    alerts: Alerts
    judgements: Judgements
    stops: Stops
    complaints: Complaints
    rates: Rates
    volunteers: Volunteers | None
    """null: no volunteers passed."""
    latency: Latency
    similarity: Histograms
    forgetting: Histograms
    """Milliseconds from a passage's last look until its pixels and templates were overwritten."""
    timeline: Timeline
    erasures: tuple[Erasure, ...]
    demographics: str
    """Of alerts, false alerts and stops by group: nobody's group is recorded outside tests with volunteers."""
    review: str
    """Sign-offs of the review after the deployment."""
    published: tuple[Published, ...]
    cases: tuple[Case, ...]


class Record(_Part, frozen=True):
    format: Literal["openlfr-record-1"]
    copy: Copy
    made_at: str
    made_for: str
    """Why it was exported, a code."""
    software: str
    ledger_seq: int
    ledger_hash: str
    """The last entry of the ledger when it was made."""
    internal_sha256: str
    """Of the internal copy's content: what links the two copies."""
    redactions: tuple[Redaction, ...]
    content: Content
