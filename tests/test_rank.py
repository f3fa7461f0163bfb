"""Points of importance: each reason counts, and the order is always the same."""

from datetime import timedelta

import pytest

from conftest import NOW
from digests.rank import Cited, explain, issuer_points, order
from digests.views import ArticleView

HOUR = timedelta(hours=1)


def report(outlet: str = "Báo", *, hours: float = 50, level: str | None = None, is_dated: bool = True) -> ArticleView:
    return ArticleView(1, "Tít", False, None, outlet, level, NOW - hours * HOUR, is_dated)


@pytest.mark.parametrize(
    ("issuer", "points"),
    [
        ("TW", 4),
        ("QH15", 4),
        ("UBTVQH14", 4),
        ("CP", 3),
        ("TTg", 3),
        ("BCA", 2),
        ("BTGTW", 2),
        ("TU", 1),
        ("UBND", 1),
        (None, 0.5),
        ("XYZ", 0.5),
    ],
)
def test_the_higher_the_issuer_the_more(issuer: str | None, points: float) -> None:
    assert issuer_points(issuer) == points


@pytest.mark.parametrize(
    ("cited", "reports", "points"),
    [
        ([], [report()], {}),
        ([Cited("TW", "mentioned", "presumed"), Cited("TU", "issued", "unknown")], [report()],
         {"issuer": 4, "stage": 2}),
        ([Cited("BCA", "drafted", "resolved", is_first=True)], [report()],
         {"issuer": 2, "stage": 1, "novelty": 1.5, "certainty": 0.5}),
        ([Cited("BCA", "mentioned", "unknown", is_first=True)], [report()], {"issuer": 2}),
        ([Cited("BCA", "mentioned", "unknown", (NOW - 29 * 24 * HOUR).date())], [report()],
         {"issuer": 2, "novelty": 1.5}),
        ([Cited("BCA", "issued", "unknown", (NOW - 31 * 24 * HOUR).date(), is_first=True)], [report()],
         {"issuer": 2, "stage": 2}),
        ([], [report("A"), report("B"), report("B"), report("C", level="central")], {"outlets": 2, "level": 1}),
        ([], [report(str(number)) for number in range(30)], {"outlets": 5}),
        ([], [report(hours=12), report(hours=36)], {"recency": 0.75}),
        ([], [report(hours=-3)], {"recency": 1}),
        ([], [report(hours=0, is_dated=False)], {}),
    ],
)  # fmt: skip
def test_every_point_has_its_reason(cited: list[Cited], reports: list[ArticleView], points: dict[str, float]) -> None:
    assert explain(cited, reports, 0.0, NOW) == points


def test_the_classifier_counts_up_to_one() -> None:
    assert explain([], [report()], 0.7, NOW) == {"policy": 0.7}
    assert explain([], [report()], 7.0, NOW) == {"policy": 1.0}


def test_among_equals_the_newest_of_a_known_date_then_the_lower_number() -> None:
    newest, older, undated = report(hours=1), report(hours=2), report(hours=0, is_dated=False)
    stories = [(undated, 1), (older, 5), (older, 4), (newest, 9)]
    ordered = sorted(stories, key=lambda story: order({"policy": 0.3}, *story))
    assert [number for _, number in ordered] == [9, 4, 5, 1]
    assert order({"issuer": 4.0}, undated, 1) < order({"issuer": 3.0}, newest, 1)
