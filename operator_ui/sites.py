"""At which address a request came in, as WebAuthn asks for it."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

from alerts.passkeys import Site, site_of
from operator_ui.desk import desk_of

NO_PASSKEYS = "passkeys work only at an https address with a name, or at http://localhost: this address is neither"


def site_of_request(request: Request) -> Site | None:
    return site_of("https" if desk_of(request).settings.tls else "http", request.headers.get("host", ""))


def site_or_409(request: Request) -> Site:
    """Raises HTTPException where browsers have no passkeys."""
    site = site_of_request(request)
    if site is None:
        raise HTTPException(409, NO_PASSKEYS)
    return site
