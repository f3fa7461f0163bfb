"""The README's tables, made from the code: `python -m bot.readme` writes them, a test checks them."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from bot.api.operations import OPERATIONS
from bot.cli import commands
from bot.cli.training import RATING, rating_row
from bot.commands import ADMIN_COMMANDS, COMMANDS
from bot.settings import settings_table
from feeds.scores import Scores, shipped_scores

README = Path(__file__).parent.parent / "README.md"
PROMISES = Path(__file__).parent / "data" / "promises.toml"


def tables() -> Mapping[str, str]:
    """Name of a table -> its Markdown."""
    return {
        "chat commands": _table(
            ("command", "Vietnamese", "does"),
            ((f"`/{command.name}`", f"`/{command.alias}`", command.en) for command in COMMANDS),
        ),
        "admin commands": _table(
            ("command", "Vietnamese", "does"),
            ((f"`/{command.name}`", f"`/{command.alias}`", command.en) for command in ADMIN_COMMANDS),
        ),
        "settings": _table(
            ("variable", "default", "meaning"),
            ((f"`{name}`", f"`{default}`" if default else "", text) for name, default, text in settings_table()),
        ),
        "command line": _table(("command", "does"), _command_line()),
        "operations": _table(
            ("address", "gives", "also as Atom"),
            ((f"`{one.path}`", one.summary, "yes" if one.is_list else "") for one in OPERATIONS),
        ),
        "scores": _scores(shipped_scores()),
        "promises": _table(("", "promise", "shown by", "not built"), _promises()),
    }


def with_tables(text: str) -> str:
    """`text` with what stands between its table markers made anew."""
    for name, table in tables().items():
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}{table}{end}{after}"
    return text


def _command_line() -> Iterable[Sequence[str]]:
    context = click.Context(commands)
    for name in commands.list_commands(context):
        command = commands.get_command(context, name)
        yield f"`{name}`", (command.help or "").split("\n\n")[0].replace("\n", " ") if command else ""


def _promises() -> Iterable[Sequence[str]]:
    kinds = tomllib.loads(PROMISES.read_text("utf-8"))
    for kind, letter in (("feature", ""), ("first", "F")):
        for number, promise in enumerate(kinds[kind], 1):
            shown = "<br>".join(map(_shown, promise["shown"]))
            yield f"{letter}{number}", promise["says"], shown, promise.get("lacks", "")


def _shown(what: str) -> str:
    """A command or script as it is, a test by its name for pytest."""
    file, _, name = what.partition("::")
    return f"`tests/{file}::test_{name}`" if name else f"`{what}`"


def _scores(scores: Scores) -> str:
    when = f"Measured on {scores.measured_on} by version {scores.version} with {scores.rows} labelled articles.\n\n"
    return when + _in_words(scores) + _table(("read", *RATING), map(rating_row, scores.estimates))


def _in_words(scores: Scores) -> str:
    outlet = scores.estimate("outlet")
    if outlet is None:
        return ""
    return (
        f"Precision: of 100 articles that it keeps from unseen outlets, about {100 * outlet.score.precision:.0f} are"
        f" security policy.\nRecall: of 100 there that are security policy, it finds about"
        f" {100 * outlet.score.recall:.0f}.\n\n"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text("utf-8")), "utf-8")
