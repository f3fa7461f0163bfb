"""backup, restore, vacuum: for whoever keeps the database."""

from collections.abc import Mapping
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table

from bot.cli.opened import closed_database, opened_database, ready_settings, shown
from bot.clock import now
from digests.admins import BACKUP, note_done
from feeds.backup import back_up
from feeds.contents import reclaim_space
from feeds.restore import restore


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def backup_command(file: Path, *, force: bool) -> None:
    """Write the whole database to a file, while the bot runs.

    An SQLite database, or of PostgreSQL an archive of pg_dump. Only its owner may read it.
    """
    settings = ready_settings()
    with closed_database(settings) as database:
        back_up(database, file, force=force)
        present, newest = database.revision()
        if present == newest:  # one of an earlier version may have no place for it
            with database.session() as session:
                note_done(session, BACKUP, now())
    click.echo(f"{file}: {file.stat().st_size:,} bytes of {shown(settings)}")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace what is in the database.")
def restore_command(file: Path, *, force: bool) -> None:
    """Fill the database from a file that `backup` wrote.

    The bot must not run. A backup of an earlier version is migrated; one of a later version is refused.
    """
    settings = ready_settings()
    with closed_database(settings) as database:
        counts = restore(database, file, force=force)
    print_counts(counts)
    click.echo(f"{shown(settings)} is restored from {file}")


@click.command("vacuum")
def vacuum_command() -> None:
    """Give the disk back what dropped texts took.

    New articles take that space anyway, so it is worth it once, after a shorter KEEP_FULL_TEXT_DAYS.
    """
    settings = ready_settings()
    with opened_database(settings) as database:
        freed = reclaim_space(database)
    click.echo(f"{shown(settings)}: {freed:,} bytes given back")


def print_counts(counts: Mapping[str, int]) -> None:
    """Tables with the number of their rows."""
    table = Table("table", box=box.SIMPLE)
    table.add_column("rows", justify="right")
    for name, rows in counts.items():
        table.add_row(name, f"{rows:,}")
    Console(width=60).print(table)
