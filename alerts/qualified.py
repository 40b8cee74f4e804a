"""Who may judge alerts. The database asks the same (`records.rules.training`)."""

from datetime import datetime

from records.schema import Deployment, Person

NOT_QUALIFIED = (
    "under this policy alerts are judged by operators with an in-date test of face matching: take the test on the page"
    " Training"
)


def is_qualified(person: Person, now: datetime) -> bool:
    return person.qualified_until is not None and person.qualified_until > now


def may_judge(person: Person | None, deployment: Deployment, now: datetime) -> bool:
    """Whether the policy of the alert's deployment lets this person judge it, as far as the test goes."""
    return not deployment.qualified_only or (person is not None and is_qualified(person, now))
