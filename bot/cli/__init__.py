"""The command line (a stable contract, see README.md).

Exit codes: 0 done, 1 could not (one line on stderr says why), 2 wrong usage. Never a trace, unless LOG_LEVEL=debug.
"""

import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

# Command -> module of this package that has it. Loaded when asked for, so that `analyse` does not wait for Telegram.
_COMMANDS = {
    "demo": "serving",
    "run": "serving",
    "poll": "polling",
    "brief": "brief",
    "directive": "directive",
    "analyse": "analyse",
    "why": "why",
    "import": "importing",
    "dump": "dump",
    "feeds": "feeds",
    "doctor": "doctor",
    "evaluate": "training",
    "train": "training",
    "review": "review",
    "reindex": "reindex",
    "migrate": "migrate",
    "backup": "backup",
    "restore": "backup",
    "vacuum": "backup",
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

    def resolve_command(self, context: click.Context, args: list[str]) -> Any:
        near = get_close_matches(args[0], _COMMANDS, n=1)
        if args[0] not in _COMMANDS and near:
            context.fail(f"No such command '{args[0]}'. Did you mean '{near[0]}'?")
        return super().resolve_command(context, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Điểm Tin: Vietnamese security policy, briefed in Telegram.

    Settings come from the environment or the file .env; see README.md. Exit codes: 0 done, 1 could not, 2 wrong
    usage.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command and exits with its code."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):  # Vietnamese text under any locale
        if stream and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(_run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: Sequence[str]) -> int:
    try:
        # Not `commands.main`, which ends a broken pipe with 1 and a line of its own.
        with commands.make_context("bot.py", list(arguments)) as context:
            commands.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped.", err=True)
        return 1
    except BrokenPipeError:  # `bot.py brief | head`: the reader has had enough
        _drop_output()
        return 0
    except Exception as error:
        from bot.cli.errors import explain, trace

        _drop_output()
        if os.environ.get("LOG_LEVEL", "").lower() == "debug":
            click.echo(trace(error), err=True)
        click.echo(f"Error: {explain(error)}", err=True)
        return 1
    return 0


def _drop_output() -> None:
    """What could not be written is not tried again at exit, which would end in a trace and another exit code."""
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
