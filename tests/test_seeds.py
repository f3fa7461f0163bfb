"""The five articles that the task began with, imported: what is told of their documents is what a reader counts.

Read by hand, of each what it says is done with which document, by whom and when:

- Báo Hải Phòng, "Chiều 2-10", no year: the Standing Board of Thành ủy (Hải Phòng) reviews 2 years of 05-CT/TW, term X.
- Hà Nội mới, "Ngày 8-3", no year: Thành ủy Hà Nội reviews 4 years of 05-CT/TW, which in "hơn 4 năm thực hiện" it has
  carried out, and rolls out 48-CT/TW by a programme of action.
- TTXVN, "Sáng 12/4", no year: Ban Bí thư holds the conference that rolls out 09-CT/TW of 1/12/2011.
- Báo Đồng Khởi, 30/01/2023: the city of Bến Tre carries out 08-NQ/TU, of whose term and committee nothing is said, so
  it is not certain which document that is: no event.
- Báo Hà Tĩnh, 28/09/2021: the draft of a resolution of Hà Tĩnh; and 02-NQ/TU of 24/5/2011 is to be reviewed after 10
  years. Nowhere is said that it was: the sentences order it ("hoàn thiện dự thảo báo cáo đánh giá 10 năm").

The five tell of five events, so every one is a story of its own. Who is undated was first seen when it was imported.
"""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from digests.chart import chart_waiting
from digests.cluster import fold_waiting
from digests.dossier import Dossier, dossier_of
from digests.dossier_models import Draft, DraftArticle
from digests.implementation import implementation_map
from digests.reviews import reviews_due
from digests.timeline import day_of, timeline
from digests.waking import wake_followers
from feeds.database import Database
from terminal import Terminal

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"
UNDATED = None
pytestmark = pytest.mark.skipif(not SEEDS.exists(), reason="the five articles are kept outside the repository")


@pytest.fixture
def imported(terminal: Terminal) -> Database:
    ended = terminal("import", *map(str, sorted(SEEDS.glob("*.txt"))))
    assert ended.out.startswith("5 articles imported, 5 of them security policy")
    database = Database(f"sqlite:///{terminal.folder / 'terminal.db'}")
    fold_waiting(database)
    wake_followers(database, datetime.now(UTC))
    chart_waiting(database)
    return database


def card(database: Database, document_id: str) -> Dossier:
    with database.reading() as session:
        return dossier_of(session, document_id, now=datetime.now(UTC))


def life(database: Database, document_id: str) -> list[tuple[object, ...]]:
    """(day or None, stage, years, who or the other document) of each entry."""
    with database.reading() as session:
        entries = timeline(session, document_id).entries
    return [(day_of(one), one.stage, one.years, one.who.name if one.who else one.other) for one in entries]


def places(database: Database, document_id: str) -> dict[str, dict[str, date | None]]:
    """Who is seen -> stage -> first day or None."""
    with database.reading() as session:
        view = implementation_map(session, document_id)
    assert view.placeless == 0
    return {row.code: {at: one.on if one.date_known else None for at, one in row.seen.items()} for row in view.seen}


def reviews(database: Database, document_id: str) -> list[tuple[str, int, date, bool]]:
    with database.reading() as session:
        due = reviews_due(session, None, documents=[document_id]).due
    return [(one.stage, one.years, one.on, one.is_held) for one in due]


# Articles that cite it, of these not certain, stories.
@pytest.mark.parametrize(
    ("document_id", "counted"),
    [
        ("09-CT/TW#XI", (1, 0, 1)),
        ("05-CT/TW#X", (2, 0, 2)),
        ("05-CT/TW#XII", (0, 0, 0)),
        ("48-CT/TW#X", (1, 0, 1)),
        ("02-NQ/TU@Hà Tĩnh#2011", (1, 0, 1)),
        ("08-NQ/TU@TP Bến Tre#?", (1, 0, 1)),
    ],
)
def test_cards_count_articles_and_stories(imported: Database, document_id: str, counted: tuple[int, int, int]) -> None:
    found = card(imported, document_id)
    stories = found.presence.all.stories if found.presence else 0
    assert (found.total, found.unsure, stories) == counted


def test_the_resolution_of_a_city_is_not_certainly_that_of_its_province(imported: Database) -> None:
    found = card(imported, "08-NQ/TU@Bến Tre?#?")
    assert (found.total, found.unsure, found.presence) == (1, 1, None)
    assert life(imported, "08-NQ/TU@Bến Tre?#?") == []
    assert places(imported, "08-NQ/TU@Bến Tre?#?") == {}
    assert reviews(imported, "08-NQ/TU@Bến Tre?#?") == []


def test_the_directive_on_the_movement_of_the_people(imported: Database) -> None:
    assert life(imported, "09-CT/TW#XI") == [
        (date(2011, 12, 1), "issued", None, None),
        (UNDATED, "rolled_out", None, "TW"),
        (UNDATED, "concluded", None, "44-KL/TW#XII"),  # the catalogue's; its date was not seen
    ]
    assert places(imported, "09-CT/TW#XI") == {"TW": {"rolled_out": UNDATED}}
    # Concluded no one has seen when: none is expected any more.
    assert reviews(imported, "09-CT/TW#XI") == []


def test_the_directive_on_national_security(imported: Database) -> None:
    told = life(imported, "05-CT/TW#X")
    assert sorted(told[:3], key=str) == [
        (UNDATED, "implemented", None, "Hà Nội"),
        (UNDATED, "interim_review", 2, "Hải Phòng"),
        (UNDATED, "interim_review", 4, "Hà Nội"),
    ]
    assert told[3:] == [(UNDATED, "concluded", None, "86-KL/TW#X")]
    assert places(imported, "05-CT/TW#X") == {
        "Hà Nội": {"implemented": UNDATED, "interim_review": UNDATED},
        "Hải Phòng": {"interim_review": UNDATED},
    }
    # Its date of issue is only recalled: nothing is reckoned from that.
    assert reviews(imported, "05-CT/TW#X") == []


def test_the_directive_on_crime(imported: Database) -> None:
    assert life(imported, "48-CT/TW#X") == [
        (date(2010, 10, 22), "issued", None, None),
        (date(2021, 8, 16), "concluded", None, "13-KL/TW#XIII"),
        (UNDATED, "rolled_out", None, "Hà Nội"),
    ]
    assert places(imported, "48-CT/TW#X") == {"Hà Nội": {"rolled_out": UNDATED}}
    # After five and ten years; the later ones fall due after it was concluded.
    assert reviews(imported, "48-CT/TW#X") == [
        ("interim_review", 5, date(2015, 10, 22), False),
        ("final_review", 10, date(2020, 10, 22), False),
    ]


def test_a_review_that_is_only_asked_for_is_nowhere_told_as_held(imported: Database) -> None:
    reviewed = "02-NQ/TU@Hà Tĩnh#2011"
    assert life(imported, reviewed) == [(date(2011, 5, 24), "issued", None, None)]
    assert places(imported, reviewed) == {}
    assert not any(is_held for *_, is_held in reviews(imported, reviewed))


def test_the_draft_of_a_province(imported: Database) -> None:
    with imported.reading() as session:
        (draft,) = session.scalars(select(Draft))
        assert len(session.scalars(select(DraftArticle.article_id)).all()) == 1
    assert (draft.type, draft.issuer, draft.place, draft.document_id) == ("NQ", "TU", "Hà Tĩnh", None)
    assert draft.title.startswith("Tăng cường sự lãnh đạo của Đảng đối với công tác bảo vệ an ninh quốc gia")
    assert draft.first_at == draft.last_at == datetime(2021, 9, 28, 11, 29, tzinfo=UTC)
