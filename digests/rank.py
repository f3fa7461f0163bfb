"""Which stories come first; pure."""

from collections.abc import Sequence

from digests.views import StoryView

# Points of the highest issuer cited: the Party's centre and the National Assembly, the Government, ministries, places.
_CENTRAL = {"TW": 4.0, "CP": 3.0, "TTg": 3.0, "CTN": 3.0}
_LEVEL = {"central": 1.0, "ministry": 1.0}


def importance(story: StoryView) -> float:
    """Points: level of the highest issuer cited, a document issued or reviewed, outlets that report it, certainty."""
    issuers = [_issuer_points(chip.issuer) for chip in story.documents]
    stages = {chip.stage for chip in story.documents}
    points = max(issuers, default=0.0)
    points += 2.0 if stages & {"issued", "replaced", "amended"} else 0.0
    points += 1.0 if stages & {"interim_review", "final_review"} else 0.0
    points += min(len(story.others), 5) * 1.0
    points += _LEVEL.get(story.head.level or "", 0.0)
    return points + story.score


def ranked(stories: Sequence[StoryView]) -> list[StoryView]:
    """Most important first; among equals the newest, then the story's number, so that the order is always the same."""
    return sorted(stories, key=lambda s: (-importance(s), -s.head.dated_at.timestamp(), s.story_id))


def _issuer_points(issuer: str | None) -> float:
    if issuer is None:
        return 0.5
    if issuer in _CENTRAL:
        return _CENTRAL[issuer]
    return 4.0 if issuer.startswith(("QH", "UBTVQH")) else 2.0 if issuer.startswith("B") else 1.0
