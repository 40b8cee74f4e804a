"""Every fault as one clear line: JSON for the API, a page for people. Bad input is never a 5xx."""

import logging

from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import HTTPExceptionHandler

from alerts.decisions import NotFound, Refused
from operator_ui.answers import Fault, answer_json
from operator_ui.language import told
from operator_ui.rendering import render
from records.errors import LedgerError, RecordsError, SigningError, VaultError
from watchlist.errors import NoSuchEntry, NotAllowed

log = logging.getLogger(__name__)

PHRASES = {404: "There is no such page", 405: "This page cannot be used that way"}


def _answer(request: Request, status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    message = told(sentence)
    if request.url.path.startswith(("/api/", "/events")):
        return answer_json(Fault(message), status, headers)
    return render(request, "error.html", None, code=status, headers=headers, message=message)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = PHRASES.get(error.status_code)
    message = known if known and error.detail in ("Not Found", "Method Not Allowed") else error.detail
    return _answer(request, error.status_code, message, dict(error.headers) if error.headers else None)


def _not_found(request: Request, error: Exception) -> Response:
    return _answer(request, 404, str(error.args[0]))


def _refused(request: Request, error: Exception) -> Response:
    return _answer(request, 409, str(error))


def _bad_input(request: Request, error: Exception) -> Response:
    return _answer(request, 422, str(error))


def _damaged(request: Request, error: Exception) -> Response:
    log.error("the rig's record is not in order: %s", error)
    return _answer(request, 503, "the rig's record is not in order: nothing was stored; its log says more")


def _rule(request: Request, error: Exception) -> Response:
    # A trigger's message is written for people; a constraint's names a table and stays here.
    assert isinstance(error, IntegrityError)
    text = str(error.orig)
    log.warning("the record refused a change: %s", text)
    return _answer(request, 409, "the record refuses this change" if "constraint failed" in text else text)


def _no_such_value(request: Request, error: Exception) -> Response:
    # PostgreSQL refuses what no name or id can be, as a zero byte in an address; SQLite finds nothing by it.
    return _answer(request, 404, PHRASES[404])


def _busy(request: Request, error: Exception) -> Response:
    log.error("the record cannot be reached: %s", error)
    return _answer(request, 503, "the record cannot be reached at the moment: nothing was stored, try again")


HANDLERS: dict[int | type[Exception], HTTPExceptionHandler] = {
    HTTPException: _http,
    NotFound: _not_found,
    Refused: _refused,
    NoSuchEntry: _not_found,
    NotAllowed: _refused,
    RecordsError: _bad_input,
    VaultError: _damaged,
    LedgerError: _damaged,
    SigningError: _damaged,
    IntegrityError: _rule,
    DataError: _no_such_value,
    OperationalError: _busy,
}
