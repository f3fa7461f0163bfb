"""How important a story is; pure.

The points of a story, all of which `explain` tells by their reason:

==========  ==========================================================================================================
issuer      of the highest issuer of a document it cites: 4 the Party's centre and the National Assembly, 3 the
            Government, its head and the President, 2 another central organ, 1 a local one, 0.5 an unknown one
stage       of what is done with a document: 2 issued, amended or replaced, 1 drafted or reviewed, 0.5 rolled out
novelty     1.5 where a document was issued in the last `RECENT` days, or a new one bears a number that no article
            cited before
certainty   0.5 where the reading of a document is certain
outlets     1 for each further outlet that reports it, at most 5
level       1 where an outlet of the centre or of a ministry reports it
policy      0 to 1, how surely the classifier holds it for policy
recency     1 for a report of this moment, 0 for one of two days ago or of an unknown time
==========  ==========================================================================================================

They are judgement, not measurement: who the issuer is outweighs how many copied the news, and what is done with a
document how new the report is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digests.views import ArticleView, DocumentChip
from feeds.documents.organs import base_organ

RECENT = timedelta(days=30)
_ISSUERS = {"TW": 4.0, "QH": 4.0, "UBTVQH": 4.0, "CP": 3.0, "TTg": 3.0, "CTN": 3.0}
_NEW_STAGES = ("issued", "amended", "replaced")
_STAGES = {**dict.fromkeys(_NEW_STAGES, 2.0), "drafted": 1.0, "interim_review": 1.0, "final_review": 1.0,
           "rolled_out": 0.5}  # fmt: skip
_LEVELS = ("central", "ministry")
_MOST_OUTLETS = 5
_FADES = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Cited:
    """What ranking looks at of a document that a story cites.

    `issued_on` is as the story states it; `is_first`: no article cited its number before this story.
    """

    issuer: str | None
    stage: str
    status: str
    issued_on: date | None = None
    is_first: bool = False


def explain(cited: Iterable[Cited], reports: Sequence[ArticleView], score: float, now: datetime) -> Mapping[str, float]:
    """The points of a story by their reason, without those it has none of; `score` is the classifier's, 0 to 1."""
    documents = list(cited)
    ages = [max(now - report.dated_at, timedelta(0)) for report in reports if report.date_known]
    points = {
        "issuer": max((issuer_points(one.issuer) for one in documents), default=0.0),
        "stage": max((_STAGES.get(one.stage, 0.0) for one in documents), default=0.0),
        "novelty": 1.5 * any(_is_new(one, now) for one in documents),
        "certainty": 0.5 * any(one.status == "resolved" for one in documents),
        "outlets": 1.0 * min(len({report.outlet for report in reports}) - 1, _MOST_OUTLETS),
        "level": 1.0 * any(report.level in _LEVELS for report in reports),
        "policy": min(max(score, 0.0), 1.0),
        "recency": max(0.0, 1 - min(ages, default=_FADES) / _FADES),
    }
    return {reason: round(value, 3) for reason, value in points.items() if value}


def order(points: Mapping[str, float], newest: ArticleView, story_id: int) -> tuple[float, bool, float, int]:
    """What to sort stories by: the most important, then the newest of a known date, then always the same."""
    return -round(sum(points.values()), 3), not newest.date_known, -newest.dated_at.timestamp(), story_id


def issuer_points(issuer: str | None) -> float:
    """How high the issuer of a document stands; codes as in feeds.documents."""
    organ = base_organ(issuer) if issuer else None
    if organ is None:
        return 0.5
    return _ISSUERS.get(organ.code, 1.0 if organ.local else 2.0)


def chip_points(chip: DocumentChip) -> float:
    """How much a document matters to the story that cites it."""
    return issuer_points(chip.issuer) + _STAGES.get(chip.stage, 0.0)


def _is_new(one: Cited, now: datetime) -> bool:
    if one.issued_on is not None:
        return timedelta(days=-1) <= now.date() - one.issued_on <= RECENT
    return one.is_first and one.stage in (*_NEW_STAGES, "drafted")
