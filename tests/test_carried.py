"""Follows carried forward to what replaces, amends or concludes the followed document."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from conftest import NOW
from digests import follows
from digests.carried import carry_forward
from digests.cluster import fold_stories
from digests.follows import find_follow, follow, followed_documents, unfollow
from digests.models import Digest, DigestPart, Follow
from digests.subscribers import add_subscription, unsubscribe, welcome
from digests.waking import wake_followers
from feeds.database import Database
from feeds.models import Article, Mention
from newsroom import publish

HOUR = timedelta(hours=1)
OLD, NEW = "13/2023/NĐ-CP#2023", "356/2025/NĐ-CP#2025"
REPLACED = "Nghị định số 356/2025/NĐ-CP thay thế Nghị định số 13/2023/NĐ-CP về bảo vệ dữ liệu cá nhân."
LAW, RESOLUTION = "Luật số 91/2025/QH15", "Nghị quyết số 66-NQ/TW ngày 30/4/2025 của Bộ Chính trị"
DECREE, LATER = "Nghị định số 13/2024/NĐ-CP", "Nghị định số 356/2026/NĐ-CP"
NOTHING_SAID = (
    f"Dự thảo Nghị định thay thế {DECREE} được xây dựng theo {LAW}.",
    f"Bộ Công an lấy ý kiến dự thảo Nghị định thay thế {DECREE}, căn cứ Luật Bảo vệ dữ liệu cá nhân số 91/2025/QH15.",
    f"Theo {RESOLUTION}, cần sửa đổi, bổ sung {DECREE}.",
    f"{DECREE} đã được thay thế, theo {LAW}.",
    f"{DECREE} hết hiệu lực kể từ ngày {LAW} có hiệu lực.",
    f"Thực hiện {RESOLUTION}, Chính phủ ban hành nghị định sửa đổi {DECREE}.",
    f"Thực hiện {RESOLUTION}, sửa đổi {DECREE} cho phù hợp.",
    f"Trên cơ sở {LAW}, Chính phủ sẽ thay thế {DECREE}.",
    f"Đại biểu đề nghị sửa đổi {DECREE} cho phù hợp với {RESOLUTION}.",
    f"{DECREE} (được sửa đổi, bổ sung) hướng dẫn {LAW}.",
    f"{DECREE} được thay thế; tiếp tục thực hiện Chỉ thị số 09-CT/TW ngày 1/12/2011.",
    f"Nghị định này quy định chi tiết {LAW} và thay thế {DECREE}.",
    f"{LATER} không thay thế {DECREE}.",
    f"{LATER} về an ninh sẽ thay thế {DECREE}.",
    f"{LATER} về an ninh giao Bộ Công an thay thế {DECREE}.",
    f"Nghị định số 13/2020/NĐ-CP thay thế {DECREE}.",
    f"{LATER} bãi bỏ một số điều của {DECREE}.",
    f"Điều 5 {DECREE} được thay thế bởi {LATER}.",
)


def follower(session: Session, chat_id: int, document_id: str, *, at_once: bool = False) -> None:
    welcome(session, chat_id, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
    add_subscription(session, chat_id, NOW)
    follow(session, chat_id, document_id, NOW, at_once=at_once)


def news(session: Session, text: str, *, outlet: str = "Báo Mẫu", origin: str = "poll") -> Article:
    article = publish(session, "Quy định mới về an ninh", text, seen=NOW, published=NOW, outlet=outlet, origin=origin)
    article.state = "kept"
    fold_stories(session)
    return article


def notices(database: Database) -> list[DigestPart]:
    with database.reading() as session:
        query = select(DigestPart).join(Digest, Digest.id == DigestPart.digest_id).where(Digest.is_notice)
        return list(session.scalars(query.order_by(DigestPart.chat_id)))


def test_what_a_sentence_says_to_replace_it_is_followed_too_and_told_once(database: Database) -> None:
    with database.session() as session:
        follower(session, 1, OLD, at_once=True)
        follower(session, 2, OLD)
        follower(session, 3, "09-CT/TW#XI")
        news(session, REPLACED)
    wake_followers(database, NOW)
    first, second = notices(database)
    assert (first.chat_id, second.chat_id) == (1, 2)
    assert first.html.startswith("<b>Văn bản bạn theo dõi có văn bản mới</b>\n356/2025/NĐ-CP thay thế 13/2023/NĐ-CP.")
    assert f"<blockquote>{REPLACED}</blockquote>" in first.html
    assert first.silent
    with database.reading() as session:
        carried = find_follow(session, 1, NEW)
        assert carried is not None
        assert (carried.at_once, carried.carried_from) == (True, OLD)
        assert [label for row in first.buttons for label, _ in row] == ["Hoàn tác", "356/2025/NĐ-CP"]
        assert first.buttons[0][0][1] == f"enough:{carried.id}"
        other = find_follow(session, 2, NEW)
        assert other is not None
        assert not other.at_once
        assert followed_documents(session, 3) == {"09-CT/TW#XI"}
    with database.session() as session:
        news(session, REPLACED, outlet="Báo Hai")
    wake_followers(database, NOW + HOUR)
    assert len(notices(database)) == 2


def test_what_was_taken_back_is_not_carried_again(database: Database) -> None:
    with database.session() as session:
        follower(session, 1, OLD)
        news(session, REPLACED)
    wake_followers(database, NOW)
    with database.session() as session:
        unfollow(session, 1, NEW)
        news(session, REPLACED, outlet="Báo Hai")
    wake_followers(database, NOW + HOUR)
    assert len(notices(database)) == 1
    with database.reading() as session:
        assert followed_documents(session, 1) == {OLD}


def test_a_relation_of_the_catalogue_carries_where_an_article_cites_what_concludes_it(database: Database) -> None:
    with database.session() as session:
        follower(session, 1, "09-CT/TW#XI")
        follower(session, 2, "09-CT/TW#XI")
        session.execute(update(Follow).where(Follow.chat_id == 1).values(since=datetime(2018, 1, 1, tzinfo=UTC)))
        article = news(session, "Hội nghị nhắc lại Kết luận số 44-KL/TW ngày 22/1/2019 của Ban Bí thư.")
    assert carry_forward(database, [article.id], NOW) == 1
    assert carry_forward(database, [article.id], NOW) == 0
    (notice,) = notices(database)
    assert notice.chat_id == 1, "what was there before it was followed is no news"
    assert "44-KL/TW (khóa XII) kết luận về 09-CT/TW (khóa XI) theo danh mục văn bản." in notice.html
    assert "nhắc lại" not in notice.html, "the sentence does not say it"


@pytest.mark.parametrize(
    ("text", "how"),
    [
        (
            f"{LATER} ngày 2/1/2026 của Chính phủ quy định chi tiết về an ninh thay thế {DECREE} ngày 1/2/2024.",
            "thay thế",
        ),
        (f"Chính phủ vừa ban hành {LATER} về an ninh không gian mạng, thay thế {DECREE}.", "thay thế"),
        (f"{LATER} có hiệu lực từ ngày 1/3/2026 và bãi bỏ {DECREE}.", "bãi bỏ"),
        (f"{LATER} của Chính phủ sửa đổi, bổ sung một số điều của {DECREE}.", "sửa đổi, bổ sung"),
        (f"{DECREE} về an ninh đã được thay thế bởi {LATER}.", "thay thế"),
        (f"Đơn vị áp dụng {DECREE} (được sửa đổi, bổ sung bởi {LATER}).", "sửa đổi, bổ sung"),
        (f"Khoản 2 Điều 5 {DECREE} được sửa đổi bởi {LATER}.", "sửa đổi, bổ sung"),
    ],
)
def test_what_is_plainly_said_is_told_as_it_is_said(sqlite: Database, text: str, how: str) -> None:
    with sqlite.session() as session:
        follower(session, 1, "13/2024/NĐ-CP#2024")
        article = news(session, text)
    assert carry_forward(sqlite, [article.id], NOW) == 1
    assert f"\n356/2026/NĐ-CP {how} 13/2024/NĐ-CP." in notices(sqlite)[0].html


@pytest.mark.parametrize(
    "text",
    [
        *NOTHING_SAID,
        "Nghị định số 13/2024/NĐ-CP bị thay thế.",
        "Nghị định số 356/2026/NĐ-CP được ban hành. Nghị định số 13/2024/NĐ-CP bị thay thế.",
        "Nghị định số 356/2026/NĐ-CP và Nghị định số 100/2024/NĐ-CP thay thế Nghị định số 13/2024/NĐ-CP.",
        "Nghị định số 356/2026/NĐ-CP quy định chi tiết, khác với Nghị định số 13/2024/NĐ-CP.",
    ],
)
def test_what_is_not_plainly_said_carries_nothing(sqlite: Database, text: str) -> None:
    with sqlite.session() as session:
        follower(session, 1, "13/2024/NĐ-CP#2024")
        article = news(session, text)
    assert carry_forward(sqlite, [article.id], NOW) == 0


@pytest.mark.parametrize("status", ["presumed", "ambiguous", "unknown", "withdrawn"])
def test_only_what_is_certain_carries(sqlite: Database, status: str) -> None:
    with sqlite.session() as session:
        follower(session, 1, OLD)
        article = news(session, REPLACED)
        session.execute(update(Mention).where(Mention.document_id == NEW).values(status=status))
    assert carry_forward(sqlite, [article.id], NOW) == 0


def test_nobody_is_told_who_stopped_or_follows_it_already_or_by_what_is_old_or_imported(database: Database) -> None:
    with database.session() as session:
        for chat_id in (1, 2):
            follower(session, chat_id, OLD)
        unsubscribe(session, 1)
        follow(session, 2, NEW, NOW)
        article = news(session, REPLACED)
        follower(session, 3, OLD)
        imported = news(session, REPLACED, outlet="Báo Nhập", origin="import")
    assert carry_forward(database, [imported.id], NOW) == 0
    assert carry_forward(database, [article.id], NOW + timedelta(days=10)) == 0
    assert carry_forward(database, [article.id], NOW) == 1
    assert [notice.chat_id for notice in notices(database)] == [3]


def test_where_no_more_fit_nothing_is_carried(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follows, "MAX_FOLLOWS", 1)
    with sqlite.session() as session:
        follower(session, 1, OLD)
        article = news(session, REPLACED)
    assert carry_forward(sqlite, [article.id], NOW) == 0
    assert notices(sqlite) == []
