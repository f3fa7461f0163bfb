"""Tables for the terminal; piped ones keep whole cells, whatever its width."""

import sys

import click
from rich.console import Console
from rich.table import Table

_PIPED_WIDTH = 4000


def print_table(table: Table) -> None:
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    with console.capture() as captured:
        console.print(table)
    click.echo(captured.get(), nl=False)
