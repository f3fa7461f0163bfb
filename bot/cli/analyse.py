"""analyse: what is understood of articles, as JSON lines. Needs no settings, no database, no network."""

from collections.abc import Mapping
from typing import Any

import click

from bot.cli.jsonl import Line, print_line, read_lines
from feeds.analyse import analyse, to_json
from feeds.classify import topic_evidence
from feeds.dates import VIETNAM, parse_date

_PARTS = ("title", "summary", "text")


@click.command("analyse")
def analyse_command() -> None:
    """Say what is understood of articles (JSONL in, JSONL out).

    Reads objects {id, title, summary, text, published?} from stdin, one a line, and writes for each {id, relevant,
    score, topics, places, level, evidence, citations} before it reads the next. The evidence is the phrases that speak
    for relevance, topics and places. The id may be any JSON value and comes back as it is; parts may be missing or
    null. The publication date, ISO or as feeds write it, rules out younger documents; one
    that cannot be read counts as unknown. Offsets count code points of title, summary and text joined by line feeds,
    without the empty parts.

    A line that cannot be used is answered by {id, line, error}, and the rest goes on; the exit code stays 0.
    """
    for line in read_lines():
        print_line(line.refused(line.error) if line.error else _analysed(line))


def _analysed(line: Line) -> Mapping[str, Any]:
    parts = ["" if line.row.get(name) is None else line.row[name] for name in _PARTS]
    for name, part in zip(_PARTS, parts, strict=True):
        if not isinstance(part, str):
            return line.refused(f"{name} must be text")
    published = line.row.get("published")
    moment = parse_date(published) if isinstance(published, str) else None
    day = moment.astimezone(VIETNAM).date() if moment else None
    try:
        analysis = analyse(*parts, published=day)
        topics = analysis.verdict.topics if analysis.verdict.relevant else ()
        return to_json(line.row.get("id"), analysis, topic_evidence(*parts, codes=topics))
    except Exception as error:  # a fault of ours in one text costs no other its answer
        return line.refused(f"unexpected {type(error).__name__}: {error}")
