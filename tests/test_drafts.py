"""Drafts without a number: what tells them apart, when they get their number, and taking that back."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from conftest import NOW
from digests.cluster import fold_waiting
from digests.dossier_models import Draft, DraftArticle
from digests.drafts import plain_title
from digests.follows import find_follow, follow, followed_documents, unfollow
from digests.joining import decide_draft, tell_joined, tell_parted
from digests.models import AdminAct, Digest, DigestPart
from digests.render import render_digest
from digests.subscribers import add_subscription, welcome
from digests.waking import wake_followers
from feeds.database import Database
from feeds.documents.token import document_token
from feeds.models import Article, Mention
from feeds.reindex import reindex
from newsroom import publish, reader, told

DAY = timedelta(days=1)
TITLE = (
    "tăng cường sự lãnh đạo của Đảng đối với công tác bảo đảm an ninh, trật tự trên địa bàn tỉnh Nghệ An đến năm 2030"
)
DRAFTED = f"Ban Thường vụ Tỉnh ủy Nghệ An cho ý kiến dự thảo Nghị quyết của Ban Thường vụ Tỉnh ủy Nghệ An về “{TITLE}”."
ADMIN = 7


def issued(
    *, on: datetime, number: str = "05-NQ/TU", place: str = "Nghệ An", title: str = TITLE, type_: str = "Nghị quyết"
) -> str:
    day = f"{on:%d/%m/%Y}"
    return f"Ban Thường vụ Tỉnh ủy {place} ban hành {type_} số {number} ngày {day} về “{title}”."


ISSUED = issued(on=NOW + 30 * DAY)
NUMBERED = f"05-NQ/TU@Nghệ An#{(NOW + 30 * DAY).year}"


def read(database: Database, text: str, at: datetime, outlet: str = "Báo Một", title: str = "Tin an ninh") -> int:
    """An article of that moment, read, folded and looked at; its id."""
    with database.session() as session:
        article = publish(session, f"{title} {at:%d/%m %H:%M}", text, seen=at, published=at, outlet=outlet)
        article.state = "kept"
        session.flush()
        article_id = article.id
    fold_waiting(database)
    wake_followers(database, at)
    return article_id


def drafts(database: Database) -> list[Draft]:
    with database.reading() as session:
        return list(session.scalars(select(Draft).order_by(Draft.id)))


def the_draft(database: Database) -> Draft:
    (draft,) = drafts(database)
    return draft


def follower(session: Session, chat_id: int, draft: Draft, *, at_once: bool = True) -> None:
    welcome(session, chat_id, NOW, language="vi", timezone="Asia/Ho_Chi_Minh")
    add_subscription(session, chat_id, NOW)
    follow(session, chat_id, draft.value, NOW, kind="draft", at_once=at_once)


def notices(database: Database) -> list[DigestPart]:
    with database.reading() as session:
        query = select(DigestPart).join(Digest, Digest.id == DigestPart.digest_id).where(Digest.is_notice)
        return list(session.scalars(query.order_by(DigestPart.id)))


def test_articles_on_one_draft_give_one(database: Database) -> None:
    read(database, DRAFTED, NOW)
    read(database, f"Hội nghị góp ý dự thảo Nghị quyết của Tỉnh ủy Nghệ An về {TITLE}.", NOW + DAY, "Báo Hai")
    draft = the_draft(database)
    assert (draft.type, draft.issuer, draft.place) == ("NQ", "TU", "Nghệ An")
    assert (draft.title, draft.body) == (TITLE, "Ban Thường vụ Tỉnh ủy")
    assert (draft.first_at, draft.last_at) == (NOW, NOW + DAY)
    assert draft.document_id is None
    with database.reading() as session:
        assert session.scalars(select(DraftArticle.quote).order_by(DraftArticle.position)).first() == DRAFTED


@pytest.mark.parametrize(
    "text",
    [
        "Tỉnh ủy Nghệ An cho ý kiến dự thảo Nghị quyết về an ninh.",
        "Hội nghị góp ý dự thảo Nghị quyết của Ban Thường vụ Tỉnh ủy.",
        f"Hội nghị cho ý kiến dự thảo Nghị quyết của Ban Thường vụ Tỉnh ủy về “{TITLE.replace(' Nghệ An', '')}”.",
        f"Hội nghị cho ý kiến dự thảo Nghị quyết về “{TITLE}”.",
        "Hội nghị cho ý kiến dự thảo Nghị quyết của Tỉnh ủy Nghệ An về tăng cường sự lãnh đạo của Đảng đối với…",
        f"Hội nghị cho ý kiến dự thảo Nghị quyết của Tỉnh ủy Nghệ An về “{'an ninh ' * 50}”.",
    ],
)
def test_without_title_issuer_or_place_there_is_no_draft(sqlite: Database, text: str) -> None:
    read(sqlite, text, NOW)
    assert drafts(sqlite) == []


def test_the_same_name_in_another_year_is_another_draft(sqlite: Database) -> None:
    read(sqlite, DRAFTED, NOW)
    read(sqlite, DRAFTED, NOW + 330 * DAY)
    assert len(drafts(sqlite)) == 2


def test_titles_are_compared_by_their_words() -> None:
    plain = plain_title("Về bảo đảm an ninh, trật tự trên địa bàn tỉnh Nghệ An giai đoạn 2021 – 2025", "Nghệ An")
    assert plain == plain_title("đảm bảo an ninh trật tự trên địa bàn tỉnh giai đoạn 2021-2025", "Nghệ An")
    assert plain != plain_title("bảo đảm an ninh trật tự trên địa bàn tỉnh giai đoạn 2026-2030", "Nghệ An")
    assert plain_title("chế độ trợ cấp để lấy ý kiến góp ý", "") == "che do tro cap"


def test_a_draft_gets_its_number_and_its_followers_follow_the_document(database: Database) -> None:
    read(database, DRAFTED, NOW)
    with database.session() as session:
        follower(session, 1, the_draft(database))
        follower(session, 2, the_draft(database), at_once=False)
    article_id = read(database, ISSUED, NOW + 31 * DAY)
    draft = the_draft(database)
    assert (draft.document_id, draft.numbered_article_id, draft.because) == (NUMBERED, article_id, ISSUED)
    first, second = notices(database)
    assert (first.chat_id, second.chat_id) == (1, 2)
    assert first.silent
    assert "05-NQ/TU (Nghệ An)" in first.html
    assert "được ban hành từ Dự thảo Nghị quyết (Nghệ An)" in first.html
    assert f"<blockquote>{ISSUED}</blockquote>" in first.html
    with database.reading() as session:
        carried = find_follow(session, 1, NUMBERED)
        assert carried is not None
        assert (carried.at_once, carried.carried_from) == (True, draft.value)
        assert first.buttons[0][0] == ["Hoàn tác", f"enough:{carried.id}"]
        other = find_follow(session, 2, NUMBERED)
        assert other is not None
        assert not other.at_once
    read(database, ISSUED, NOW + 32 * DAY, "Báo Hai")
    assert len(notices(database)) == 2, "told once"
    with database.session() as session:
        unfollow(session, 1, NUMBERED)
    read(database, ISSUED, NOW + 33 * DAY, "Báo Ba")
    with database.reading() as session:
        assert followed_documents(session, 1) == frozenset(), "what was taken back stays so"
    assert len(notices(database)) == 2


LATER = NOW + 30 * DAY
OTHERS: dict[str, Callable[[], str]] = {
    "another province": lambda: issued(on=LATER, place="Hà Tĩnh"),
    "another province and its name": lambda: issued(
        on=LATER, place="Hà Tĩnh", title=TITLE.replace("Nghệ An", "Hà Tĩnh")
    ),
    "another title": lambda: issued(
        on=LATER, title=TITLE.replace("bảo đảm an ninh, trật tự", "phát triển kinh tế biển")
    ),
    "a longer title": lambda: issued(on=LATER, title=TITLE + " và những năm tiếp theo trên không gian mạng"),
    "other years": lambda: issued(on=LATER, title=TITLE.replace("2030", "2035")),
    "another type": lambda: issued(on=LATER, number="05-CT/TU", type_="Chỉ thị"),
    "another issuer": lambda: (
        f"HĐND tỉnh Nghệ An ban hành Nghị quyết số 50/{LATER.year}/NQ-HĐND ngày {LATER:%d/%m/%Y} về “{TITLE}”."
    ),
    "a programme of last year": lambda: issued(on=NOW - 300 * DAY),
    "what it replaces": lambda: f"Nghị quyết thay thế Nghị quyết số 02-NQ/TU của Tỉnh ủy Nghệ An về “{TITLE}”.",
    "what is reviewed": lambda: f"Tỉnh ủy Nghệ An tổng kết 5 năm thực hiện Nghị quyết số 02-NQ/TU về “{TITLE}”.",
    "what approves the draft": lambda: (
        f"Tỉnh ủy Nghệ An ban hành Quyết định số 900-QĐ/TU ngày {LATER:%d/%m/%Y} về việc "
        f"phê duyệt dự thảo Nghị quyết của Ban Thường vụ Tỉnh ủy Nghệ An về “{TITLE}”."
    ),
    "what passes the draft": lambda: (
        f"Tỉnh ủy Nghệ An ban hành Nghị quyết số 06-NQ/TU ngày {LATER:%d/%m/%Y} về việc "
        f"thông qua dự thảo Nghị quyết của Ban Thường vụ Tỉnh ủy Nghệ An về “{TITLE}”."
    ),
    "a number without a date": lambda: f"Tỉnh ủy Nghệ An triển khai Nghị quyết số 05-NQ/TU về “{TITLE}”.",
    "what was issued in an earlier year": lambda: (
        f"Năm 2016, Tỉnh ủy Nghệ An ban hành Nghị quyết số 05-NQ/TU về “{TITLE}”."
    ),
    "a city's committee": lambda: (
        f"Ban Thường vụ Thành ủy Vinh ban hành Nghị quyết số 05-NQ/TU ngày {LATER:%d/%m/%Y} về “{TITLE}”."
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_look_alikes_do_not_join(sqlite: Database, name: str) -> None:
    read(sqlite, DRAFTED, NOW)
    read(sqlite, OTHERS[name](), NOW + 31 * DAY)
    assert [draft.document_id for draft in drafts(sqlite)] == [None] * len(drafts(sqlite))
    assert drafts(sqlite)[0].title == TITLE


def test_what_was_published_before_the_draft_is_not_its_number(sqlite: Database) -> None:
    read(sqlite, issued(on=NOW - 2 * DAY), NOW - DAY)
    read(sqlite, DRAFTED, NOW)
    assert the_draft(sqlite).document_id is None


def test_a_year_later_a_number_is_too_late_to_be_certain(sqlite: Database) -> None:
    read(sqlite, DRAFTED, NOW)
    read(sqlite, issued(on=NOW + 300 * DAY), NOW + 301 * DAY)
    draft = the_draft(sqlite)
    assert draft.document_id is None
    assert draft.suggested_id is not None


def test_of_two_numbers_none_is_joined(database: Database) -> None:
    read(database, DRAFTED, NOW)
    both = f"{ISSUED} {issued(on=NOW + 30 * DAY, number='06-NQ/TU')}"
    read(database, both, NOW + 31 * DAY)
    draft = the_draft(database)
    assert draft.document_id is None
    assert draft.suggested_id is not None


def test_the_number_may_be_read_before_the_draft(database: Database) -> None:
    read(database, ISSUED, NOW + 31 * DAY)
    read(database, DRAFTED, NOW)
    assert the_draft(database).document_id == NUMBERED


def test_reading_again_changes_nothing(database: Database) -> None:
    read(database, DRAFTED, NOW)
    read(database, ISSUED, NOW + 31 * DAY)
    with database.session() as session:
        follower(session, 1, the_draft(database))
    before = the_draft(database)
    later = NOW + 31 * DAY
    for _ in range(2):
        reindex(database, lambda: later, everything=True)
        with database.session() as session:
            for article in session.scalars(select(Article)):
                article.state = "kept"
        fold_waiting(database)
        wake_followers(database, later)
    after = the_draft(database)
    assert (after.id, after.token, after.document_id) == (before.id, before.token, NUMBERED)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DraftArticle)) == 1
    assert len(notices(database)) == 1


def decide(database: Database, document_id: str, verdict: bool, at: datetime) -> bool:
    token = the_draft(database).token
    with database.session() as session:
        done = decide_draft(session, token, document_token(document_id), verdict, ADMIN, at)
    tell_parted(database, token, at)
    tell_joined(database, {the_draft(database).id}, at)
    return done


def test_an_admin_takes_a_join_back_for_good(database: Database) -> None:
    read(database, DRAFTED, NOW)
    with database.session() as session:
        follower(session, 1, the_draft(database))
    read(database, ISSUED, NOW + 31 * DAY)
    at = NOW + 32 * DAY
    assert decide(database, NUMBERED, False, at)
    assert not decide(database, NUMBERED, False, at), "it is joined no more"
    draft = the_draft(database)
    assert (draft.document_id, draft.wrong_documents, draft.suggested_id) == (None, [NUMBERED], None)
    _, correction = notices(database)
    assert correction.html.startswith("Đính chính: 05-NQ/TU (Nghệ An)")
    assert correction.silent
    with database.reading() as session:
        assert followed_documents(session, 1) == frozenset()
        assert find_follow(session, 1, draft.value, "draft") is not None
        (act,) = session.scalars(select(AdminAct))
        assert (act.admin_id, act.act) == (ADMIN, "part_draft")
    read(database, ISSUED, at, "Báo Hai")
    reindex(database, lambda: at, everything=True)
    with database.session() as session:
        for article in session.scalars(select(Article)):
            article.state = "kept"
    fold_waiting(database)
    wake_followers(database, at)
    assert the_draft(database).document_id is None
    assert len(notices(database)) == 2


def test_an_admin_joins_what_is_suggested_and_that_stays(database: Database) -> None:
    read(database, DRAFTED, NOW)
    with database.session() as session:
        follower(session, 1, the_draft(database))
    read(database, OTHERS["a number without a date"](), NOW + 31 * DAY)
    suggested = the_draft(database).suggested_id
    assert suggested == "05-NQ/TU@Nghệ An#?"
    assert decide(database, suggested, True, NOW + 32 * DAY)
    draft = the_draft(database)
    assert (draft.document_id, draft.decided_by, draft.suggested_id) == (suggested, ADMIN, None)
    assert len(notices(database)) == 1
    read(database, DRAFTED, NOW + 33 * DAY, "Báo Hai")
    assert the_draft(database).document_id == suggested


def test_what_no_article_says_any_more_is_joined_no_more(database: Database) -> None:
    read(database, DRAFTED, NOW)
    with database.session() as session:
        follower(session, 1, the_draft(database))
    article_id = read(database, ISSUED, NOW + 31 * DAY)
    with database.session() as session:
        for mention in session.scalars(select(Mention).where(Mention.article_id == article_id)):
            mention.title = "phát triển kinh tế biển giai đoạn mới"
        session.get_one(Article, article_id).announced = False
    wake_followers(database, NOW + 32 * DAY)
    assert the_draft(database).document_id is None
    assert [notice.html.partition(" ")[0] for notice in notices(database)] == ["<b>Văn", "Đính"]
    with database.reading() as session:
        assert followed_documents(session, 1) == frozenset()


def test_a_draft_that_is_reworded_stays_itself_and_one_that_is_gone_is_dropped(database: Database) -> None:
    article_id = read(database, DRAFTED, NOW)
    before = the_draft(database)

    def edited(title: str | None) -> None:
        with database.session() as session:
            for mention in session.scalars(select(Mention).where(Mention.article_id == article_id)):
                mention.title = title
            session.get_one(Article, article_id).announced = False
        wake_followers(database, NOW)

    edited("phòng, chống tội phạm và tệ nạn xã hội")
    after = the_draft(database)
    assert (after.token, after.title) == (before.token, "phòng, chống tội phạm và tệ nạn xã hội")
    edited(None)
    assert drafts(database) == []


def test_a_further_article_wakes_who_follows_the_draft(database: Database) -> None:
    read(database, DRAFTED, NOW)
    with database.session() as session:
        follower(session, 1, the_draft(database))
        add_subscription(session, 1, NOW, cadence="instant")
        before = find_follow(session, 1, the_draft(database).value, "draft")
        assert before is not None
    with database.session() as session:
        article = publish(session, "Góp ý", DRAFTED, seen=NOW + DAY, published=NOW + DAY, outlet="Báo Hai")
        article.state = "kept"
    fold_waiting(database)
    assert wake_followers(database, NOW + DAY) == 1


def test_a_digest_leads_to_the_draft_and_says_why_it_tells_of_it(database: Database) -> None:
    read(database, DRAFTED, NOW - DAY)
    with database.session() as session:
        subscription = reader(session, 1, NOW)
        follow(session, 1, the_draft(database).value, NOW, kind="draft")
        (*_, message) = render_digest(told(session, subscription, NOW))
    draft = the_draft(database)
    assert [("Dự thảo Nghị quyết (Nghệ An)", f"draft:{draft.token}")] in [list(row) for row in message.buttons]
    assert "Vì bạn theo dõi Dự thảo Nghị quyết (Nghệ An)" in message.html


def test_the_years_of_a_period_are_read_to_the_end(sqlite: Database) -> None:
    title = TITLE.replace("đến năm 2030", "giai đoạn 2026 - 2030")
    read(sqlite, DRAFTED.replace(TITLE, title), NOW)
    read(sqlite, issued(on=LATER, title=title).replace("“", "").replace("”", ""), NOW + 31 * DAY)
    assert the_draft(sqlite).document_id == NUMBERED
