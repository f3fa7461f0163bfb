"""doctor: what is wrong with the configuration, the machine, the database, the feeds and Telegram. Changes nothing."""

import json
from collections.abc import Iterator

import click

from bot.cli.doctor_database import look_at_database
from bot.cli.doctor_machine import look_at_machine
from bot.cli.doctor_telegram import look_at_telegram
from bot.cli.finding import Finding, right, wrong
from bot.cli.opened import ready_settings
from bot.logs import mask_secrets
from bot.settings import SettingsError


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line: {what, ok, words}.")
@click.pass_context
def doctor_command(context: click.Context, *, as_json: bool) -> None:
    """Say what is wrong with settings, database, token and feeds.

    Also with this machine, the queues and the webhook, and what to do about it. Changes nothing. Exit code 1:
    something is wrong.
    """
    is_any_wrong = False
    for finding in _findings():
        click.echo(_as_json(finding) if as_json else _as_text(finding))
        is_any_wrong |= finding.is_wrong
    if is_any_wrong:
        context.exit(1)


def _findings() -> Iterator[Finding]:
    try:
        settings = ready_settings()
    except SettingsError as error:
        yield from (wrong("settings", problem) for problem in error.problems)
        return
    yield right("settings", "all can be used")
    for look in (look_at_machine, look_at_database, look_at_telegram):
        yield from look(settings)


def _as_text(finding: Finding) -> str:
    return mask_secrets(f"{'WRONG   ' if finding.is_wrong else 'ok      '} {finding.what}: {finding.words}")


def _as_json(finding: Finding) -> str:
    words = mask_secrets(finding.words)
    return json.dumps({"what": finding.what, "ok": not finding.is_wrong, "words": words}, ensure_ascii=False)
