"""reindex: stored articles read again by the present rules."""

import click
from rich.console import Console
from rich.progress import Progress

from bot.cli.opened import opened_database, ready_settings
from bot.clock import now
from digests.chart import chart_waiting
from feeds.reindex import count_outdated, reindex


@click.command("reindex")
@click.option("--all", "everything", is_flag=True, help="All articles, also those the present rules have read.")
def reindex_command(everything: bool) -> None:
    """Read stored articles again by the present rules.

    After a change of the rules, the trained figures or the catalogue of documents.
    """
    settings = ready_settings()
    with opened_database(settings) as database:
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("reading articles", total=count_outdated(database, everything=everything))
            report = reindex(database, now, everything=everything, on_article=lambda: progress.advance(task))
            chart_waiting(database)
    click.echo(
        f"{report.read} articles read again: {report.turned} verdicts turned, "
        f"documents of {report.resolved_anew} are read otherwise"
    )
