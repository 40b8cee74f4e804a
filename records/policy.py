"""The policy of a force or profile: one TOML file that says who may be listed, who signs, and how long things stay.

A deployment pins the file word for word when it is drafted (`Deployment.policy`), so that a later edit changes nothing
that was allowed under the earlier one. `docs/policy.md` maps the law and practice behind each key to what enforces it.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from records.errors import RecordsError

Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Response = Literal["act", "verify", "inform"]


class PolicyError(RecordsError):
    """A policy file that cannot be used; the message says which key and what to do."""


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Purpose(_Section, frozen=True):
    code: Code
    words: str
    cap: Annotated[int, msgspec.Meta(ge=1)]
    """Most entries of a list for this purpose; above it the builder must say why."""


class Category(_Section, frozen=True):
    code: Code
    words: str
    responses: Annotated[tuple[Response, ...], msgspec.Meta(min_length=1)]
    """What an alert about this category may ask of an officer."""
    offence_code: bool = False
    """Whether each entry must name the offence, as the EU AI Act's Annex II asks."""


class Named(_Section, frozen=True):
    code: Code
    words: str


class Authority(_Section, frozen=True):
    """The least level (1 urgent, 2 standard, 3 higher) that may sign."""

    standard: Annotated[int, msgspec.Meta(ge=1, le=3)] = 2
    sensitive: Annotated[int, msgspec.Meta(ge=1, le=3)] = 3
    urgent: Annotated[int, msgspec.Meta(ge=1, le=3)] = 1
    ratify_hours: Annotated[float, msgspec.Meta(gt=0, le=48)] = 24
    reference_required: bool = False
    """Whether authorising takes a reference of an outside authority's decision, as the EU AI Act asks."""


class ListRules(_Section, frozen=True):
    built_within_hours: Annotated[float, msgspec.Meta(gt=0, le=24)] = 24
    """A list is used only within this time after it was built."""
    status_within_minutes: Annotated[float, msgspec.Meta(gt=0, le=1440)] = 60
    """How old the source's last word on an entry may be while a status source is configured."""
    longest_entry_days: Annotated[int, msgspec.Meta(ge=1)] = 28
    """Latest expiry of an entry after its import."""
    old_picture_years: Annotated[float, msgspec.Meta(gt=0)] = 10
    """Pictures older than this are taken with a warning in the report and at the reveal."""
    false_alerts_to_quarantine: Annotated[int, msgspec.Meta(ge=1)] = 2


class Retention(_Section, frozen=True):
    alert_hours: Annotated[float, msgspec.Meta(gt=0, le=744)] = 24
    """Alerts' pictures go this long after the deployment's end at the latest, at most 31 days."""
    held_days: Annotated[float, msgspec.Meta(gt=0, le=365)] = 31
    """Longest hold, which needs an evidence reference; it can be renewed by naming it again."""
    list_erasure_seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 60


class StopRule(_Section, frozen=True):
    """When false alerts pause the search by themselves."""

    confirmed_false_per_hour: Annotated[int, msgspec.Meta(ge=1)] = 2
    false_alert_rate: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.001
    """False alerts by passages that was authorised: pauses once the 95 % interval lies wholly above it."""


class Sessions(_Section, frozen=True):
    idle_minutes: Annotated[float, msgspec.Meta(gt=0, le=60)] = 15
    attempts: Annotated[int, msgspec.Meta(ge=1, le=20)] = 5
    """Failed attempts for a name within the lock's minutes; an address may fail four times as often."""
    locked_minutes: Annotated[float, msgspec.Meta(gt=0)] = 15


class Review(_Section, frozen=True):
    """How alerts are judged, and stops led."""

    second_seconds: Annotated[float, msgspec.Meta(ge=5, le=600)] = 30
    """A second reviewer who has not answered by then after the first: the alert expires, nobody is engaged."""
    prompt_minutes: Annotated[float, msgspec.Meta(gt=0, le=60)] = 5
    """A stop that goes on beyond this asks the officer for a reason."""
    passers_by_per_listed: Annotated[float, msgspec.Meta(ge=1)] = 1500
    """How many passers-by there are for each who is listed: what the odds at the reveal assume. The default is that of
    London in 2024 and 2025, 2,067 true alerts among 3,147,436 faces."""


class Operators(_Section, frozen=True):
    """What an operator must have shown before judging alerts."""

    qualification: bool = False
    """Whether only who passed the test of face matching may judge."""
    pairs: Annotated[int, msgspec.Meta(ge=10, le=200)] = 40
    pass_mark: Annotated[float, msgspec.Meta(gt=0.5, le=1)] = 0.8
    """Share of right answers; "cannot tell" is no right answer."""
    valid_days: Annotated[int, msgspec.Meta(ge=1)] = 365
    refresher_pairs: Annotated[int, msgspec.Meta(ge=2, le=50)] = 10
    refresher_hours: Annotated[float, msgspec.Meta(gt=0)] = 12
    """A refresher is offered at sign-in when the last one is longer ago."""


class Policy(_Section, frozen=True, kw_only=True):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    version: Annotated[str, msgspec.Meta(min_length=1)]
    review_by: date
    """After this day a new deployment is drafted with a warning: the policy is due for review."""
    test: bool = False
    """For tests with consenting volunteers only."""
    confirmations: Annotated[int, msgspec.Meta(ge=1, le=5)]
    """Different people who must answer "same" before a stop can be logged."""
    purposes: Annotated[tuple[Purpose, ...], msgspec.Meta(min_length=1)]
    categories: Annotated[tuple[Category, ...], msgspec.Meta(min_length=1)]
    lawful_bases: Annotated[tuple[Named, ...], msgspec.Meta(min_length=1)]
    source_systems: Annotated[tuple[Named, ...], msgspec.Meta(min_length=1)]
    retention_statuses: Annotated[tuple[Named, ...], msgspec.Meta(min_length=1)]
    """Statuses under which the source may lawfully hold a picture. What is not here is refused."""
    sensitive_sites: tuple[Named, ...] = ()
    signage: tuple[Named, ...] = ()
    """What must be seen to be in place before the search begins."""
    view_reasons: Annotated[tuple[Named, ...], msgspec.Meta(min_length=1)]
    """Why an entry or an alert may be looked at."""
    pause_reasons: Annotated[tuple[Named, ...], msgspec.Meta(min_length=1)]
    withdrawal_reasons: Annotated[tuple[Named, ...], msgspec.Meta(min_length=1)]
    fingerprint_reasons: tuple[Named, ...] = ()
    """Why fingerprints may be asked for during a stop; none given, they may not."""
    force_reasons: tuple[Named, ...] = ()
    prolonging_reasons: tuple[Named, ...] = ()
    """Why a stop may go on beyond `review.prompt_minutes`."""
    authority: Authority = Authority()
    lists: ListRules = ListRules()
    retention: Retention = Retention()
    stop_rule: StopRule = StopRule()
    sessions: Sessions = Sessions()
    review: Review = Review()
    operators: Operators = Operators()

    def purpose(self, code: str) -> Purpose | None:
        return next((found for found in self.purposes if found.code == code), None)

    def category(self, code: str) -> Category | None:
        return next((found for found in self.categories if found.code == code), None)


REVIEW = "review"
"""Why somebody looks at an alert who is to decide on it."""

FORBIDDEN = frozenset({"other", "intelligence", "person_of_interest", "miscellaneous", "scraped", "social_media"})
"""Codes that no policy may have: a category that takes anybody is no category, and scraped pictures are never listed
(R (Bridges) [2020] EWCA Civ 1058, paragraph 124; EU AI Act, article 5(1)(e))."""


CODED = (
    "purposes",
    "categories",
    "lawful_bases",
    "source_systems",
    "retention_statuses",
    "signage",
    "view_reasons",
    "pause_reasons",
    "withdrawal_reasons",
    "fingerprint_reasons",
    "force_reasons",
    "prolonging_reasons",
)
"""Lists whose codes must differ, and may not be one of `FORBIDDEN`."""


@dataclass(frozen=True)
class PinnedPolicy:
    policy: Policy
    text: str
    hash: str
    """SHA-256 of the text."""


def read_policy(file: Path) -> PinnedPolicy:
    """Raises PolicyError."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{file}: the policy cannot be read; name one, see deploy/policy/") from error
    return pin(text, str(file))


@lru_cache(maxsize=32)
def pin(text: str, what: str = "the pinned policy") -> PinnedPolicy:
    """Check a policy's text and take its hash; the same text is read once. Raises PolicyError."""
    try:
        policy = msgspec.toml.decode(text, type=Policy)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise PolicyError(f"{what}: {error}") from error
    for name in CODED:
        codes = [item.code for item in getattr(policy, name)]
        if len(codes) != len(set(codes)):
            raise PolicyError(f"{what}: two of `{name}` have the same code")
        if FORBIDDEN & set(codes):
            raise PolicyError(
                f"{what}: `{name}` may not have the code {min(FORBIDDEN & set(codes))!r}: say what is meant"
            )
    if REVIEW not in [reason.code for reason in policy.view_reasons]:
        raise PolicyError(f"{what}: `view_reasons` needs the code {REVIEW!r}: who decides on an alert looks for it")
    if ("volunteer" in (category.code for category in policy.categories)) != policy.test:
        raise PolicyError(f"{what}: the category `volunteer` is for test policies, and is their only one")
    if policy.test and len(policy.categories) != 1:
        raise PolicyError(f"{what}: a test policy lists volunteers only")
    return PinnedPolicy(policy, text, hashlib.sha256(text.encode()).hexdigest())
