"""migrate: the schema of the database."""

import click

from bot.cli.opened import opened_database, ready_settings, shown
from digests import dossier_models, models  # noqa: F401 - their tables belong to the schema
from feeds.models import Base


@click.command("migrate")
@click.option("--new", "message", hidden=True, help="For developers: write a revision from the changed models.")
def migrate_command(message: str | None) -> None:
    """Bring the database to the newest schema."""
    settings = ready_settings()
    with opened_database(settings) as database:
        if message:
            database.new_revision(message, Base.metadata)
        present, _ = database.revision()
    click.echo(f"{shown(settings)} is at revision {present}, the newest")
