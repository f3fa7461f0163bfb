"""The dump: all that is public, once, as it stood at one moment; and nothing of readers."""

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import func, select

from bot.cli.dump import Line, dump_lines
from conftest import NOW
from digests import published
from digests.cluster import fold_stories
from digests.models import Story, StoryArticle
from feeds.database import Database
from feeds.documents import load_catalogue
from feeds.models import ArticleWords, Mention
from newsroom import POLICY, ROBBERY, policy, publish, reader
from terminal import Terminal

LINES: TypeAdapter[Line] = TypeAdapter(Line)


def fill(database: Database, articles: int = 30) -> None:
    with database.session() as session:
        for number in range(articles):
            publish(session, policy(number), "Nhắc cả Chỉ thị 05-CT/TW.", text="Toàn văn.", seen=NOW)
        publish(session, *POLICY, seen=NOW)
        publish(session, *ROBBERY, seen=NOW)
        reader(session, 4242, NOW)
        fold_stories(session)


def dumped(database: Database) -> list[dict[str, Any]]:
    with published.snapshot(database) as session:
        return [json.loads(line.model_dump_json()) for line in dump_lines(session, NOW)]


@pytest.mark.parametrize(("published", "held"), [(NOW, False), (None, True)])
def test_a_review_that_is_dated_after_its_article_is_not_held(
    database: Database, published: datetime | None, held: bool
) -> None:
    with database.session() as session:
        title = f"Năm {NOW.year + 1}, Cà Mau tổng kết 15 năm thực hiện Chỉ thị 09-CT/TW (khóa XI)"
        publish(session, title, seen=NOW, published=published)
    of_kind = {line["type"]: line for line in dumped(database)}
    assert (of_kind["mention"]["held"], of_kind["article"]["documents"][0]["held"]) == (held, held)


def test_everything_public_is_in_it_once(database: Database) -> None:
    fill(database)
    lines = dumped(database)
    counts = Counter(line["type"] for line in lines)
    with database.reading() as session:
        indexed = set(session.scalars(select(ArticleWords.article_id)))
        cites = Mention.article_id.in_(indexed), Mention.key.is_not(None), Mention.status != "withdrawn"
        mentions = session.scalar(select(func.count()).select_from(Mention).where(*cites))
        stories = session.scalar(select(func.count(Story.id)))
        told = {tuple(row) for row in session.execute(select(StoryArticle.story_id, StoryArticle.article_id))}
    assert len(indexed) == 31
    assert {line["id"] for line in lines if line["type"] == "article"} == indexed
    assert counts == {
        "dump": 1, "document": counts["document"], "article": 31, "mention": mentions, "story": stories, "end": 1,
    }  # fmt: skip
    assert {(line["id"], i) for line in lines if line["type"] == "story" for i in line["articles"]} == told
    documents = [line["id"] for line in lines if line["type"] == "document"]
    assert len(documents) == len(set(documents)) > len(load_catalogue().documents)
    assert set(documents) >= {line["document"] for line in lines if line["type"] == "mention" and line["document"]}
    assert lines[0]["type"] == "dump"
    assert lines[-1] == {
        "type": "end",
        "documents": counts["document"],
        "articles": counts["article"],
        "mentions": counts["mention"],
        "stories": counts["story"],
    }


def test_batches_have_no_seams(database: Database) -> None:
    fill(database, 7)
    with database.reading() as session:
        one_by_one = [row.id for batch in published.each_article(session, 1) for row in batch]
        assert one_by_one == [row.id for batch in published.each_article(session, 3) for row in batch]
        assert len(one_by_one) == 8
        stories = [row.id for batch in published.each_story(session, 2) for row, _ in batch]
        assert stories == [row.id for batch in published.each_story(session) for row, _ in batch]
        assert len(stories) == len(set(stories)) == 8


def test_it_is_of_one_moment_while_news_comes_in(database: Database) -> None:
    fill(database, 3)
    with published.snapshot(database) as session:
        lines = dump_lines(session, NOW)
        assert next(lines).type == "dump"
        assert next(lines).type == "document"
        with database.session() as other:
            publish(other, policy(8), seen=NOW + timedelta(hours=1))
            fold_stories(other)
        types = Counter(line.type for line in lines)
    assert (types["article"], types["story"]) == (4, 4)
    assert len([line for line in dumped(database) if line["type"] == "article"]) == 5


def test_doubt_and_sentences_are_told_and_texts_and_readers_are_not(database: Database) -> None:
    fill(database, 2)
    lines = dumped(database)
    doubtful = [line for line in lines if line["type"] == "mention" and line["key"] == "05-CT/TW"]
    assert {line["status"] for line in doubtful} == {"ambiguous"}
    assert all(line["quote"] == "Nhắc cả Chỉ thị 05-CT/TW." for line in doubtful)
    assert "Toàn văn" not in str(lines)
    assert "4242" not in str(lines)


def test_every_line_is_as_the_schema_says(terminal: Terminal) -> None:
    database = Database(f"sqlite:///{terminal.folder / 'terminal.db'}")
    database.migrate()
    fill(database, 3)
    database.close()
    ended = terminal("dump", "-")
    assert ended.code == 0
    for line in ended.out.splitlines():
        LINES.validate_json(line)
    with pytest.raises(ValueError, match="validation errors"):
        LINES.validate_python({"type": "subscriber"})
    assert json.loads(terminal("dump", "--schema").out) == LINES.json_schema(mode="serialization")
    file = terminal.folder / "all.jsonl"
    file.write_text("old", "utf-8")
    assert terminal("dump", str(file)).code == 0
    assert len(file.read_text("utf-8").splitlines()) == len(ended.out.splitlines())
    assert [path.name for path in terminal.folder.glob("*.part")] == []


@pytest.mark.parametrize("arguments", [("dump",), ("dump", "-", "--schema")])
def test_a_file_or_the_schema(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    assert terminal(*arguments).code == 2


def test_a_file_that_cannot_be_written_is_said(terminal: Terminal) -> None:
    ended = terminal("dump", "no/such/folder/all.jsonl")
    assert (ended.code, "cannot write" in ended.err) == (1, True)
