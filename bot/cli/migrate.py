"""migrate: the schema of the database, and the move to another engine."""

import click
from rich.console import Console
from sqlalchemy import make_url

from bot.cli.backup import print_counts
from bot.cli.opened import closed_database, opened_database, ready_settings, shown
from bot.settings import Settings
from digests import dossier_models, models  # noqa: F401 - their tables belong to the schema
from feeds.database import Database, DatabaseError
from feeds.models import Base
from feeds.move import move


@click.command("migrate")
@click.option("--to", "target", metavar="URL", help="Copy all into this empty database; the bot must not run.")
@click.option("--new", "message", hidden=True, help="For developers: write a revision from the changed models.")
def migrate_command(target: str | None, message: str | None) -> None:
    """Bring the database to the newest schema, or move to another.

    With --to all rows go to the database at URL, such as from SQLite to PostgreSQL. The one that DATABASE_URL names
    stays as it is. A password is better in PGPASSWORD or ~/.pgpass than in the URL, which other users of the machine
    could see.
    """
    settings = ready_settings()
    if target:
        _move(settings, target)
        return
    with opened_database(settings) as database:
        if message:
            database.new_revision(message, Base.metadata)
        present, _ = database.revision()
    click.echo(f"{shown(settings)} is at revision {present}, the newest")


def _move(settings: Settings, url: str) -> None:
    try:
        target = Database(url)
    except DatabaseError as error:
        raise click.BadParameter(str(error), param_hint="--to") from error
    with closed_database(settings) as source:
        try:
            with Console(stderr=True).status("copying") as status:
                counts = move(source, target, Base.metadata, lambda name, _: status.update(f"copied {name}"))
        finally:
            target.close()
    print_counts(counts)
    moved = make_url(url).render_as_string()
    click.echo(f"All of {shown(settings)} is in {moved} too, with the same counts.")
    click.echo(f"Set DATABASE_URL to that address{'' if target.is_sqlite else ', with its password'}.")
