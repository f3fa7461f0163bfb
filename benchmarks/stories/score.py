"""How well reports of one event are told from others, on labelled pairs of the recorded feeds.

    python benchmarks/stories/score.py [--replay REPLAY] [--half HALF] [--labels FILE] [--vectors FILE] [--all]
        [--shuffled]

Two tables, precision, recall and F1 of "same": the judgement of two reports alone, and the stories that folding makes
(a pair is found where both stand in one story), in the order of their dates or, `--shuffled`, as they might arrive
otherwise: then also how many pairs within stories both orders make. Last, how many pairs labelled "later" stand in
stories of which one continues the other, and how many of another label.

Folded are the items of the pairs and every item that may be security policy, which is what is folded in use; with
`--all` every recorded item. Vectors come from `FILE`, which keeps those that have to be made; `--words` does without.
"""

# ruff: noqa: T201  what it prints is its result
import argparse
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

from sqlalchemy import insert, select, update

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from recorded import (  # noqa: E402
    LABELS,
    Item,
    LabelledPair,
    items_of,
    load_items,
    load_pairs,
    load_vectors,
    read_reports,
)

from digests.cluster import WINDOW, fold_stories  # noqa: E402
from digests.event import same_event  # noqa: E402
from digests.models import Story, StoryArticle  # noqa: E402
from feeds.classify import first_reading  # noqa: E402
from feeds.database import Database  # noqa: E402
from feeds.documents.find import find_citations  # noqa: E402
from feeds.duplicates import mark_waiting  # noqa: E402
from feeds.models import Article, ArticleVector, Mention  # noqa: E402
from feeds.positions import minute_position  # noqa: E402

REPLAY = ROOT.parent / "shared" / "feeds" / "real" / "replay"
_EMPTY = {"start": 0, "end": 0, "form": "", "quote": "", "candidates": []}
SEEN = datetime(2026, 8, 25, tzinfo=UTC)  # after the last of them
_POLICY = 0.02  # of the first reader
_AT_ONCE = 50  # articles folded together when they arrive shuffled


def print_scores(title: str, pairs: Sequence[LabelledPair], found: Callable[[LabelledPair], bool]) -> None:
    told = [(pair, found(pair)) for pair in pairs]
    print(f"\n{title:<14} pairs  precision  recall     F1")
    parts: list[tuple[str, Callable[[LabelledPair], bool]]] = [
        ("all", lambda _: True),
        ("hard", lambda pair: pair.hard),
        ("policy", lambda pair: pair.field == "policy"),
        ("policy, hard", lambda pair: pair.hard and pair.field == "policy"),
    ]
    for name, belongs in parts:
        some = [(pair.label == "same", is_found) for pair, is_found in told if belongs(pair)]
        right = sum(same and is_found for same, is_found in some)
        precision = right / max(1, sum(is_found for _, is_found in some))
        recall = right / max(1, sum(same for same, _ in some))
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        print(f"{name:<14} {len(some):>5}      {precision:.3f}   {recall:.3f}  {f1:.3f}")
    for label in ("same", "later", "different"):
        some_found = [is_found for pair, is_found in told if pair.label == label]
        print(f"  {label}: {sum(some_found)} of {len(some_found)} taken for one event")


def store(database: Database, items: Iterable[Item], vectors: Mapping[str, bytes]) -> Mapping[str, int]:
    """Stores `items` as kept articles that wait for their stories; id of an item -> id of its article."""
    minutes: Counter[int] = Counter()
    articles, mentions, ids = [], [], {}
    for number, item in enumerate(items, 1):
        ids[item.id] = number
        first = minute_position(item.published)
        minutes[first] += 1
        position = first + minutes[first]
        citations = find_citations(f"{item.title}\n{item.lead}")
        articles.append(
            {
                "id": number,
                "position": position,
                "identity": item.id,
                "outlet": item.outlet,
                "title": item.title,
                "lead": item.lead,
                "text": "",
                "first_seen_at": SEEN,
                "published_at": item.published,
                "state": "waits",
                **{name: [] for name in ("topics", "places", "evidence", "wrong_documents")},
            }
        )
        mentions += [
            {
                "article_id": number,
                "position": position,
                "ordinal": ordinal,
                "stage": citation.stage,
                "key": citation.key,
                "raw": citation.raw,
                "title": citation.title,
                **_EMPTY,
            }
            for ordinal, citation in enumerate(citations)
        ]
    with database.session() as session:
        session.execute(insert(Article), articles)
        session.execute(insert(Mention), mentions)
        rows = [{"article_id": ids[name], "vector": vector} for name, vector in vectors.items() if name in ids]
        if rows:
            session.execute(insert(ArticleVector), rows)
    mark_waiting(database)
    return ids


def fold(database: Database, arriving: Sequence[Sequence[int]]) -> Mapping[int, int]:
    """Folds articles as they arrive; article -> story."""
    for some in arriving:
        with database.session() as session:
            session.execute(update(Article).where(Article.id.in_(some)).values(state="kept"))
            fold_stories(session)
    with database.reading() as session:
        return dict(session.execute(select(StoryArticle.article_id, StoryArticle.story_id)).all())


def continued(database: Database) -> Mapping[int, int]:
    """Story -> the story that it continues."""
    with database.reading() as session:
        rows = session.execute(select(Story.id, Story.continues_id).where(Story.continues_id.is_not(None))).all()
    return {story_id: earlier_id for story_id, earlier_id in rows if earlier_id}


@dataclass(frozen=True, slots=True)
class Told:
    """What folding made of items: item -> story, and story -> the one that it continues."""

    stories: Mapping[str, int]
    earlier: Mapping[int, int]

    def together(self, pair: LabelledPair) -> bool:
        return self.stories[pair.one] == self.stories[pair.other]

    def goes_on(self, pair: LabelledPair) -> bool:
        one, other = self.stories[pair.one], self.stories[pair.other]
        return one != other and (one in self._before(other) or other in self._before(one))

    def _before(self, story_id: int) -> set[int]:
        found: set[int] = set()
        while (story_id := self.earlier.get(story_id, 0)) and story_id not in found:
            found.add(story_id)
        return found


def tell(items: Sequence[Item], vectors: Mapping[str, bytes], *, shuffled: bool = False) -> Told:
    """Folds `items`, in the order in which they stand or another."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/stories.db")
        database.migrate()
        articles = store(database, items, vectors)
        arriving = sorted(articles.values())
        if shuffled:
            random.Random(1).shuffle(arriving)  # noqa: S311  an order, no secret
        stories = fold(database, [arriving[at : at + _AT_ONCE] for at in range(0, len(arriving), _AT_ONCE)])
        return Told({name: stories[article_id] for name, article_id in articles.items()}, continued(database))


def items_to_fold(items: Mapping[str, Item], ids: Collection[str]) -> list[Item]:
    """The items `ids` and all that may be security policy, in the order of their dates."""
    wanted = (i for i in items.values() if i.id in ids or first_reading(i.title, i.lead).score >= _POLICY)
    return sorted(wanted, key=lambda item: (item.published, item.id))


def print_stories(stories: Mapping[str, int]) -> None:
    sizes = Counter(Counter(stories.values()).values())
    several = sum(count for size, count in sizes.items() if size > 1)
    print(f"\n{len(stories)} articles, {len(set(stories.values()))} stories, {several} of several articles, "
          f"the largest of {max(sizes)}")  # fmt: skip


def print_continued(pairs: Sequence[LabelledPair], goes_on: Callable[[LabelledPair], bool]) -> None:
    linked, total = Counter(pair.label for pair in pairs if goes_on(pair)), Counter(pair.label for pair in pairs)
    right = (linked["later"] + linked["same"]) / max(1, linked.total())
    print("continued: " + ", ".join(f"{linked[label]} of {total[label]} {label}" for label in sorted(total))
          + f"; {right:.3f} of them later or same")  # fmt: skip


def pairs_within(stories: Mapping[str, int]) -> set[tuple[str, str]]:
    members: dict[int, list[str]] = defaultdict(list)
    for article_id, story_id in sorted(stories.items()):
        members[story_id].append(article_id)
    return {pair for some in members.values() for pair in combinations(some, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--replay", type=Path, default=REPLAY, help="the folder of recorded feeds")
    parser.add_argument("--half", default="open", help="open, locked or learn")
    parser.add_argument("--labels", type=Path, default=LABELS, help="the labelled pairs")
    parser.add_argument("--vectors", type=Path, help="the file of the items' vectors")
    parser.add_argument("--words", action="store_true", help="without vectors")
    parser.add_argument("--all", action="store_true", help="fold every recorded item")
    parser.add_argument("--shuffled", action="store_true", help="fold also as the items may arrive otherwise")
    options = parser.parse_args()
    if not options.replay.is_dir():
        print(f"skipped: there are no recorded feeds in {options.replay}")
        return
    items = load_items(options.replay)
    pairs = load_pairs({options.half}, options.labels)
    ids = items_of(pairs)
    in_order = sorted(items.values(), key=lambda item: (item.published, item.id))
    if not options.all:
        in_order = items_to_fold(items, ids)
    vectors = {} if options.words else load_vectors(items, [item.id for item in in_order], options.vectors)
    reports = read_reports(items, ids, vectors)

    def judged(pair: LabelledPair) -> bool:
        one, other = reports[pair.one], reports[pair.other]
        return abs(one.dated_at - other.dated_at) <= WINDOW and same_event(one, other) >= 0

    print_scores("two reports", pairs, judged)
    made = []
    for shuffled in (False, True)[: 1 + options.shuffled]:
        told = tell(in_order, vectors, shuffled=shuffled)
        made.append(pairs_within(told.stories))
        print_stories(told.stories)
        print_scores("shuffled" if shuffled else "stories", pairs, told.together)
        print_continued(pairs, told.goes_on)
    if len(made) > 1:
        print(f"\npairs within stories of both orders: {len(made[0] & made[1]) / len(made[0] | made[1]):.3f} of all")


if __name__ == "__main__":
    main()
