"""What choosing and composing a digest costs, in milliseconds of CPU.

    python benchmarks/compose.py [--stories 300 3000] [--digests 200]

A new SQLite database gets as many stories of security policy as `--stories` says, of one to four reports each, three
citations a report, first seen over the day before (3,000: over two weeks). Printed for each number: what the first
digest costs, for which the edition is made (cold), and each of the next ones, of other chats that follow nothing,
follow three documents, have filters of topics and places, or of words (warm; a digest of at most 15 stories,
statements and all, the ledger written outside of the measure). Rendering is not in it.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean, quantiles

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import func, select  # noqa: E402
from sqlalchemy.orm import Session  # noqa: E402

from digests.compose import compose_due  # noqa: E402
from digests.edition import Editions  # noqa: E402
from digests.models import Chat, Digest, Follow, SentStory, Story, StoryArticle, Subscription  # noqa: E402
from digests.subscribers import Reader  # noqa: E402
from feeds.database import Database  # noqa: E402
from feeds.models import Article, Mention  # noqa: E402
from feeds.positions import minute_position  # noqa: E402
from feeds.sources import LEVELS  # noqa: E402
from feeds.store import ensure_documents  # noqa: E402

NOW = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
PLACES = ("Hà Nội", "Nghệ An", "Đồng Nai", "Cà Mau", "Lào Cai", "Sơn La", "Huế", "Đắk Lắk")
TOPICS = ("national_security", "drugs", "cyber_data", "mass_movement", "anti_corruption", "state_secrets")
STAGES = ("mentioned", "implemented", "rolled_out", "issued", "final_review")
WORDS = """
công an tỉnh triển khai thực hiện chỉ thị về bảo đảm an ninh trật tự phòng chống ma túy tội phạm mạng
"""
KINDS: dict[str, dict[str, Sequence[str]]] = {
    "all": {},
    "follows": {},
    "filters": {"topics": TOPICS[:2], "places": PLACES[:4]},
    "words": {"any_words": ("ma túy", "tội phạm"), "no_words": ("bóng đá",)},
}


def fill(session: Session, stories: int, span: timedelta) -> None:
    """The articles of `stories` stories, first seen over `span` before `NOW`."""
    chance = random.Random(6)  # noqa: S311  the same articles every time
    documents = [f"{number}/2025/NĐ-CP#2025" for number in range(1, 200)]
    ensure_documents(session, documents)
    session.add_all([Story(created_at=NOW) for _ in range(stories)])
    session.flush()
    number = 0
    for story_id in range(1, stories + 1):
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            number += 1
            seen = NOW - span * chance.random() - timedelta(minutes=5)
            article = Article(
                position=minute_position(seen) + number,
                identity=f"article {number}",
                url=f"https://bao.example/{number}",
                outlet=f"Báo {chance.randrange(40)}",
                title=" ".join(chance.choices(WORDS.split(), k=14)),
                lead=" ".join(chance.choices(WORDS.split(), k=40)) + ".",
                text=". ".join(" ".join(chance.choices(WORDS.split(), k=20)).capitalize() for _ in range(45)),
                first_seen_at=seen,
                published_at=seen,
                level=chance.choice(LEVELS),
                state="kept",
                score=chance.random(),
                margin=chance.random() * 4,
                topics=chance.sample(TOPICS, 2),
                places=chance.sample(PLACES, chance.randrange(3)),
            )
            article.compared = True
            session.add(article)
            session.flush()
            session.add(StoryArticle(article_id=article.id, story_id=story_id))
            for ordinal, document_id in enumerate(chance.sample(documents, 3)):
                mention = Mention(
                    position=article.position, ordinal=ordinal, start=20, end=40, raw="", form="numbered", quote="",
                    stage=chance.choice(STAGES), key=document_id.partition("#")[0], issuer="CP", year=2025,
                    status="resolved", document_id=document_id,
                )  # fmt: skip
                mention.article_id = article.id
                session.add(mention)
    session.flush()


def measure(session: Session, kind: str, first_chat: int, digests: int, hours: int, editions: Editions) -> list[float]:
    """Milliseconds of CPU of each digest of a kind."""
    spent: list[float] = []
    for chat_id in range(first_chat, first_chat + digests):
        chat = Chat(id=chat_id, created_at=NOW)
        subscription = Subscription(chat_id=chat_id, next_due_at=NOW, **{k: list(v) for k, v in KINDS[kind].items()})
        session.add_all((chat, subscription))
        session.flush()
        if kind == "follows":
            followed = (f"{number}/2025/NĐ-CP#2025" for number in (1, 2, 3))
            session.add_all(Follow(chat_id=chat_id, document_id=one, since=NOW) for one in followed)
        start = NOW - timedelta(hours=hours)
        digest = Digest(
            subscription_id=subscription.id, chat_id=chat_id, due_at=NOW, window_start=start, window_end=NOW
        )
        session.add(digest)
        session.flush()
        reader = Reader(chat, (subscription,))
        began = time.process_time()
        view = compose_due(session, digest, reader, subscription, now=NOW, editions=editions)
        spent.append(1000 * (time.process_time() - began))
        if not view.stories:
            raise SystemExit(f"nothing was chosen for {kind}")
        session.add_all(
            SentStory(chat_id=chat_id, story_id=s.story_id, digest_id=digest.id, at=NOW) for s in view.stories
        )
        session.flush()
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, nargs="+", default=[300, 3000])
    parser.add_argument("--digests", type=int, default=200, help="of each kind")
    given = parser.parse_args()
    for stories in given.stories:
        days = 1 if stories <= 1000 else 14
        with tempfile.TemporaryDirectory() as folder:
            database = Database(f"sqlite:///{folder}/compose.db")
            database.migrate()
            with database.session() as session:
                fill(session, stories, timedelta(days=days))
                reports = session.scalar(select(func.count()).select_from(Article))
            with database.session() as session:
                measure(session, "all", 1, 1, 24 * days, Editions())  # what is loaded once by a process
            for kind in KINDS:
                editions = Editions()
                with database.session() as session:
                    first = 1000 * (1 + list(KINDS).index(kind))
                    cold, *warm = measure(session, kind, first, given.digests + 1, 24 * days, editions)
                p95 = quantiles(warm, n=20)[-1]
                sys.stdout.write(
                    f"{stories} stories, {reports} reports, {kind}: "
                    f"cold {cold:.0f} ms, warm {mean(warm):.2f} ms (p95 {p95:.2f})\n"
                )
            database.close()


if __name__ == "__main__":
    main()
