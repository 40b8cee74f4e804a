"""Templates to pages. Every value is escaped; a missing one is an error, not an empty place."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from operator_ui import words
from operator_ui.language import install
from operator_ui.script_texts import script_texts
from operator_ui.steps import Viewer
from records.times import to_text

HERE = Path(__file__).parent


def make_templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    install(templates)
    templates.globals["words"] = words
    templates.globals["script_texts"] = script_texts
    templates.filters["utc"] = to_text
    return templates


def render(
    request: Request,
    template: str,
    viewer: Viewer | None,
    *,
    code: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: object,
) -> HTMLResponse:
    band = getattr(request.state, "band", None)
    page = drawn(request, template, viewer=viewer, path=request.url.path, code=code, band=band, **context)
    return HTMLResponse(page, code, headers)


def drawn(request: Request, template: str, **context: object) -> str:
    """A part of a page, as text."""
    templates = request.app.state.templates
    assert isinstance(templates, Environment)
    return templates.get_template(template).render(**context)
