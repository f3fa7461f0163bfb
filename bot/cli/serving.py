"""Commands that work until they are stopped: run, demo."""

import asyncio
import errno
from datetime import datetime
from pathlib import Path

import click

from bot.application import Role, run
from bot.cli.opened import naming_database, ready_settings
from bot.demo.play import play


class _Roles(click.ParamType[list[Role]]):
    name = "ROLES"

    def convert(self, value: object, param: click.Parameter | None, context: click.Context | None) -> list[Role]:
        names = [name.strip() for name in str(value).split(",") if name.strip()]
        known = {role.value: role for role in Role}
        if not names or not known.keys() >= set(names):
            self.fail(f"choose from {', '.join(known)}, separated by commas", param, context)
        return [known[name] for name in names]


@click.command("run")
@click.option("--only", type=_Roles(), default=",".join(Role), show_default=True, help="What this process does.")
def run_command(only: list[Role]) -> None:
    """Run the bot, until SIGTERM or Ctrl+C.

    It polls feeds, serves chats, delivers digests and, where API_PORT is set, answers the HTTP API. Needs
    TELEGRAM_TOKEN, unless --only poll,api.
    """
    settings = ready_settings("info")
    with naming_database(settings):
        asyncio.run(run(settings, only))


@click.command("demo")
@click.option(
    "--feeds",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Saved feeds to serve instead of the sample news.",
)
@click.option(
    "--from",
    "first",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day of the saved feeds to begin with; without it their last.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8642, show_default=True, help="Of the page; 0: any free."
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def demo_command(folder: Path | None, first: datetime | None, port: int, no_browser: bool) -> None:
    """Try the whole bot in a local chat page.

    With sample news, without a token or the internet, until SIGTERM or Ctrl+C.
    """
    if first and folder is None:
        raise click.UsageError("--from needs --feeds: the sample news is of today")
    day = first.date() if first else None
    try:
        asyncio.run(play(folder, port, day=day, open_browser=not no_browser, announce=click.echo))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise click.ClickException(f"port {port} is taken; --port 0 takes a free one") from error
