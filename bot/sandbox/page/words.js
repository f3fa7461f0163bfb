// The words of the page around the chat, in the language of the person; what the bot says is the bot's.

const ENGLISH = {
  "Người dùng thử": "Test users",
  "Đóng danh sách": "Close the list",
  "Tên người dùng mới": "Name of a new user",
  "Thêm": "Add",
  "Đây là bản chạy thử trên máy của bạn: không gửi gì ra Internet, không cần tài khoản Telegram.":
    "This is a trial on your own computer: nothing is sent to the Internet, no Telegram account is needed.",
  "đang kết nối…": "connecting…",
  "mất kết nối, đang thử lại…": "connection lost, trying again…",
  "bản chạy thử đã dừng": "the trial has stopped",
  "đang nhập…": "typing…",
  "Ngôn ngữ của người dùng": "Language of the user",
  "Chặn": "Block",
  "Bỏ chặn": "Unblock",
  "Cho bot nhắn lại": "Let the bot write again",
  "Chặn bot, như người dùng thật có thể làm": "Block the bot, as a real user may",
  "Giờ của bản chạy thử": "Time of the trial",
  "Tới giờ bản tin kế tiếp": "On to the next briefing",
  "Bản chạy thử này không có lịch bản tin": "This trial has no briefings to come",
  "Tin nhắn": "Message",
  "Xuống cuối": "To the end",
  "Lệnh của bot": "Commands of the bot",
  "Bắt đầu": "Start",
  "Khởi động lại": "Restart",
  "Không trả lời tin này nữa": "No answer to this message",
  "Danh sách lệnh": "List of commands",
  "Gửi tệp": "Send a file",
  "Tệp để gửi": "File to send",
  "Gửi": "Send",
  "Bàn phím trả lời": "Keyboard of answers",
  "Đồng ý": "OK",
  "Không thực hiện được": "It could not be done",
  "Không gửi được tệp": "The file could not be sent",
  "Bot không trả lời nút này.": "The bot did not answer this button.",
  "Trả lời": "Reply",
  "Hôm nay": "Today",
  "Hôm qua": "Yesterday",
  "Tin nhắn này đã bị xóa.": "This message was deleted.",
  "Gửi tin nhắn đầu tiên để bắt đầu.": "Send a first message to begin.",
  "Bot này làm được gì?": "What can this bot do?",
  "Ảnh": "Photo",
  "Gửi không âm thanh": "Sent without sound",
  "đã sửa": "edited",
  "Đã gửi": "Sent",
  "Nút của tin nhắn": "Buttons of the message",
  "Đã sao chép": "Copied",
  "Không sao chép được": "It could not be copied",
  "Sao chép đoạn mã": "Copy the code",
  "Telegram sẽ hỏi gửi vào đâu, rồi gõ sẵn": "Telegram will ask where to, and type",
  "Nội dung ẩn, bấm để xem": "Hidden text, press to see it",
  "Mở rộng trích dẫn": "Show all of the quotation",
  "Thu gọn trích dẫn": "Show less of the quotation",
};
const ATTRIBUTES = ["aria-label", "placeholder", "title"];

let language = "vi";

export const say = (words) => (language === "en" ? ENGLISH[words] : words);
export const locale = () => (language === "en" ? "en-GB" : "vi-VN");

// What stands in the page itself, taken before anything is drawn: setters, with their words.
const standing = [];
for (const made of document.querySelectorAll("body *")) {
  for (const name of ATTRIBUTES) {
    const words = made.getAttribute(name);
    if (words in ENGLISH) standing.push([words, (said) => made.setAttribute(name, said)]);
  }
  const words = made.textContent.trim();
  if (!made.children.length && words in ENGLISH) standing.push([words, (said) => (made.textContent = said)]);
}

// Speaks this language from now on; whether it is another.
export function speak(chosen) {
  const wanted = chosen === "en" ? "en" : "vi";
  if (wanted === language) return false;
  language = document.documentElement.lang = wanted;
  for (const [words, set] of standing) set(say(words));
  return true;
}
