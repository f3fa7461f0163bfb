"""How fast the chat answers: the journey of the tests, through a database with many articles, as times and as a page.

    python benchmarks/journey.py [--replay REPLAY] [--stored 100000] [--page journey.html]

Stored before the journey are the articles of `benchmarks/search.py`, each a story of its own, every fifth citing a
document of the catalogue; then the bundled sample news is read among them. Printed per kind of act: milliseconds of the
clock until the answer has come, and of CPU (of the bot, the stand-in of Telegram and whatever else this process does
meanwhile). `answers` are all but `clock`, which goes on to the next digest and reads what outlets published until then.
The page shows the chat as it went, in both languages. Needs the extra `test`.
"""

# ruff: noqa: T201  what it prints is its result
import argparse
import asyncio
import statistics
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, text

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)]

import search  # noqa: E402

import test_bot  # noqa: E402
from bot.clock import now  # noqa: E402
from bot.sandbox.entities import utf16_length  # noqa: E402
from digests.templates import LANGUAGES  # noqa: E402
from feeds.database import Database  # noqa: E402
from feeds.documents import load_catalogue  # noqa: E402
from feeds.models import Base  # noqa: E402
from feeds.store import ensure_documents  # noqa: E402
from journey import Journey, Step, travel  # noqa: E402

_BATCH = 5000
_TAGS = {"bold": "b", "italic": "i", "code": "code", "pre": "pre", "blockquote": "blockquote", "text_link": "a"}
_STYLE = """
body { margin: 0; background: #dfe5ea; font: 15px/1.4 system-ui, "Noto Sans", sans-serif }
main { max-width: 390px; margin: 0 auto; padding: 8px }
h1, h2 { font-size: 16px; margin: 16px 4px 8px }
.said { margin: 8px 0 4px auto; background: #e1f5cf }
.came { margin: 4px 0; background: #fff }
.said, .came { width: fit-content; max-width: 86%; padding: 7px 11px; border-radius: 12px; overflow-wrap: anywhere;
  white-space: pre-wrap }
.row { display: flex; gap: 4px; max-width: 86%; margin: 3px 0 }
.row span { flex: 1; text-align: center; background: #c6d4dd; border-radius: 8px; padding: 5px; font-size: 13px }
.toast, .where { color: #566; font-size: 12px; margin: 2px 6px }
blockquote { margin: 4px 0; padding-left: 8px; border-left: 3px solid #8aa }
a { color: #2471a3; text-decoration: none }
"""


def fill(database: Database, items: Sequence[tuple[str, str]], size: int, moment: datetime) -> None:
    """Articles, their stories and the citations of every fifth."""
    search.fill(database, items, size, moment)
    tables = Base.metadata.tables
    documents = [(one.id, one.key) for one in load_catalogue().documents]
    with database.session() as session:
        ensure_documents(session, [own for own, _ in documents])
    with database.engine.begin() as connection:
        article = tables["article"]
        stored = connection.execute(select(article.c.id, article.c.position, article.c.title)).all()
        for start in range(0, len(stored), _BATCH):
            some = stored[start : start + _BATCH]
            connection.execute(insert(tables["story"]), [{"id": row.id, "created_at": moment} for row in some])
            members = [{"article_id": row.id, "story_id": row.id, "placement": row.id} for row in some]
            connection.execute(insert(tables["story_article"]), members)
            cited = [(row, *documents[row.id // 5 % len(documents)]) for row in some if row.id % 5 == 0]
            connection.execute(
                insert(tables["mention"]),
                [
                    {
                        "article_id": row.id,
                        "position": row.position,
                        "ordinal": 0,
                        "start": 0,
                        "end": 1,
                        "raw": key or own,
                        "form": "number",
                        "quote": row.title,
                        "stage": "implemented",
                        "key": key,
                        "document_id": own,
                        "status": "resolved",
                        "rule": "only",
                        "candidates": [],
                    }
                    for row, own, key in cited
                ],
            )
        connection.execute(text("ANALYZE"))


async def travelled(language: str) -> Journey:
    """The journey in that language, in a bot of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with test_bot.world(Path(folder)) as here:
            journey = Journey(here, language, patience=120)
            await travel(journey)
            return journey


async def read_among(folder: Path) -> None:
    """Reads the sample news into the database of a folder; bots of `test_bot.world` begin with the result."""
    async with test_bot.world(folder):
        pass


def report(steps: Sequence[Step]) -> None:
    print(f"{'kind':10} {'acts':>5} {'clock p50':>10} {'p95':>7} {'max':>7} {'CPU p50':>8} {'p95':>7} {'max':>7}  ms")
    groups = {kind: [step for step in steps if step.kind == kind] for kind in sorted({step.kind for step in steps})}
    groups |= {"answers": [step for step in steps if step.kind != "clock"], "all": list(steps)}
    for kind, some in groups.items():
        figures = [figure for times in (_wall(some), _cpu(some)) for figure in _figures(times)]
        print(f"{kind:10} {len(some):5} {figures[0]:10.0f} " + " ".join(f"{figure:7.0f}" for figure in figures[1:]))
    print("slowest:")
    for step in sorted(steps, key=lambda step: -step.wall)[:12]:
        print(f"  {step.wall:7.0f} {step.cpu:7.0f}  {step.kind:8} {step.said[:80]!r}")


def _wall(steps: Sequence[Step]) -> Sequence[float]:
    return sorted(step.wall for step in steps)


def _cpu(steps: Sequence[Step]) -> Sequence[float]:
    return sorted(step.cpu for step in steps)


def _figures(times: Sequence[float]) -> tuple[float, float, float]:
    return statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.95))], times[-1]


def page_of(journeys: Sequence[Journey]) -> str:
    """The chats as they went, one language after the other."""
    parts = [f"<h1>{'Tiếng Việt' if one.language == 'vi' else 'English'}</h1>{_steps(one.steps)}" for one in journeys]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
    return f"<!DOCTYPE html>{head}<title>Điểm Tin</title><main>{''.join(parts)}</main>"


def _steps(steps: Sequence[Step]) -> str:
    out, where = [], ""
    for number, step in enumerate(steps, 1):
        if step.where != where:
            where = step.where
            out.append(f"<h2>{escape(where)}</h2>")
        out.append(f'<div class="said" id="{number}">{escape(step.said)}</div>')
        if step.toast:
            out.append(f'<div class="toast">{escape(step.toast)}</div>')
        out += [_message(message) for message in step.answers]
        out.append(f'<div class="toast">{number} · {step.wall:.0f} ms</div>')
    return "\n".join(out)


def _message(message: dict[str, Any]) -> str:
    words, entities = message.get("text"), message.get("entities", [])
    if words is None:
        words, entities = message.get("caption", ""), message.get("caption_entities", [])
    file = message.get("document", {}).get("file_name") or ("photo" in message and "PNG")
    body = (f"<b>{escape(file)}</b>\n" if file else "") + _html(words, entities)
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    labels = ["".join(f"<span>{escape(button['text'])}</span>" for button in row) for row in rows]
    keyboard = "".join(f'<div class="row">{row}</div>' for row in labels)
    return f'<div class="came">{body}</div>{keyboard}'


def _html(words: str, entities: Sequence[dict[str, Any]]) -> str:
    """Telegram's entities nest, so what begins first and is longest is opened first."""
    opened: list[tuple[int, str]] = []
    marks = sorted((e for e in entities if e["type"] in _TAGS), key=lambda e: (e["offset"], -e["length"]))
    out, at = [], 0
    for letter in [*words, ""]:
        while opened and opened[-1][0] <= at:
            out.append(f"</{opened.pop()[1]}>")
        while letter and marks and marks[0]["offset"] <= at:
            mark = marks.pop(0)
            tag = _TAGS[mark["type"]]
            out.append(f'<a href="{escape(mark["url"])}">' if tag == "a" else f"<{tag}>")
            opened.append((mark["offset"] + mark["length"], tag))
        out.append(escape(letter))
        at += utf16_length(letter)
    return "".join(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replay", type=Path, default=search.REPLAY)
    parser.add_argument("--stored", type=int, default=100_000)
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    items = search.recorded(options.replay) if options.stored else []
    if options.stored and not items:
        sys.exit(f"no recorded items in {options.replay}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        database = Database(f"sqlite:///{folder}/demo.db")
        database.migrate()
        if items:
            fill(database, items, options.stored, now())
        database.close()
        asyncio.run(read_among(Path(folder)))
        journeys = [asyncio.run(travelled(language)) for language in LANGUAGES]
    for journey in journeys:
        print(f"\n{journey.language}: {len(journey.steps)} steps, {options.stored} articles stored before")
        report(journey.steps)
    print("\nin all")
    report([step for journey in journeys for step in journey.steps])
    if options.page:
        options.page.write_text(page_of(journeys), encoding="utf-8")


if __name__ == "__main__":
    main()
