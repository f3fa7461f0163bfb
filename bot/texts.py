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
    Command("unsubscribe", "huy", "Ngừng mọi bản tin", "Stop all briefings"),
    Command("settings", "caidat", "Các bản tin: giờ, chủ đề, địa bàn, báo, từ khóa", "Your briefings and all choices"),
    Command("follow", "theodoi", "Theo dõi một văn bản: /theodoi 09-CT/TW", "Follow a document: /follow 09-CT/TW"),
    Command("following", "dangtheodoi", "Các văn bản đang theo dõi", "The documents that you follow"),
    Command("filter", "loc", "Từ khóa: /loc ma túy, cần sa -bóng đá", "Words: /filter ma túy, cần sa -bóng đá"),
    Command("name", "ten", "Đặt tên một bản tin", "Name a briefing"),
    Command("preview", "xemtruoc", "Xem trước bản tin kế tiếp", "What the next briefing would be"),
    Command("export", "xuat", "Tải bản tin về: Word, web, văn bản", "A briefing as a file: Word, web page, text"),
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
    "add_subscription": {"vi": "+ Thêm bản tin", "en": "+ Add a briefing"},
    "daily": {"vi": "Hằng ngày", "en": "Daily"},
    "weekdays": {"vi": "Ngày làm việc", "en": "Weekdays"},
    "weekly": {"vi": "Hằng tuần", "en": "Weekly"},
    "monthly": {"vi": "Hằng tháng", "en": "Monthly"},
    "instant": {"vi": "Ngay khi có tin", "en": "As it happens"},
    "each_month": {"vi": "Ngày {} hằng tháng {}", "en": "Day {} of the month {}"},
    "month_day": {"vi": "Ngày trong tháng: {}", "en": "Day of the month: {}"},
    "day_0": {"vi": "T2", "en": "Mon"},
    "day_1": {"vi": "T3", "en": "Tue"},
    "day_2": {"vi": "T4", "en": "Wed"},
    "day_3": {"vi": "T5", "en": "Thu"},
    "day_4": {"vi": "T6", "en": "Fri"},
    "day_5": {"vi": "T7", "en": "Sat"},
    "day_6": {"vi": "CN", "en": "Sun"},
    "when": {"vi": "Khi nào: {}", "en": "When: {}"},
    "topics": {"vi": "Chủ đề: {}", "en": "Topics: {}"},
    "places": {"vi": "Địa bàn: {}", "en": "Places: {}"},
    "outlets": {"vi": "Báo: {}", "en": "Outlets: {}"},
    "words": {"vi": "Từ khóa: {}", "en": "Words: {}"},
    "all_of_them": {"vi": "tất cả", "en": "all"},
    "none": {"vi": "không", "en": "none"},
    "count_topics": {"vi": "{} chủ đề", "en": "topics: {}"},
    "count_places": {"vi": "{} địa bàn", "en": "places: {}"},
    "count_outlets": {"vi": "{} báo", "en": "outlets: {}"},
    "all_on": {"vi": "Tất cả chủ đề", "en": "All topics"},
    "whole_country": {"vi": "Cả nước", "en": "Whole country"},
    "all_outlets": {"vi": "Mọi báo", "en": "All outlets"},
    "no_words": {"vi": "Bỏ hết từ khóa", "en": "Remove all words"},
    "volume": {"vi": "Lượng tin: {}", "en": "Amount: {}"},
    "most": {"vi": "Nhiều nhất: {}", "en": "At most: {}"},
    "fewer": {"vi": "Ít hơn", "en": "Fewer"},
    "usual": {"vi": "Vừa phải", "en": "Usual"},
    "more": {"vi": "Nhiều hơn", "en": "More"},
    "fewer_now": {"vi": "Từ bản tin sau sẽ ít tin hơn", "en": "Fewer items from the next briefing on"},
    "fewest_already": {"vi": "Bản tin này đã ở mức ít tin nhất", "en": "This briefing has the fewest items already"},
    "grouping": {"vi": "Xếp theo: {}", "en": "Sections: {}"},
    "by_topic": {"vi": "Chủ đề", "en": "By topic"},
    "by_document": {"vi": "Văn bản", "en": "By document"},
    "by_place": {"vi": "Địa bàn", "en": "By place"},
    "empty": {"vi": "Khi không có tin: {}", "en": "Without news: {}"},
    "empty_told": {"vi": "Vẫn báo", "en": "Say so"},
    "empty_silent": {"vi": "Im lặng", "en": "Stay silent"},
    "zone": {"vi": "Múi giờ: {}", "en": "Time zone: {}"},
    "zone_of_chat": {"vi": "Múi giờ chung", "en": "As the chat"},
    "quiet": {"vi": "Giờ yên tĩnh: {}", "en": "Quiet hours: {}"},
    "quiet_on": {"vi": "Bật: {}–{}", "en": "On: {}–{}"},
    "quiet_off": {"vi": "Tắt giờ yên tĩnh", "en": "No quiet hours"},
    "off": {"vi": "tắt", "en": "off"},
    "from_hour": {"vi": "Từ {}", "en": "From {}"},
    "until_hour": {"vi": "Đến {}", "en": "Until {}"},
    "urgent_passes": {"vi": "Tin khẩn vẫn được gửi", "en": "Urgent news may pass"},
    "preview": {"vi": "Xem trước", "en": "Preview"},
    "pause": {"vi": "Tạm dừng", "en": "Pause"},
    "pause_day": {"vi": "1 ngày", "en": "1 day"},
    "pause_week": {"vi": "1 tuần", "en": "1 week"},
    "go_on": {"vi": "Nhận lại", "en": "Resume"},
    "paused": {"vi": "tạm dừng", "en": "paused"},
    "stopped": {"vi": "đã ngừng", "en": "stopped"},
    "remove_subscription": {"vi": "Xóa bản tin này", "en": "Remove this briefing"},
    "remove_subscription_yes": {"vi": "Xóa", "en": "Remove"},
    "undo": {"vi": "Hoàn tác", "en": "Undo"},
    "undo_gone": {
        "vi": "Không khôi phục được nữa; hãy thêm bản tin mới",
        "en": "It cannot be brought back any more; add a new one",
    },
    "keep_one": {"vi": "Cần giữ ít nhất một", "en": "At least one has to stay"},
    "too_many_subscriptions": {"vi": "Đã đủ số bản tin; hãy sửa hoặc xóa bớt", "en": "No more fit; remove one first"},
    "language": {"vi": "Ngôn ngữ: Tiếng Việt", "en": "Language: English"},
    "stop": {"vi": "Ngừng mọi bản tin", "en": "Stop all briefings"},
    "hours_both": {"vi": "Nhận cả {}", "en": "All of {}"},
    "hours_back": {"vi": "Trở lại {}", "en": "Back to {}"},
    "resume": {"vi": "Nhận bản tin", "en": "Get the briefing"},
    "back": {"vi": "‹ Quay lại", "en": "‹ Back"},
    "cancel": {"vi": "Hủy", "en": "Cancel"},
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
    "unfollow": {"vi": "Bỏ theo dõi", "en": "Stop following"},
    "followed": {"vi": "Đã theo dõi", "en": "Followed"},
    "unfollowed": {"vi": "Đã bỏ theo dõi", "en": "No longer followed"},
    "too_many_followed": {"vi": "Bạn đang theo dõi quá nhiều văn bản", "en": "You follow too many documents"},
    "tell_at_once": {"vi": "Báo ngay khi có tin", "en": "Tell me at once"},
    "not_needed": {"vi": "Chỉ cần trong bản tin", "en": "The briefing will do"},
    "more_coming": {"vi": "Đang gửi", "en": "On its way"},
    "no_more": {"vi": "Đã xem hết", "en": "That was all"},
    "export_day": {"vi": "Thay bằng 24 giờ qua", "en": "The last 24 hours instead"},
    "export_last": {"vi": "Thay bằng bản tin gần nhất", "en": "The last briefing instead"},
    "form_docx": {"vi": "Word (.docx)", "en": "Word (.docx)"},
    "form_html": {"vi": "Trang web (.html)", "en": "Web page (.html)"},
    "form_text": {"vi": "Văn bản thuần (.txt)", "en": "Plain text (.txt)"},
    "form_markdown": {"vi": "Markdown (.md)", "en": "Markdown (.md)"},
    "form_json": {"vi": "Dữ liệu (.json)", "en": "Data (.json)"},
    "form_atom": {"vi": "Atom (.atom)", "en": "Atom (.atom)"},
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
    "wrong_fold": {"vi": "Khác sự việc: bài của {}", "en": "Another event: the report of {}"},
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
