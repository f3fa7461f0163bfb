"""Pictures: what they draw, by the values that are drawn; that they are small, upright and in one piece."""

import io
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from PIL import Image

from conftest import NOW, WORKER
from digests.happenings import PLACED_STAGES, TOLD_STAGES, Event
from digests.implementation import map_of
from digests.implementer import Implementer
from digests.pictures.bars import Series, draw_bars
from digests.pictures.life import MOST_MARKS, draw_timeline, timeline_picture
from digests.pictures.stages import COLOURS
from digests.pictures.tiles import FURTHEST, draw_map, map_picture
from digests.pictures.trending import MOST_PANELS, month_series, shown_trends, trend_series
from digests.templates import LANGUAGES, macros
from digests.timeline import Timeline, TimelineEntry
from digests.trends import PAST, WEEK, Months, Trend, Trends
from feeds.places import place_label, provinces

DOCUMENT = "48-CT/TW#X"
NGHE_AN = Implementer("province", "Nghệ An", "Nghệ An", "sentence")
BEN_TRE = Implementer("province", "Vĩnh Long", "Bến Tre", "sentence")
POLICE = Implementer("body", "BCA", "bộ công an", "sentence")


def entry(stage: str, on: date | None, **facts: object) -> TimelineEntry:
    return TimelineEntry(
        **{"stage": stage, "on": on, "precision": "day", "source": "articles", "title": "Tin", **facts}
    )  # type: ignore[arg-type]


def event(stage: str, on: date, who: Implementer | None, **facts: object) -> Event:
    known = {
        "document_id": DOCUMENT, "years": None, "date_known": True, "story_id": None, "article_id": 1, "mention_id": 1,
        "position": on.toordinal(), "title": "Tin", "url": None, "outlet": "Báo Mẫu", "quote": "", "outlets": 1,
    }  # fmt: skip
    return Event(stage=stage, on=on, who=who, **{**known, **facts})  # type: ignore[arg-type]


def test_events_of_a_year_and_stage_are_one_mark() -> None:
    view = Timeline(
        DOCUMENT,
        (
            entry("issued", date(2010, 10, 22), source="catalogue", title=""),
            entry("interim_review", date(2015, 3, 1), years=5, who=NGHE_AN),
            entry("interim_review", date(2015, 4, 1), years=5, who=BEN_TRE),
            entry("interim_review", date(2015, 5, 1), who=POLICE),
            entry("rolled_out", date(2026, 11, 20), date_known=False, who=NGHE_AN),
            entry("concluded", None, other="13-KL/TW#XIII", date_known=False),
        ),
    )
    picture = timeline_picture(view, "vi")
    assert picture.title == "Dòng thời gian: 48-CT/TW (khóa X)"
    assert [(mark.year, mark.day, mark.letters, mark.what, mark.who, mark.count) for mark in picture.marks] == [
        ("2010", "22/10", "BH", "Ban hành", "theo danh mục văn bản", 1),
        ("2015", "01/03", "SK", "Sơ kết 5 năm ×2", "Nghệ An, Vĩnh Long (Bến Tre)", 2),
        ("", "01/05", "SK", "Sơ kết", "Bộ Công an", 1),
        ("", "chưa rõ ngày", "QT", "Quán triệt, triển khai", "Nghệ An", 1),
        ("", "chưa rõ ngày", "KL", "Kết luận tiếp tục thực hiện", "13-KL/TW (khóa XIII)", 1),
    ]
    assert timeline_picture(view, "en").marks[1].letters == "IR"


def test_of_too_many_marks_the_first_and_the_last_are_drawn() -> None:
    view = Timeline(DOCUMENT, tuple(entry("implemented", date(1980 + n, 1, 1), who=NGHE_AN) for n in range(40)))
    picture = timeline_picture(view, "vi")
    assert len(picture.marks) == MOST_MARKS
    assert [picture.marks[0].year, picture.marks[-1].year] == ["1980", "2019"]
    assert f"Bỏ bớt {40 - MOST_MARKS} mốc" in picture.foot


def test_every_province_has_one_tile_of_its_own() -> None:
    picture = map_picture(map_of(DOCUMENT, ()), "vi")
    assert Counter(tile.name for tile in picture.tiles) == Counter(map(place_label, provinces()))
    assert max(Counter((tile.row, tile.column) for tile in picture.tiles).values()) == 1
    assert [count for *_, count in picture.legend] == [0] * len(FURTHEST) + [len(provinces())]
    assert "không có nghĩa là chưa làm" in picture.foot


def test_a_tile_has_the_colour_letters_and_year_of_its_furthest_stage() -> None:
    events = (
        event("rolled_out", date(2011, 1, 1), NGHE_AN),
        event("interim_review", date(2016, 1, 1), NGHE_AN),
        event("inspected", date(2017, 1, 1), NGHE_AN),
        event("rolled_out", date(2012, 1, 1), BEN_TRE),
        event("inspected", date(2026, 11, 20), BEN_TRE, date_known=False),
        event("final_review", date(2020, 1, 1), POLICE),
        event("final_review", date(2020, 1, 1), None),
    )
    picture = map_picture(map_of(DOCUMENT, [(one, 1) for one in events]), "vi")
    seen = {tile.name: (tile.stage, tile.letters, tile.year) for tile in picture.tiles if tile.stage}
    assert seen == {"Nghệ An": ("interim_review", "SK", "2016"), "Vĩnh Long": ("inspected", "KT", "")}
    assert {stage: count for stage, *_, count in picture.legend if count} == {
        "interim_review": 1, "inspected": 1, None: len(provinces()) - 2,
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_stages_differ_by_letters_and_not_by_colour_alone(language: str) -> None:
    letters = [str(macros("life_words.html", language).stage_mark(stage)) for stage in (*TOLD_STAGES, "concluded")]
    assert max(Counter(letters).values()) == 1
    assert set(COLOURS) == {*TOLD_STAGES, "concluded"}
    assert set(FURTHEST) == set(PLACED_STAGES)
    assert len({COLOURS[stage] for stage in FURTHEST}) == len(FURTHEST)


def trend(value: str, count: int, rate: float, kind: str = "topic") -> Trend:
    return Trend(kind, value, (*[1] * PAST, count), rate, 1.0)  # type: ignore[arg-type]


def test_what_rises_is_drawn_first_and_marked() -> None:
    many = [trend(f"t{number}", number, 0) for number in range(9)]
    starts = tuple(NOW - WEEK * back for back in range(PAST + 1, 0, -1))
    found = Trends(starts, (*many, trend("drugs", 6, 5), trend("Nghệ An", 7, 6, "place")))
    assert [one.value for one in shown_trends(found, None, 9)] == ["Nghệ An", "drugs"]
    series = trend_series(found, "topic", "vi")
    assert len(series) == MOST_PANELS
    assert (series[0].title, series[0].rises, series[0].values[-1]) == ("Phòng chống ma túy (đang tăng)", True, 6)
    assert [(one.title, one.rises) for one in series[1:3]] == [("t8", False), ("t7", False)]
    assert trend_series(Trends(starts, ()), "topic", "vi") == []
    fresh = Trends(starts, (Trend("topic", "drugs", (*[0] * PAST, 9), 9.0, 0.0),))
    assert fresh.rising() == ()
    assert [one.rises for one in trend_series(fresh, "topic", "vi")] == [False], "without a past nothing rises"


def test_months_are_labelled_by_month() -> None:
    labels, series = month_series(DOCUMENT, Months((date(2025, 12, 1), date(2026, 1, 1)), (3, 0)), "vi")
    assert (labels, series.values) == (["12/25", "01/26"], (3, 0))
    assert "48-CT/TW" in series.title


def full_timeline() -> bytes:
    stages = [*TOLD_STAGES, "concluded"]
    many = tuple(
        entry(stages[n % len(stages)], date(1990 + n, 1, 1), who=NGHE_AN, title="Ặ ữ đ" * 50) for n in range(40)
    )
    return draw_timeline(timeline_picture(Timeline(DOCUMENT, many), "vi"))


def full_map() -> bytes:
    on = date(2020, 1, 1)
    events = [
        event(FURTHEST[n % len(FURTHEST)], on + timedelta(n), Implementer("province", name, name, "sentence"))
        for n, name in enumerate(provinces())
    ]
    return draw_map(map_picture(map_of(DOCUMENT, [(one, 1) for one in events]), "vi"))


def full_bars() -> bytes:
    days = [f"{date(2026, 1, 1) + timedelta(n):%d/%m}" for n in range(24)]
    panels = [Series("Phòng chống tội phạm, ma túy Ặ ữ đ", tuple(range(24)), rises=True)] * MOST_PANELS
    return draw_bars("Chủ đề trong tuần", days, panels)


def empty_timeline() -> bytes:
    return draw_timeline(timeline_picture(Timeline(DOCUMENT, ()), "vi"))


@pytest.mark.parametrize("draw", [full_timeline, full_map, full_bars, empty_timeline])
def test_pictures_are_small_and_as_wide_as_a_phone(draw: Callable[[], bytes]) -> None:
    content = draw()
    picture = Image.open(io.BytesIO(content))
    assert picture.format == "PNG"
    assert picture.width == 792
    assert picture.height <= 1800
    assert len(content) < 200_000
    assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 10, "not blank"


async def test_a_picture_is_drawn_by_another_process() -> None:
    WORKER.wake()
    assert (await WORKER.run(full_map, seconds=60)).startswith(b"\x89PNG")
