"""One HTML file with everything in it: plots inlined, the table behind each plot, light and dark, no script."""

from collections.abc import Mapping, Sequence
from html import escape

from evaluation.tables import Table

_STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1a1a1a; --quiet: #5a5a5a; --line: #d4d4d4; }
@media (prefers-color-scheme: dark) { :root { --ground: #16181a; --ink: #e8e8e6; --quiet: #a6a6a2; --line: #3a3d40; } }
body { background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; margin: 0 auto;
  max-width: 60rem; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
p, dd { max-width: 42rem; } .quiet, figcaption, caption { color: var(--quiet); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1rem 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: .5rem 0; } figure svg { width: 100%; height: auto; max-width: 44rem; display: block; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem 1.25rem .25rem 0; text-align: left;
  vertical-align: top; }
th { font-weight: 600; } td { white-space: nowrap; } td:last-child { white-space: normal; }
caption { text-align: left; }
"""


def page(
    title: str, lead: str, facts: Mapping[str, str], tables: Sequence[Table], plots: Mapping[str, str], alone: str = ""
) -> str:
    """`plots`: SVG by the name of the table it belongs to; one without a table stands last, under `alone`."""
    parts = [f"<h1>{escape(title)}</h1>", f"<p>{escape(lead)}</p>", _facts(facts)]
    for table in tables:
        parts.append(f'<section id="{escape(table.name, quote=True)}"><h2>{escape(table.title)}</h2>')
        if table.name in plots:
            parts.append(_figure(plots[table.name], table.title))
        parts.append(f"{_table(table)}</section>")
    named = {table.name for table in tables}
    for name, svg in plots.items():
        if name not in named:
            parts.append(f'<section id="{escape(name, quote=True)}"><h2>{escape(alone)}</h2>')
            parts.append(f"{_figure(svg, alone)}</section>")
    return (
        '<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def _facts(facts: Mapping[str, str]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    return f"<dl>{rows}</dl>"


def _figure(svg: str, title: str) -> str:
    """The SVG without its XML head, named for those who do not see it."""
    drawing = svg[svg.index("<svg") :]
    label = escape(f"Plot: {title}; the figures are in the table below", quote=True)
    named = drawing.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
    return f"<figure>{named}</figure>"


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    note = f'<p class="quiet">{escape(table.note)}</p>' if table.note else ""
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(table.title, quote=True)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{note}"
    )
