"""Articles and readers for tests, stored the way the product stores them."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from digests.models import Subscription
from digests.subscribers import subscribe, welcome
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
    """One article as a feed or a file would bring it."""
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
    return stored(session, new, analysis, seen)


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
