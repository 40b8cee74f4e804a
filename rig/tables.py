"""Tables of figures on the terminal: calm, within 80 columns; cells wrap rather than being cut."""

import textwrap
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as Drawn

from evaluation.tables import Table

WIDTH = 80


def show(lead: str, tables: Sequence[Table]) -> None:
    """`lead`, then each table under its title, its note below it."""
    console = Console(width=WIDTH, markup=False, highlight=False)
    print(textwrap.fill(lead, WIDTH))
    for table in tables:
        drawn = Drawn(box=None, pad_edge=False)
        for column in table.columns:
            drawn.add_column(column, overflow="fold")
        for row in table.rows:
            drawn.add_row(*row)
        print(f"\n{table.title}")
        console.print(drawn)
        if table.note:
            print(textwrap.fill(table.note, WIDTH))
