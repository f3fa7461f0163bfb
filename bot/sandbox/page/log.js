// The scrolling list of messages, with its dates, its "what can this bot do" card and the typing dots.

import { element } from "./dom.js";
import { bubble } from "./message.js";
import { dayKey, dayLabel } from "./time.js";
import { say } from "./words.js";

const NEAR_END = 80; // pixels

export class Log {
  constructor(view, toEndButton, unread, actions) {
    this.view = view;
    this.toEndButton = toEndButton;
    this.unread = unread;
    this.actions = { ...actions, goTo: (id) => this.goTo(id) };
    this.messages = new Map();
    this.list = element("div", { class: "list" });
    this.about = element("div", { class: "about", hidden: true });
    this.dots = element("div", { class: "typing", hidden: true, "aria-hidden": "true" }, element("div", { class: "bubble" }, element("i"), element("i"), element("i")));
    view.append(this.about, this.list, this.dots);
    view.addEventListener("scroll", () => this.scrolled());
    toEndButton.addEventListener("click", () => this.toEnd(true));
    new ResizeObserver(() => this.wasAtEnd && this.toEnd()).observe(view);
    this.wasAtEnd = true;
    this.missed = 0;
  }

  isEmpty() {
    return this.messages.size === 0;
  }

  reset(messages, toEnd) {
    const atEnd = toEnd || this.wasAtEnd;
    this.messages = new Map(messages.map((message) => [message.message_id, message]));
    this.list.replaceChildren();
    for (const message of messages) this.dayOf(message).append(this.drawn(message));
    this.dates();
    if (atEnd) this.toEnd();
  }

  redraw() {
    this.reset([...this.messages.values()], false);
  }

  drawn(message) {
    return bubble(message, this.actions);
  }

  // Where the next message goes: a date line sticks as long as its own day is in view.
  dayOf(message) {
    const key = dayKey(message.date);
    if (this.list.lastElementChild?.dataset.day !== key) {
      this.list.append(element("div", { class: "day", "data-day": key }, element("div", { class: "date" }, element("span"))));
    }
    return this.list.lastElementChild;
  }

  find(id) {
    return this.list.querySelector(`[data-id="${id}"]`);
  }

  add(message) {
    this.messages.set(message.message_id, message);
    const made = this.drawn(message);
    made.classList.add("fresh");
    this.dayOf(message).append(made);
    this.dates();
    if (this.wasAtEnd || !message.from.is_bot) this.toEnd(true);
    else {
      this.missed += 1;
      this.unread.textContent = String(this.missed);
      this.unread.hidden = false;
    }
  }

  replace(message) {
    this.messages.set(message.message_id, message);
    const old = this.find(message.message_id);
    if (!old) return;
    // The pressed button keeps its spinner and the keyboard its focus while the bot edits under it.
    const keys = [...old.querySelectorAll(".key")];
    const focused = keys.indexOf(document.activeElement);
    const made = this.drawn(message);
    old.replaceWith(made);
    if (focused >= 0) made.querySelectorAll(".key")[focused]?.focus({ preventScroll: true });
    this.dates();
    if (this.wasAtEnd) this.toEnd();
  }

  remove(id) {
    this.messages.delete(id);
    this.find(id)?.remove();
    this.dates();
  }

  goTo(id) {
    const found = this.find(id);
    if (!found) return this.actions.toast(say("Tin nhắn này đã bị xóa."));
    found.scrollIntoView({ block: "center", behavior: "smooth" });
    found.classList.add("pointed");
    setTimeout(() => found.classList.remove("pointed"), 1500);
  }

  // A day is named as it is called now; bubbles of one side that follow each other stand closer.
  dates() {
    for (const day of [...this.list.children]) {
      const [date, ...articles] = day.children;
      if (articles.length === 0) day.remove();
      let side = null;
      for (const article of articles) {
        const message = this.messages.get(Number(article.dataset.id));
        if (side === null) date.firstElementChild.textContent = dayLabel(message.date, this.actions.now());
        article.classList.toggle("follows", side === message.from.is_bot);
        side = message.from.is_bot;
      }
    }
  }

  typing(on) {
    this.dots.hidden = !on;
    if (on && this.wasAtEnd) this.toEnd();
  }

  setAbout(bot) {
    const words = bot.description || say("Gửi tin nhắn đầu tiên để bắt đầu.");
    this.about.replaceChildren(element("h2", {}, say("Bot này làm được gì?")), element("p", {}, words));
  }

  showAbout(on) {
    this.about.hidden = !on;
  }

  scrolled() {
    const left = this.view.scrollHeight - this.view.scrollTop - this.view.clientHeight;
    this.wasAtEnd = left < NEAR_END;
    this.toEndButton.hidden = this.wasAtEnd;
    if (this.wasAtEnd) {
      this.missed = 0;
      this.unread.hidden = true;
    }
  }

  toEnd(smooth = false) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.wasAtEnd = true;
    this.view.scrollTo({ top: this.view.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" });
  }
}
