"""The commands of the chat, each with its Vietnamese alias, and which of them a person sees where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


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
    Command(
        "follow",
        "theodoi",
        "Theo dõi văn bản, từ khóa, địa bàn, cơ quan",
        "Follow a document, words, a place, an issuer",
    ),
    Command(
        "following", "dangtheodoi", "Những gì đang theo dõi, sửa và thôi", "All that you follow, to change or stop"
    ),
    Command("filter", "loc", "Từ khóa: /loc ma túy, cần sa -bóng đá", "Words: /filter ma túy, cần sa -bóng đá"),
    Command("name", "ten", "Đặt tên một bản tin", "Name a briefing"),
    Command("preview", "xemtruoc", "Xem trước bản tin kế tiếp", "What the next briefing would be"),
    Command("export", "xuat", "Tải bản tin về: Word, web, văn bản", "A briefing as a file: Word, web page, text"),
    Command("search", "timkiem", "Tìm bài: /timkiem ma túy -bóng đá", "Search articles: /search ma túy -bóng đá"),
    Command(
        "timeline", "dongthoigian", "Dòng thời gian của một văn bản", "The life of a document as the press tells it"
    ),
    Command("map", "bando", "Nơi nào đã thực hiện một văn bản", "Who was seen implementing a document"),
    Command("calendar", "lich", "Lịch sơ kết, tổng kết: /lich 11/2026", "Reviews falling due: /calendar 11/2026"),
    Command("trends", "xuhuong", "Tuần này nói nhiều về gì", "What the news tells more of this week"),
    Command("saved", "daluu", "Các bài đã lưu", "The articles that you keep"),
    Command("channels", "kenh", "Đăng bản tin vào kênh, nhóm của bạn", "Briefings in your channels and groups"),
    Command("language", "ngonngu", "Đổi ngôn ngữ", "Change the language"),
    Command("why", "visao", "Vì sao một bài có hay không có trong bản tin", "What became of an article, and why"),
    Command("status", "trangthai", "Bot đang đọc những gì, nguồn nào lỗi", "What is being read, which sources fail"),
    Command("privacy", "riengtu", "Bot lưu gì về bạn", "What is stored about you"),
    Command("mydata", "dulieu", "Tải về mọi dữ liệu về bạn", "All that is stored about you, as a file"),
    Command("forgetme", "xoadulieu", "Xóa mọi dữ liệu về bạn", "Erase all that is stored about you"),
    Command("about", "gioithieu", "Bot làm gì, chọn tin đúng đến đâu", "What the bot does, and how often it is right"),
    Command("help", "trogiup", "Hướng dẫn", "Help"),
)

ADMIN_COMMANDS = (
    Command("feeds", "nguon", "Các nguồn tin: tốt, lỗi, im lặng", "The feeds: well, failing, silent"),
    Command("addfeed", "themnguon", "Theo dõi thêm nguồn: /themnguon ĐỊA_CHỈ", "Follow one more: /addfeed ADDRESS"),
    Command("removefeed", "bonguon", "Bỏ theo dõi nguồn: /bonguon ĐỊA_CHỈ", "No longer follow: /removefeed ADDRESS"),
    Command("stats", "thongke", "Số liệu của bot", "Figures of the bot"),
    Command("review", "xemlai", "Quyết định về các báo sai", "Decide on what readers reported"),
    Command("broadcast", "thongbao", "Gửi một lời tới mọi người nhận tin", "A message to all readers"),
    Command("ban", "cam", "Cấm một người hay nhóm: /cam MÃ_SỐ LÝ_DO", "Ban a person or chat: /ban ID REASON"),
    Command("unban", "bocam", "Bỏ cấm: /bocam MÃ_SỐ", "Lift a ban: /unban ID"),
    Command("allow", "chophep", "Cho phép dùng bot khi hạn chế: /chophep MÃ_SỐ", "Admit to a closed bot: /allow ID"),
    Command("disallow", "thoichophep", "Thôi cho phép: /thoichophep MÃ_SỐ", "No longer admit: /disallow ID"),
    Command("log", "nhatky", "Các việc quản trị đã làm", "What admins did"),
)


class Menu(StrEnum):
    """A list of commands that Telegram shows; the others are in /help."""

    PRIVATE = "private"
    GROUP = "group"
    MANAGERS = "managers"  # of a group
    ADMIN = "admin"  # of the bot, alone with it


MENUS: Mapping[Menu, Sequence[str]] = {
    Menu.PRIVATE: (
        "today", "directive", "search", "subscribe", "settings", "follow", "following", "saved", "channels",
        "language", "privacy", "help",
    ),
    Menu.GROUP: (
        "directive", "search", "today", "trends", "calendar", "following", "saved", "why", "status", "about",
        "help",
    ),
    Menu.MANAGERS: (
        "subscribe", "unsubscribe", "settings", "directive", "search", "today", "follow", "following", "filter",
        "preview", "language", "help",
    ),
    Menu.ADMIN: (
        "stats", "review", "feeds", "broadcast", "ban", "log", "today", "directive", "search", "settings", "following",
        "help",
    ),
}  # fmt: skip

SECTIONS: Mapping[str, Sequence[str]] = {
    "look_up": ("directive", "search", "timeline", "map", "calendar", "trends", "why"),
    "briefings": ("today", "subscribe", "settings", "filter", "name", "preview", "export", "unsubscribe"),
    "follows": ("follow", "following", "saved"),
    "groups": ("channels",),
    "data": ("privacy", "mydata", "forgetme", "language", "status", "about", "start", "help"),
}
"""The sections of /help; those of admins follow."""


def commands_in(menu: Menu) -> Sequence[Command]:
    """The commands of a list, in order."""
    known = {command.name: command for command in (*COMMANDS, *ADMIN_COMMANDS)}
    return [known[name] for name in MENUS[menu]]
