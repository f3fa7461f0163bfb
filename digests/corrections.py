"""What a chat was told and is not so: told once, without sound, with the next digest that goes out for it.

::

    SentStory.shown, or the last Correction.shown --compare--> what is stored now, differently --> CorrectionView
                                                                                        Correction <--record--+

What is corrected, of a story told in the last `CORRECTED_FOR`:

1. A document that was shown and that no report of the story is read to cite any more, or of which review says so. It is
   still cited where only its number was shown, and its term, year or place is known by now, or review says only which
   document of that number it is not; it is not where these were shown and are others now; it is doubtful where they
   were shown and it is only one of the candidates now. What the
   reports newly cite is told only beside what it replaces: a page read later adds documents, which is no error. A
   document's name follows from its id, so that a catalogue which knows better shows in the readings (`reindex`).
2. What was said to be done with a document, where no report says so any more, or it is another number of years.
   `rolled_out` and `implemented` are one; "mentioned" says nothing that could be wrong.
3. A headline that was shown, where the outlet's new one says something else (digests.headlines); not one of ours.
4. A report that was shown and tells another event, by a split.
5. A report that review found to be no security policy. A verdict of the classifier that turns is no error of fact.

What is not stored any more is known of no more: nothing is said of it. Articles are looked at only if they were revised
(`Article.revised_at`) or taken out (`Story.split_at`) since the story was told.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, load_only

from digests.candidates import VIEWED, view_article
from digests.edition import CORRECTED_FOR, READ_BEFORE, revised_stories
from digests.headlines import says_otherwise
from digests.held import is_held
from digests.models import Correction, Digest, SentStory, StoryArticle
from digests.views import CorrectionView, StageCorrection, StoryView, meant
from feeds.database import chunks
from feeds.documents import document_name
from feeds.models import Article, ArticleVersion, Mention
from feeds.store import published_on

MOST = 10
"""Corrections in one digest; the others come with the next."""
MOST_REPORTS = 20
MOST_ADDED = 6
_BATCH = 100  # stories compared at a time
_ALIKE = {"rolled_out": "implemented"}
_LONGEST_TITLE = 1000
_READ = (
    Mention.article_id,
    Mention.key,
    Mention.document_id,
    Mention.status,
    Mention.candidates,
    Mention.stage,
    Mention.stage_years,
    Mention.quote,
    Mention.raw,
)

Stage = tuple[str, int | None]
"""What is done with a document, and the years that are reviewed."""


def shown_of(story: StoryView) -> dict[str, Any]:
    """What a message says of a story, for `SentStory.shown`: "head" is (article id, headline, whether it is ours);
    "documents" are (id, or only the key where that is not certain; stage; its years); "reports" are article ids.
    """
    return _shown(
        story.head.article_id,
        story.head.title,
        story.head.title_is_ours,
        [(meant(chip), chip.stage, chip.stage_years) for chip in story.documents],
        [report.article_id for report in (story.head, *story.others)],
    )


def find_corrections(
    session: Session, chat_id: int, now: datetime, language: str, revised: Mapping[int, datetime] | None = None
) -> tuple[CorrectionView, ...]:
    """What this chat is to be told was not so, at most `MOST`, what was told first before the rest; only reads.

    Of a story whose digest is still on its way nothing is said yet. `revised` are the stories that may be others than
    they were when they were told, where it is known (`Edition.revised`).
    """
    if revised is None:
        revised = revised_stories(session, now - CORRECTED_FOR)
    story_ids = _revised(session, chat_id, now, revised)
    found: list[CorrectionView] = []
    for start in range(0, len(story_ids), _BATCH):
        told = _as_told(session, chat_id, story_ids[start : start + _BATCH])
        known = _known(session, told)
        found += filter(None, (_compare(one, known, language) for one in told))
        if len(found) >= MOST:
            break
    return tuple(found[:MOST])


def record_corrections(
    session: Session, digest: Digest, corrections: Sequence[CorrectionView], parts: Mapping[int, int], now: datetime
) -> None:
    """Remembers what the digest corrects, so that it is told once; `parts` are the numbers of its messages by story."""
    session.add_all(
        Correction(
            chat_id=digest.chat_id,
            story_id=correction.story_id,
            digest_id=digest.id,
            at=now,
            part=parts[correction.story_id],
            shown=dict(correction.shown),
        )
        for correction in corrections
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """What a chat knows of a story: `shown_of` without JSON."""

    story_id: int
    at: datetime
    head_id: int
    title: str
    title_is_ours: bool
    documents: Mapping[str, Stage]
    reports: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored now: reports that were shown, which articles tell which story, and what these cite; `edits` are
    the earlier headlines of the reports, oldest first, with when each was replaced.
    """

    reports: Mapping[int, Article]
    stories: Mapping[int, int]
    members: dict[int, list[int]] = field(default_factory=dict)
    mentions: dict[int, list[Mention]] = field(default_factory=dict)
    edits: dict[int, list[tuple[datetime, str]]] = field(default_factory=dict)

    def title_at(self, article_id: int, moment: datetime) -> str:
        """The headline of a report as it was then."""
        later = (title for replaced_at, title in self.edits.get(article_id, ()) if replaced_at >= moment)
        return next(later, self.reports[article_id].title)


@dataclass(frozen=True, slots=True)
class _Documents:
    """What is not so of the documents that were shown."""

    removed: Sequence[str] = ()
    added: Sequence[str] = ()
    doubtful: Sequence[str] = ()
    stages: Mapping[str, Stage] = field(default_factory=dict)
    put_off: Collection[str] = ()
    """Those of the stages that are only asked for or planned (digests.held)."""


def _revised(session: Session, chat_id: int, now: datetime, revised: Mapping[int, datetime]) -> Sequence[int]:
    """Those of the revised stories that this chat was told of before, what was told first before the rest."""
    told: list[tuple[datetime, int]] = []
    for some in chunks(revised):
        rows = session.execute(
            select(SentStory.at, SentStory.story_id)
            .join(Digest, Digest.id == SentStory.digest_id)
            .where(
                SentStory.chat_id == chat_id,
                SentStory.story_id.in_(some),
                SentStory.at >= now - CORRECTED_FOR,
                Digest.state.not_in(("due", "composed")),
            )
        )
        told += [(row.at, row.story_id) for row in rows if revised[row.story_id] >= row.at - READ_BEFORE]
    return [story_id for _, story_id in sorted(told)]


def _as_told(session: Session, chat_id: int, story_ids: Sequence[int]) -> Sequence[_Told]:
    """What the chat knows of stories: by the last correction, else by the digest that told it."""
    told: dict[int, tuple[datetime, Mapping[str, Any]]] = {}
    for table in (SentStory, Correction):
        of_chat = select(table.story_id, table.at, table.shown).where(table.chat_id == chat_id)
        rows = session.execute(of_chat.where(table.story_id.in_(story_ids)).order_by(table.at, table.digest_id))
        told |= {story_id: (at, shown) for story_id, at, shown in rows}
    # Earlier versions did not store what they showed.
    return [_read(story_id, *told[story_id]) for story_id in story_ids if told[story_id][1]]


def _read(story_id: int, at: datetime, shown: Mapping[str, Any]) -> _Told:
    head_id, title, title_is_ours = shown["head"]
    documents = {document: (stage, years) for document, stage, years in shown["documents"]}
    return _Told(story_id, at, head_id, title, title_is_ours, documents, shown["reports"])


def _known(session: Session, told: Sequence[_Told]) -> _Known:
    shown = {article_id for one in told for article_id in (one.head_id, *one.reports)}
    columns = load_only(*VIEWED, Article.ruled_out, raiseload=True)
    reports = session.scalars(select(Article).where(Article.id.in_(shown)).options(columns))
    placed = session.execute(
        select(StoryArticle.article_id, StoryArticle.story_id).where(
            or_(StoryArticle.story_id.in_({one.story_id for one in told}), StoryArticle.article_id.in_(shown))
        )
    )
    known = _Known({report.id: report for report in reports}, {row.article_id: row.story_id for row in placed})
    for article_id, story_id in known.stories.items():
        known.members.setdefault(story_id, []).append(article_id)
    versions = select(ArticleVersion.article_id, ArticleVersion.replaced_at, ArticleVersion.title)
    for row in session.execute(versions.where(ArticleVersion.article_id.in_(shown)).order_by(ArticleVersion.id)):
        known.edits.setdefault(row.article_id, []).append((row.replaced_at, row.title))
    cited = select(Mention).where(Mention.article_id.in_(shown | known.stories.keys()), Mention.key.is_not(None))
    dated = joinedload(Mention.article).load_only(Article.published_at, raiseload=True)
    options = load_only(*_READ, raiseload=True), dated
    for mention in session.scalars(cited.order_by(Mention.article_id, Mention.ordinal).options(*options)):
        known.mentions.setdefault(mention.article_id, []).append(mention)
    return known


def _compare(told: _Told, known: _Known, language: str) -> CorrectionView | None:
    """What of `told` is not so; None where all of it still stands."""
    head = known.reports.get(told.head_id)
    if head is None:
        return None
    story_id = known.stories.get(told.head_id, told.story_id)
    reports = [known.reports[article_id] for article_id in told.reports if article_id in known.reports]
    astray = [report for report in reports if known.stories.get(report.id, story_id) != story_id]
    gone = {report.id for report in astray}
    withdrawn = [report for report in reports if report.ruled_out and report.id not in gone]
    gone |= {report.id for report in withdrawn}
    is_retitled = not (told.title_is_ours or head.title_is_ours) and says_otherwise(told.title, head.title)
    retitled = [
        (was, report)
        for report in reports
        if report is not head and not report.title_is_ours and report.id not in gone
        if says_otherwise(was := known.title_at(report.id, told.at), report.title)
    ]
    documents = _Documents()
    if len(reports) == len(told.reports):
        members = dict.fromkeys([told.head_id, *known.members.get(story_id, ())])
        documents = _documents(told, [one for article_id in members for one in known.mentions.get(article_id, ())])
    wrong = documents.removed or documents.doubtful or documents.stages
    if not (is_retitled or retitled or wrong or astray or withdrawn):
        return None
    still = {
        _key(document) if document in documents.doubtful else document: documents.stages.get(document, stage)
        for document, stage in told.documents.items()
        if document not in documents.removed
    } | dict.fromkeys(documents.added, ("mentioned", None))
    return CorrectionView(
        story_id=told.story_id,
        told_at=told.at,
        head=view_article(head),
        title_was=told.title if is_retitled else None,
        removed=tuple(document_name(document, language) for document in documents.removed),
        added=tuple(document_name(document, language) for document in documents.added),
        doubtful=tuple(document_name(document, language) for document in documents.doubtful),
        not_of_it=tuple(view_article(report) for report in astray),
        stages=tuple(
            StageCorrection(
                document_name(document, language), told.documents[document], stage, document not in documents.put_off
            )
            for document, stage in documents.stages.items()
        ),
        withdrawn=tuple(view_article(report) for report in withdrawn),
        retitled=tuple((was[:_LONGEST_TITLE], view_article(report)) for was, report in retitled),
        ids={
            document_name(document, language): document
            for document in (*documents.removed, *documents.added, *documents.doubtful, *documents.stages)
        },
        shown=_shown(
            told.head_id,
            head.title if is_retitled else told.title,
            told.title_is_ours,
            [(document, *stage) for document, stage in still.items()],
            [article_id for article_id in told.reports if article_id not in gone],
        ),
    )


def _shown(
    head_id: int,
    title: str,
    title_is_ours: bool,
    documents: Sequence[tuple[str, str, int | None]],
    reports: Sequence[int],
) -> dict[str, Any]:
    return {
        "head": [head_id, title[:_LONGEST_TITLE], title_is_ours],
        "documents": [list(document) for document in documents],
        "reports": list(reports)[:MOST_REPORTS],
    }


def _documents(told: _Told, cited: Sequence[Mention]) -> _Documents:
    """What is not so of the documents of a story whose reports now cite `cited`."""
    citing = {shown: [mention for mention in cited if _is(shown, mention)] for shown in told.documents}
    doubtful = {
        shown: [mention for mention in cited if shown in mention.candidates]
        for shown, mentions in citing.items()
        if not mentions
    }
    removed = [shown for shown, mentions in doubtful.items() if not mentions]
    for shown in removed:
        del citing[shown], doubtful[shown]
    now = {shown: _stage(told.documents[shown], mentions) for shown, mentions in (citing | doubtful).items()}
    stages = {shown: stage for shown, stage in now.items() if stage != told.documents[shown]}
    return _Documents(
        removed,
        _added([*told.documents, *map(_key, doubtful)], cited) if removed else (),
        list(doubtful),
        stages,
        {shown for shown, stage in stages.items() if not _says_done(stage, (citing | doubtful)[shown])},
    )


def _says_done(stage: Stage, cited: Sequence[Mention]) -> bool:
    """Whether one of those who tell the stage tells it as done."""
    telling = [one for one in cited if (one.stage, one.stage_years) == stage]
    return not telling or any(
        is_held(one.stage, one.quote, one.raw, published_on(one.article.published_at)) for one in telling
    )


def _is(shown: str, mention: Mention) -> bool:
    """Whether a mention cites the document that was shown: by its name; by its key where no more was certain then.

    A mention of which review said which document it does not mean still cites the number.
    """
    if mention.status == "withdrawn" and shown != _key(shown):
        return False
    if shown.partition("#")[2] not in ("", "?"):
        return meant(mention) == shown or document_name(meant(mention)) == document_name(shown)
    return _key(shown) in (mention.key, (mention.key or "").partition("@")[0])


def _key(shown: str) -> str:
    return shown.partition("#")[0]


def _added(known: Sequence[str], cited: Sequence[Mention]) -> Sequence[str]:
    """What is cited beside what was known, each once; no bare number of a document that is certain."""
    unknown = (mention for mention in cited if not any(_is(document, mention) for document in known))
    new = [mention for mention in unknown if mention.status != "withdrawn"]
    certain = {mention.key for mention in new if mention.status == "resolved"}
    named = [meant(one) for one in new if one.status == "resolved" or one.key not in certain]
    return list(dict.fromkeys(named))[:MOST_ADDED]


def _stage(was: Stage, cited: Sequence[Mention]) -> Stage:
    """What is done with a document by those who cite it: `was`, where that says nothing or one of them says so."""
    stage, years = was

    def says_so(mention: Mention) -> bool:
        same = _ALIKE.get(mention.stage, mention.stage) == _ALIKE.get(stage, stage)
        return same and (years is None or mention.stage_years in (None, years))

    if stage == "mentioned" or any(map(says_so, cited)):
        return was
    telling = (mention for mention in cited if mention.stage != "mentioned")
    return next(((mention.stage, mention.stage_years) for mention in telling), ("mentioned", None))
