"""Short words of the chat: commands, button labels, toasts. Longer messages are templates."""

from dataclasses import dataclass

# Language of the interface by Telegram's language code; everything else gets Vietnamese.
DEFAULT_LANGUAGE = "vi"


@dataclass(frozen=True, slots=True)
class Command:
    """A command with its unaccented Vietnamese alias and its description per language."""

    name: str
    alias: str
    vi: str
    en: str

    def description(self, language: str) -> str:
        return self.en if language == "en" else self.vi


COMMANDS = (
    Command("start", "batdau", "Bắt đầu: chọn ngôn ngữ và giờ nhận tin", "Start: choose language and hour"),
    Command("directive", "vanban", "Tra một văn bản, ví dụ 09-CT/TW", "Look up a document, such as 09-CT/TW"),
    Command("today", "homnay", "Tin chính sách an ninh 24 giờ qua", "Security policy of the last 24 hours"),
    Command(
        "subscribe", "dangky", "Nhận bản tin hằng ngày, ví dụ /dangky 7:30", "Daily briefing, such as /subscribe 7:30"
    ),
    Command("unsubscribe", "huy", "Ngừng nhận bản tin", "Stop the daily briefing"),
    Command("settings", "caidat", "Giờ, chủ đề, lượng tin, múi giờ, ngôn ngữ", "Hour, topics, amount, zone, language"),
    Command("language", "ngonngu", "Đổi ngôn ngữ", "Change the language"),
    Command("why", "visao", "Vì sao một bài có hay không có trong bản tin", "What became of an article, and why"),
    Command("status", "trangthai", "Bot đang đọc những gì, nguồn nào lỗi", "What is being read, which sources fail"),
    Command("privacy", "riengtu", "Bot lưu gì về bạn; xóa dữ liệu", "What is stored about you; erase it"),
    Command("about", "gioithieu", "Bot làm gì, chọn tin đúng đến đâu", "What the bot does, and how often it is right"),
    Command("help", "trogiup", "Hướng dẫn", "Help"),
)

ADMIN_COMMANDS = (
    Command("feeds", "nguon", "Các nguồn tin: tốt, lỗi, im lặng", "The feeds: well, failing, silent"),
    Command("addfeed", "themnguon", "Theo dõi thêm nguồn: /themnguon ĐỊA_CHỈ", "Follow one more: /addfeed ADDRESS"),
    Command("removefeed", "bonguon", "Bỏ theo dõi nguồn: /bonguon ĐỊA_CHỈ", "No longer follow: /removefeed ADDRESS"),
)

TEXTS: dict[str, dict[str, str]] = {
    "today": {"vi": "Tin 24 giờ qua", "en": "Last 24 hours"},
    "try_directive": {"vi": "Thử tra 09-CT/TW", "en": "Try 09-CT/TW"},
    "first_now": {"vi": "Gửi bản tin đầu tiên ngay", "en": "Send the first briefing now"},
    "cited_articles": {"vi": "Xem {} bài nhắc tới {}", "en": "See {} articles citing {}"},
    "documents": {"vi": "{} ({} văn bản)", "en": "{} ({} documents)"},
    "settings": {"vi": "Cài đặt", "en": "Settings"},
    "hour": {"vi": "Giờ nhận: {}", "en": "Hour: {}"},
    "topics": {"vi": "Chủ đề: {}", "en": "Topics: {}"},
    "all_topics": {"vi": "tất cả", "en": "all"},
    "volume": {"vi": "Lượng tin: {}", "en": "Amount: {}"},
    "fewer": {"vi": "Ít hơn", "en": "Fewer"},
    "usual": {"vi": "Vừa phải", "en": "Usual"},
    "more": {"vi": "Nhiều hơn", "en": "More"},
    "zone": {"vi": "Múi giờ: {}", "en": "Time zone: {}"},
    "language": {"vi": "Ngôn ngữ: Tiếng Việt", "en": "Language: English"},
    "stop": {"vi": "Ngừng nhận bản tin", "en": "Stop the briefing"},
    "resume": {"vi": "Nhận bản tin", "en": "Get the briefing"},
    "back": {"vi": "‹ Quay lại", "en": "‹ Back"},
    "cancel": {"vi": "Hủy", "en": "Cancel"},
    "all_on": {"vi": "Tất cả chủ đề", "en": "All topics"},
    "previous": {"vi": "‹ Mới hơn", "en": "‹ Newer"},
    "next": {"vi": "Cũ hơn ›", "en": "Older ›"},
    "page_before": {"vi": "‹ Trước", "en": "‹ Before"},
    "page_after": {"vi": "Sau ›", "en": "After ›"},
    "refresh": {"vi": "↻ {}/{}", "en": "↻ {}/{}"},
    "opml": {"vi": "Tải danh sách (OPML)", "en": "The list as a file (OPML)"},
    "opml_add": {"vi": "Thêm {} nguồn", "en": "Add {} feeds"},
    "feeds_back": {"vi": "‹ Các nguồn", "en": "‹ The feeds"},
    "pause_feed": {"vi": "Tạm dừng", "en": "Pause"},
    "resume_feed": {"vi": "Đọc tiếp", "en": "Resume"},
    "check_now": {"vi": "Đọc ngay", "en": "Read now"},
    "check_soon": {"vi": "Sẽ đọc trong vòng một phút", "en": "It will be read within a minute"},
    "remove_feed": {"vi": "Bỏ theo dõi", "en": "Remove"},
    "remove_yes": {"vi": "Bỏ hẳn", "en": "Yes, remove it"},
    "follow": {"vi": "Theo dõi", "en": "Follow it"},
    "follow_again": {"vi": "Theo dõi lại", "en": "Follow it again"},
    "erase": {"vi": "Xóa dữ liệu của tôi", "en": "Erase my data"},
    "erase_yes": {"vi": "Xóa hẳn", "en": "Erase for good"},
    "keep": {"vi": "Giữ lại", "en": "Keep"},
    "saved": {"vi": "Đã lưu", "en": "Saved"},
    "unchanged": {"vi": "Vẫn như cũ", "en": "Nothing changed"},
    "first_coming": {"vi": "Bản tin đang được gửi", "en": "The briefing is on its way"},
    "first_sent": {"vi": "Bạn đã nhận bản tin đầu tiên; tin mới ở /homnay", "en": "You had the first one; see /today"},
    "first_later": {"vi": "Sẽ gửi khi đọc xong các nguồn lần đầu", "en": "Comes when the first reading is done"},
    "subscribe_first": {"vi": "Bạn chưa đăng ký nhận bản tin", "en": "You are not subscribed yet"},
    "irrelevant": {"vi": "Không liên quan", "en": "Not relevant"},
    "wrong_document": {"vi": "Sai văn bản: {}", "en": "Wrong document: {}"},
    "no_items": {"vi": "Không còn nhận ra tin nào ở đây", "en": "No item of this message is known any more"},
    "noted": {"vi": "Đã ghi nhận", "en": "Noted"},
    "noted_before": {"vi": "Bạn đã báo điều này rồi", "en": "You said so before"},
    "noted_too_many": {
        "vi": "Bạn đã báo rất nhiều tin đang chờ xem lại; hãy thử lại sau.",
        "en": "Very many of your reports still wait to be looked at; try again later.",
    },
    "stale_button": {
        "vi": "Nút này đã cũ. Gửi lại lệnh để có nút mới.",
        "en": "This button is out of date. Send the command again for a fresh one.",
    },
    "directive_placeholder": {"vi": "ví dụ 09-CT/TW", "en": "such as 09-CT/TW"},
    "bot_description": {
        "vi": "Điểm tin chính sách an ninh Việt Nam: mỗi ngày một bản tin đúng giờ bạn chọn, và tra mọi văn bản "
        "của Đảng, Nhà nước mà báo chí nhắc tới, ví dụ 09-CT/TW.",
        "en": "Vietnamese security policy: one briefing a day at your hour, and every Party or State document that "
        "the press cites, such as 09-CT/TW.",
    },
    "bot_short_description": {
        "vi": "Điểm tin chính sách an ninh Việt Nam và tra cứu văn bản.",
        "en": "Vietnamese security policy briefings and document look-up.",
    },
}  # fmt: skip


def say(key: str, language: str, *values: object) -> str:
    """The text `key` in a language, `{}` filled in order."""
    return TEXTS[key][language].format(*values)


def language_of(code: str | None) -> str:
    """Interface language for a Telegram language code ("en-GB"); Vietnamese unless it is English."""
    return "en" if code and code.lower().startswith("en") else DEFAULT_LANGUAGE
