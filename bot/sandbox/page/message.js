// One message -> one bubble.

import { copyText, element, icon } from "./dom.js";
import { formatted } from "./text.js";
import { timeOf } from "./time.js";
import { locale, say } from "./words.js";

// actions: { sendCommand(text), toast(text), press(message, row, column, button) -> Promise, goTo(messageId), answer(message) }
export function bubble(message, actions) {
  const out = !message.from.is_bot;
  const made = element("article", { class: out ? "message out" : "message in", "data-id": message.message_id });
  const body = element("div", { class: "bubble" });
  if (message.reply_to_message) body.append(replied(message.reply_to_message, actions));
  if (message.document) body.append(file(message.document));
  if (message.photo) body.append(photo(message));
  const words = formatted(message.text ?? message.caption ?? "", message.entities ?? message.caption_entities, actions);
  const text = element("div", { class: "text", dir: "auto" }, words);
  text.append(meta(message, out, actions));
  body.append(text);
  made.append(body);
  const rows = message.reply_markup?.inline_keyboard;
  if (rows) made.append(keyboard(message, rows, actions));
  return made;
}

function file(document) {
  const size = `${(document.file_size / 1024).toLocaleString(locale(), { maximumFractionDigits: 1 })} kB`;
  const name = element("b", {}, document.file_name);
  const link = { class: "file", href: `/sandbox/file/${document.file_id}`, download: document.file_name };
  return element("a", link, icon("file"), element("span", {}, name, element("small", {}, size)));
}

function photo({ photo: sizes, caption }) {
  const { file_id, width, height } = sizes.at(-1);
  return element("img", { class: "photo", src: `/sandbox/photo/${file_id}`, width, height, alt: caption ?? say("Ảnh") });
}

// What a message says in one line, for the line above an answer to it.
export function gist(message) {
  return (message.text ?? message.caption ?? message.document?.file_name ?? say("Ảnh")).slice(0, 120);
}

function meta(message, out, actions) {
  const made = element("span", { class: "meta" });
  made.append(element("button", { type: "button", class: "answer", onclick: () => actions.answer(message) }, say("Trả lời")));
  if (message.silent) made.append(icon("silent", say("Gửi không âm thanh")));
  if (message.edit_date) made.append(element("span", { class: "edited" }, `${say("đã sửa")} `));
  made.append(element("time", { datetime: new Date(message.date * 1000).toISOString() }, timeOf(message.date)));
  if (out) made.append(icon("sent", say("Đã gửi")));
  return made;
}

function replied(original, actions) {
  const name = original.from.first_name;
  const go = () => actions.goTo(original.message_id);
  return element("button", { type: "button", class: "replied", onclick: go }, element("b", {}, name), element("span", {}, gist(original)));
}

function keyboard(message, rows, actions) {
  const made = element("div", { class: "keyboard", role: "group", "aria-label": say("Nút của tin nhắn") });
  rows.forEach((row, rowNumber) => {
    const line = element("div", { class: "row" });
    row.forEach((button, column) => line.append(key(message, button, rowNumber, column, actions)));
    made.append(line);
  });
  return made;
}

function key(message, button, row, column, actions) {
  if (button.url) return linkKey(button);
  const kind = button.style ? `key ${button.style}` : "key";
  const made = element("button", { type: "button", class: kind }, element("span", {}, button.text));
  if (button.copy_text) {
    made.append(icon("copy"));
    made.addEventListener("click", async () => {
      actions.toast((await copyText(button.copy_text.text)) ? `${say("Đã sao chép")}: ${button.copy_text.text}` : say("Không sao chép được"));
    });
    return made;
  }
  if (button.switch_inline_query !== undefined) {
    made.addEventListener("click", () => actions.toast(`${say("Telegram sẽ hỏi gửi vào đâu, rồi gõ sẵn")}: @bot ${button.switch_inline_query}`));
    return made;
  }
  made.addEventListener("click", async () => {
    if (made.getAttribute("aria-busy") === "true") return;
    made.setAttribute("aria-busy", "true");
    await actions.press(message, row, column);
    made.removeAttribute("aria-busy");
  });
  return made;
}

function linkKey(button) {
  const label = element("span", {}, button.text);
  const safe = /^https?:/i.test(button.url) ? { href: button.url, target: "_blank", rel: "noopener noreferrer", title: button.url } : {};
  return element("a", { class: "key", ...safe }, label, icon("link"));
}
