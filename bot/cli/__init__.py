"""The command line (a stable contract, see README.md). Exit codes: 0 done, 1 could not, 2 wrong usage."""

import sys
from importlib import import_module

import click

from bot.settings import SettingsError
from feeds.database import DatabaseError
from feeds.sources import SourcesError

# Command -> module of this package that has it. Loaded when asked for, so that `analyse` does not wait for Telegram.
_COMMANDS = {
    "demo": "serving",
    "run": "serving",
    "poll": "serving",
    "brief": "reading",
    "directive": "reading",
    "analyse": "reading",
    "import": "reading",
    "feeds": "feeds",
    "doctor": "upkeep",
    "evaluate": "upkeep",
    "train": "upkeep",
    "migrate": "upkeep",
}


class _Commands(click.Group):
    def list_commands(self, _context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = import_module(f"bot.cli.{_COMMANDS[name]}")
        found: click.Command = getattr(module, f"{name}_command")
        return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Điểm Tin: Vietnamese security policy, briefed in Telegram."""


def main() -> None:
    """Runs a command; an error that we understand is one clear line and exit code 1."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):  # Vietnamese text under any locale
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        commands(standalone_mode=True)
    except (SettingsError, DatabaseError, SourcesError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:  # `bot.py brief | head`
        sys.stderr.close()
        sys.exit(0)
