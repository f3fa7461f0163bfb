// Message text with entities -> DOM. Offsets are UTF-16 units, which is what JavaScript strings count in.

import { copyText, element, icon } from "./dom.js";
import { say } from "./words.js";

const SIMPLE = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", blockquote: "blockquote" };

// actions: { sendCommand(text), toast(text) }
export function formatted(text, entities, actions) {
  const pending = (entities ?? []).map((entity) => ({ ...entity, end: entity.offset + entity.length }));
  return fragment(text, 0, text.length, pending, actions);
}

// Entities come outer before inner; a part of one that sticks out of its parent is drawn again after the parent.
function fragment(text, from, to, pending, actions) {
  const made = document.createDocumentFragment();
  let at = from;
  while (pending.length) {
    const entity = pending.shift();
    if (entity.offset > at) made.append(text.slice(at, entity.offset));
    const end = Math.min(entity.end, to);
    const inner = [];
    const rest = [];
    while (pending.length && pending[0].offset < end) {
      const next = pending.shift();
      inner.push({ ...next, end: Math.min(next.end, end) });
      if (next.end > end) rest.push({ ...next, offset: end });
    }
    pending.unshift(...rest);
    const content = fragment(text, entity.offset, end, inner, actions);
    made.append(wrapped(entity, text.slice(entity.offset, end), content, actions));
    at = end;
    if (BLOCKS.has(entity.type) && text[at] === "\n") at += 1; // the block itself breaks the line
  }
  if (at < to) made.append(text.slice(at, to));
  return made;
}

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);

function wrapped(entity, plain, content, actions) {
  switch (entity.type) {
    case "text_link":
      return link(entity.url, content);
    case "url":
      return link(plain, content);
    case "bot_command":
      return element("button", { type: "button", class: "inline", onclick: () => actions.sendCommand(plain) }, content);
    case "spoiler":
      return spoiler(content);
    case "pre":
      return codeBlock(entity.language, plain, content, actions);
    case "expandable_blockquote":
      return expandable(content);
    case "hashtag":
    case "mention":
    case "text_mention":
    case "email":
      return element("span", { class: "tag" }, content);
    default: {
      const tag = SIMPLE[entity.type];
      return tag ? element(tag, {}, content) : content;
    }
  }
}

// Only web addresses become links; whatever else a bot writes stays text.
function link(address, content) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return content;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return content;
  return element("a", { href: url.href, target: "_blank", rel: "noopener noreferrer", title: url.href }, content);
}

function spoiler(content) {
  const hidden = element("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": say("Nội dung ẩn, bấm để xem") }, content);
  const reveal = () => {
    hidden.classList.add("revealed");
    hidden.removeAttribute("role");
    hidden.removeAttribute("tabindex");
    hidden.removeAttribute("aria-label");
  };
  hidden.addEventListener("click", reveal);
  hidden.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      reveal();
    }
  });
  return hidden;
}

function codeBlock(language, plain, content, actions) {
  const copy = async () => actions.toast(say((await copyText(plain)) ? "Đã sao chép" : "Không sao chép được"));
  const button = element("button", { type: "button", class: "copy-code", "aria-label": say("Sao chép đoạn mã"), onclick: copy }, icon("copy"));
  return element("div", { class: "pre" }, element("div", { class: "language" }, element("span", {}, language ?? ""), button), element("pre", {}, element("code", {}, content)));
}

function expandable(content) {
  const quote = element("blockquote", { class: "expandable" }, element("div", { class: "quoted" }, content));
  const button = element("button", { type: "button", class: "expand", "aria-expanded": "false", "aria-label": say("Mở rộng trích dẫn") });
  const toggle = () => {
    const open = quote.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
    button.setAttribute("aria-label", say(open ? "Thu gọn trích dẫn" : "Mở rộng trích dẫn"));
  };
  quote.addEventListener("click", (event) => {
    if (event.target.closest("a, button.inline, .spoiler")) return;
    if (!quote.classList.contains("open") || event.target === button) toggle();
  });
  quote.append(button);
  return quote;
}
