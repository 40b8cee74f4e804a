"""What every step of a deployment shares: who acts, whether the state allows it, and the word in the ledger."""

from datetime import datetime

from sqlalchemy.orm import Session

from alerts.application import Application, ApplicationError, read_document
from alerts.decisions import NotFound, Refused
from records.canonical import Json
from records.events import add_event
from records.facts import TEXT, Kind
from records.ledger import append
from records.schema import Deployment, Person


def get_deployment(session: Session, deployment_id: str) -> Deployment:
    """Raises NotFound."""
    found = session.get(Deployment, deployment_id)
    if found is None:
        raise NotFound(f"there is no deployment {deployment_id}")
    return found


def tell(
    session: Session, found: Deployment, actor: str, kind: Kind, facts: dict[str, Json], now: datetime
) -> Deployment:
    """The change itself first, so that the database refuses it before the ledger tells of it."""
    session.flush()
    told = {name: value for name, value in facts.items() if value is not None}
    append(session, actor, kind, {"deployment": found.id, **told}, now)
    add_event(session, "deployment", None, now)
    return found


def acting(session: Session, person: Person, roles: tuple[str, ...], what: str) -> Person:
    """The person as the record knows him or her now."""
    found = session.get(Person, person.id, populate_existing=True)
    if found is None or not found.active or found.role not in roles:
        raise Refused(f"to {what} takes: {' or '.join(role.replace('_', ' ') for role in roles)}")
    return found


def in_state(found: Deployment, states: tuple[str, ...], what: str) -> None:
    if found.state not in states:
        raise Refused(f"a deployment that is {found.state} cannot be {what}")


def application_of(found: Deployment) -> Application:
    application = read_document(found.document)
    if not isinstance(application, Application):
        raise Refused("a test begins by itself: it is not authorised by anybody")
    return application


def text_of(text: str, ask: str) -> str:
    if not TEXT.accepts(text):
        raise ApplicationError(f"{ask}, in {TEXT.what}")
    return text


def note_of(note: str | None) -> str | None:
    return None if note is None else text_of(note, "write the note")
