"""How one types a command at this very program, for messages that name one: they can be copied."""

import shlex
import sys


def typed(command: str) -> str:
    """`.venv/bin/python bot.py COMMAND`, `diem-tin COMMAND`: as this program was started."""
    started = sys.orig_argv[:1] if sys.argv[0].endswith(".py") else []
    return f"{shlex.join([*started, sys.argv[0]])} {command}"
