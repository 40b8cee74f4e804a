"""Words for a person at a terminal: in 80 columns, without control characters."""

import textwrap

WIDTH = 80


def say(words: str, begin: str = "") -> None:
    """Further lines are indented as far as `begin` reaches. What others wrote reaches no terminal as a command."""
    shown = "".join(character if character.isprintable() else " " for character in words)
    print(
        textwrap.fill(
            " ".join(shown.split()),
            WIDTH,
            initial_indent=begin,
            subsequent_indent=" " * len(begin),
            break_on_hyphens=False,
        )
    )
