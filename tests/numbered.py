"""Articles each of which tells an event of its own, known by a number in its headline."""

from functools import cache

from feeds.analyse import Analysis, analyse
from feeds.store import NewArticle
from newsroom import POLICY, PROVINCES

SUBJECTS = (
    "phòng, chống ma túy ở thôn bản vùng cao và khu vực biên giới",
    "an ninh tuyến biển, đảo và quản lý tàu cá của ngư dân",
    "quản lý vũ khí, vật liệu nổ và công cụ hỗ trợ",
    "đấu tranh với lừa đảo chiếm đoạt tài sản trên không gian mạng",
    "bảo đảm trật tự, an toàn giao thông mùa lễ hội cuối năm",
    "cấp căn cước và định danh điện tử cho người dân ở xa",
    "phòng cháy, chữa cháy ở chợ, kho hàng và nhà nhiều tầng",
)


def is_of_followed(number: int) -> bool:
    return number % 9 == 4


def mark_of(number: int) -> str:
    """What stands in the headline of this story only."""
    return f"Kế hoạch số {number + 101}/KH-UBND"


@cache
def article_of(number: int) -> tuple[NewArticle, Analysis]:
    place, subject = PROVINCES[number % len(PROVINCES)], SUBJECTS[number % len(SUBJECTS)]
    title = (
        f"Công an tỉnh {place} triển khai Kế hoạch số {number + 101}/KH-UBND và Nghị định số {number + 11}/2024/NĐ-CP "
        f"về {subject}, giao chỉ tiêu cho từng đơn vị, địa bàn"
    )
    lead = (
        f"Ngày {number % 28 + 1}/11, Công an tỉnh {place} tổ chức hội nghị triển khai Nghị định số "
        f"{number + 11}/2024/NĐ-CP của Chính phủ về {subject}; {number + 31} đại biểu dự hội nghị."
    )
    if is_of_followed(number):
        lead += " " + POLICY[1].partition("triển khai thực hiện ")[2]
    new = NewArticle(str(number), f"https://mau.example/{number}.html", "Báo Mẫu", title, lead, "", None)
    return new, analyse(title, lead, "")
