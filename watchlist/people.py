"""Who may do what to a list: the roles, looked up where the act is done."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from records.schema import Person
from watchlist.errors import NotAllowed


def require(session: Session, actor: str, roles: Sequence[str], what: str) -> Person:
    """The active person with this id and one of these roles. Raises NotAllowed."""
    person = session.get(Person, actor)
    if person is None or not person.active or person.role not in roles:
        named = " or ".join(role.replace("_", " ") for role in roles)
        raise NotAllowed(f"to {what} takes an active {named}")
    return person
