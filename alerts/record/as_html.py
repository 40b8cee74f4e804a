"""`record.html`: one file with all in it, for people, printers and screen readers. No script, nothing fetched."""

from html import escape

from alerts.record.fields import Record
from alerts.record.table import Table, moment
from alerts.record.tables import summary_sentence, tables
from alerts.record.words import OUTCOMES

LINK = "record-sha256"
"""Name of the meta element that says which `record.json` the page was made from."""

_STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1a1a1a; --quiet: #555; --line: #b8b8b8; }
@media (prefers-color-scheme: dark) { :root { --ground: #16181a; --ink: #e8e8e6; --quiet: #ababa6; --line: #55585c; } }
body { background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; margin: 0 auto;
  max-width: 60rem; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
p { max-width: 42rem; } .lead { font-size: 1.15rem; } .quiet, caption { color: var(--quiet); }
a { color: inherit; overflow-wrap: anywhere; }
figure { margin: .5rem 0; } figure svg { width: 100%; height: auto; max-width: 44rem; display: block; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem 1.25rem .25rem 0; text-align: left;
  vertical-align: top; font-weight: 400; max-width: 34rem; overflow-wrap: break-word; }
thead th { font-weight: 600; } caption { text-align: left; padding-bottom: .25rem; }
@media print {
  :root { --ground: #fff; --ink: #000; --quiet: #333; --line: #999; }
  body { font-size: 10pt; max-width: none; padding: 0; } h2 { break-after: avoid; }
  th, td { padding-right: .5rem; }
  figure, tr { break-inside: avoid; } thead { display: table-header-group; } .scroll { overflow: visible; }
}
"""


def to_html(record: Record, sha256: str, plots: dict[str, str]) -> bytes:
    """`sha256`: of record.json. `plots`: SVG by the name of their table."""
    content = record.content
    title = f"Record of {content.about.name}"
    public = record.copy == "public"
    copy = "Public copy" if public else "Internal copy: it names alerts and people by their ids. Not for publication"
    test = " This was a test with volunteers." if content.about.kind == "test" else ""
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="quiet">{escape(copy)}. Made {moment(record.made_at)} UTC.{test}</p>',
        f'<p class="lead">{escape(summary_sentence(content))}</p>',
        '<p class="quiet">Where it says "not recorded", the rig does not know it. "–" means: none, or not known.</p>',
    ]
    parts += [section(table, plots.get(table.name)) for table in tables(record)]
    parts.append(_checks(record, sha256))
    return (
        '<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="{LINK}" content="{sha256}">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    ).encode()


def section(table: Table, drawing: str | None) -> str:
    name, heading = escape(table.name, quote=True), escape(table.heading)
    figure = "" if drawing is None else _figure(drawing, table.heading)
    return f'<section id="{name}">\n<h2>{heading}</h2>\n{figure}{table_html(table)}\n</section>'


def table_html(table: Table) -> str:
    """The table by itself, in the same words for every drawing: what `openlfr verify` looks for in the page."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
    seen: set[str] = set()
    rows = "\n".join(_row(table, row, seen) for row in table.rows)
    note = f'\n<p class="quiet">{escape(table.note)}</p>' if table.note else ""
    label = escape(f"{table.heading}: {table.caption}", quote=True)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">\n<table>\n'
        f"<caption>{escape(table.caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n"
        f"</table>\n</div>{note}"
    )


def _row(table: Table, row: tuple[str, ...], seen: set[str]) -> str:
    """Its first cell names it. The first alert with an outcome is where the diagram's numbers lead to."""
    code = next((code for code, words in OUTCOMES.items() if words in row), None) if table.name == "cases" else None
    anchor = "" if code is None or code in seen else f' id="outcome-{code}"'
    seen.update([code] if code else [])
    first, *others = (escape(cell) or "&nbsp;" for cell in row)
    cells = "".join(f"<td>{cell}</td>" for cell in others)
    return f'<tr{anchor}><th scope="row">{first}</th>{cells}</tr>'


def _figure(drawing: str, heading: str) -> str:
    """The SVG without its XML head, named for those who do not see it."""
    label = escape(f"Drawing: {heading}; the figures are in the table below", quote=True)
    svg = drawing[drawing.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
    return f"<figure>{svg}</figure>\n"


def _checks(record: Record, sha256: str) -> str:
    return (
        '<section id="check">\n<h2>Check it</h2>\n'
        "<p>This page lies in a folder with the same figures as JSON and CSV, the part of the rig's ledger that they "
        "can be counted from again, the deletion certificates, and a signed list of all of it. "
        "<code>openlfr verify FOLDER --key signing.public</code> checks everything without the rig.</p>\n"
        f"<p>SHA-256 of record.json:<br><code>{sha256[:32]}</code><br><code>{sha256[32:]}</code></p>\n"
        f"<p>Last entry of the ledger: {record.ledger_seq}, its hash:<br>"
        f"<code>{record.ledger_hash[:32]}</code><br><code>{record.ledger_hash[32:]}</code></p>\n</section>"
    )
