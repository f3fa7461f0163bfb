"""Articles and readers for tests, stored the way the product stores them."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from digests.chart import chart
from digests.compose import compose_due
from digests.edition import Editions
from digests.follows import follow
from digests.models import Digest, SentStory, Subscription
from digests.subscribers import find_reader, subscribe, welcome
from digests.views import DigestView
from feeds.analyse import Analysis, analyse
from feeds.models import Article
from feeds.store import NewArticle, published_on, save_articles

POLICY = (
    "Bộ Công an triển khai Chỉ thị số 09-CT/TW về phong trào toàn dân bảo vệ an ninh Tổ quốc",
    "Sáng nay, Bộ Công an tổ chức hội nghị toàn quốc triển khai thực hiện Chỉ thị số 09-CT/TW, ngày 1/12/2011 của "
    "Ban Bí thư (khóa XI) về tăng cường sự lãnh đạo của Đảng đối với phong trào toàn dân bảo vệ an ninh Tổ quốc.",
)
ROBBERY = (
    "Bắt đối tượng cướp tiệm vàng sau hai giờ gây án",
    "Khoảng 14 giờ, một thanh niên cầm dao xông vào tiệm vàng ở trung tâm thị trấn rồi bỏ chạy bằng xe máy.",
)
PROVINCES = ("Hà Tĩnh", "Nghệ An", "Đồng Nai", "Cà Mau", "Lào Cai", "Sơn La", "Lai Châu", "Điện Biên", "Cao Bằng")


def policy(number: int) -> str:
    """A headline of policy; each of another place and document, so that no two fold."""
    place = PROVINCES[number % len(PROVINCES)]
    return f"Công an tỉnh {place} triển khai Nghị định số {number}/2024/NĐ-CP về bảo đảm an ninh, trật tự"


def stored(session: Session, new: NewArticle, analysis: Analysis, now: datetime) -> Article:
    """The article as it is stored."""
    save_articles(session, [(new, analysis)], now)
    return session.scalars(select(Article).where(Article.identity == new.identity)).one()


def publish(
    session: Session,
    title: str,
    lead: str = "",
    text: str = "",
    *,
    seen: datetime,
    published: datetime | None = None,
    outlet: str = "Báo Mẫu",
    origin: str = "poll",
    province: str | None = None,
) -> Article:
    """One article as a feed or a file would bring it, and charted as the next round would."""
    new = NewArticle(
        identity=f"{outlet}:{title}",
        url=f"https://mau.example/{abs(hash((outlet, title)))}.html",
        outlet=outlet,
        title=title,
        lead=lead,
        text=text,
        published=published,
        origin=origin,
        province=province,
    )
    analysis = analyse(title, lead, text, published=published_on(published), home_province=province)
    article = stored(session, new, analysis, seen)
    chart(session, [article.id])
    return article


def chart_all(session: Session) -> None:
    """Charts every article anew: after folding, or after a test wrote what no round would."""
    session.flush()
    chart(session, session.scalars(select(Article.id)).all())


def reader(
    session: Session,
    chat_id: int,
    now: datetime,
    *,
    due_in: timedelta = timedelta(0),
    language: str = "vi",
    topics: tuple[str, ...] = (),
) -> Subscription:
    """A subscriber whose next digest is due at `now` + `due_in`."""
    welcome(session, chat_id, now, language=language, timezone="Asia/Ho_Chi_Minh")
    subscription = subscribe(session, chat_id, now, topics=topics)
    subscription.next_due_at = now + due_in
    session.flush()
    return subscription


def digest_at(
    session: Session, subscription: Subscription, at: datetime, *, hours: float = 24, is_first: bool = False
) -> Digest:
    """A digest of a subscription that is due at `at` and covers the hours before."""
    digest = Digest(
        subscription_id=subscription.id,
        chat_id=subscription.chat_id,
        due_at=at,
        window_start=at - timedelta(hours=hours),
        window_end=at,
        is_first=is_first,
    )
    session.add(digest)
    session.flush()
    return digest


def told(
    session: Session,
    subscription: Subscription,
    at: datetime,
    *,
    hours: float = 24,
    is_first: bool = False,
    editions: Editions | None = None,
    ends: str = "done",
) -> DigestView:
    """The digest of a subscription that is due at `at`, composed and, unless it failed, in the ledger as if sent."""
    digest = digest_at(session, subscription, at, hours=hours, is_first=is_first)
    known = find_reader(session, subscription.chat_id)
    if known is None:
        raise LookupError(f"no chat {subscription.chat_id}")
    view = compose_due(session, digest, known, subscription, now=at, editions=editions)
    if ends == "done":
        session.add_all(
            SentStory(chat_id=digest.chat_id, story_id=story.story_id, digest_id=digest.id, at=at)
            for story in view.stories
        )
    digest.state = ends
    session.flush()
    return view


def follow_for(session: Session, chat_id: int, document_id: str) -> None:
    """A chat, known or not yet, that follows a document."""
    welcome(session, chat_id, datetime(2026, 1, 1, tzinfo=UTC), language="vi", timezone="Asia/Ho_Chi_Minh")
    follow(session, chat_id, document_id, datetime(2026, 1, 1, tzinfo=UTC))


def headlines(view: DigestView) -> list[str]:
    """The headlines of a digest in its order."""
    return [story.head.title for story in view.stories]
