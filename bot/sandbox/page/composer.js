// The line at the bottom: writing, the command menu, the Start button, a bot's reply keyboard.

import { element } from "./dom.js";
import { gist } from "./message.js";
import { say } from "./words.js";

const $ = (id) => document.getElementById(id);

export class Composer {
  // actions: { say(text, replyTo), sendFile(file), onKeyboard() }
  constructor(actions) {
    this.actions = actions;
    this.commands = [];
    this.chosen = -1;
    this.answered = null;
    this.text = $("text");
    this.list = $("commands");
    this.text.addEventListener("input", () => this.changed());
    this.text.addEventListener("keydown", (event) => this.key(event));
    $("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    $("menu").addEventListener("click", () => (this.list.hidden ? this.open(this.commands) : this.close()));
    $("attach").addEventListener("click", () => $("file").click());
    $("file").addEventListener("change", async () => {
      for (const file of $("file").files) await this.actions.sendFile(file);
      $("file").value = "";
    });
    $("stop-answering").addEventListener("click", () => this.answerTo(null));
    document.addEventListener("pointerdown", (event) => {
      if (!event.target.closest("footer")) this.close();
    });
  }

  focus() {
    if (matchMedia("(hover: hover)").matches) this.text.focus();
  }

  // What is sent next answers this message; null: nothing.
  answerTo(message) {
    this.answered = message;
    $("answering").hidden = !message;
    if (!message) return;
    $("answering-name").textContent = `${say("Trả lời")} ${message.from.first_name}`;
    $("answering-text").textContent = gist(message);
    this.text.focus();
  }

  say(text) {
    const answered = this.answered?.message_id;
    this.answerTo(null);
    return this.actions.say(text, answered);
  }

  // empty: nothing written yet; blocked: the user blocked the bot; open: a chat like any other.
  setMode(mode) {
    $("start").hidden = mode === "open";
    $("start").textContent = say(mode === "blocked" ? "Khởi động lại" : "Bắt đầu");
    $("composer").hidden = mode !== "open";
    if (mode === "open") return;
    this.close();
    this.answerTo(null);
  }

  setCommands(commands) {
    this.commands = commands;
    $("menu").hidden = commands.length === 0;
    if (!this.list.hidden) this.changed();
  }

  async send() {
    const text = this.text.value;
    if (!text.trim()) return;
    this.text.value = "";
    this.changed();
    await this.say(text);
  }

  changed() {
    $("send").disabled = !this.text.value.trim();
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, 180)}px`;
    const typed = /^\/(\w*)$/.exec(this.text.value);
    if (typed) this.open(this.commands.filter(({ command }) => command.startsWith(typed[1].toLowerCase())));
    else this.close();
  }

  open(commands) {
    if (!commands.length) return this.close();
    this.chosen = -1;
    this.list.replaceChildren(
      ...commands.map(({ command, description }, index) =>
        element(
          "li",
          { role: "option", id: `command-${index}`, "aria-selected": "false", tabindex: "-1", onclick: () => this.pick(command) },
          element("b", {}, `/${command}`),
          element("span", {}, description),
        ),
      ),
    );
    this.list.hidden = false;
    $("menu").setAttribute("aria-expanded", "true");
  }

  close() {
    this.list.hidden = true;
    this.text.removeAttribute("aria-activedescendant");
    $("menu").setAttribute("aria-expanded", "false");
  }

  pick(command) {
    this.text.value = "";
    this.changed();
    this.say(`/${command}`);
    this.focus();
  }

  key(event) {
    const items = this.list.hidden ? [] : [...this.list.children];
    if (items.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.select(items, (this.chosen + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length);
    } else if (items.length && event.key === "Tab") {
      event.preventDefault();
      const item = items[Math.max(this.chosen, 0)];
      this.text.value = `${item.firstChild.textContent} `;
      this.changed();
    } else if (event.key === "Escape" && !items.length) this.answerTo(null);
    else if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (items.length && this.chosen >= 0) items[this.chosen].click();
      else this.send();
    }
  }

  select(items, index) {
    this.chosen = index;
    items.forEach((item, place) => item.setAttribute("aria-selected", String(place === index)));
    items[index].scrollIntoView({ block: "nearest" });
    this.text.setAttribute("aria-activedescendant", items[index].id);
  }

  // The last message with a markup of these kinds decides: a keyboard, its removal, or a question to answer.
  keyboardFrom(messages) {
    const markup = messages.map((message) => message.reply_markup).findLast((found) => found && !found.inline_keyboard);
    if (!markup) return;
    const keyboard = $("reply-keyboard");
    this.text.placeholder = markup.input_field_placeholder || say("Tin nhắn");
    keyboard.hidden = !markup.keyboard;
    keyboard.replaceChildren();
    if (markup.force_reply) this.focus();
    for (const row of markup.keyboard ?? []) {
      const buttons = row.map(({ text }) => element("button", { type: "button", onclick: () => this.answer(text, markup) }, text));
      keyboard.append(element("div", { class: "row" }, ...buttons));
    }
    this.actions.onKeyboard();
  }

  answer(text, markup) {
    if (markup.one_time_keyboard) $("reply-keyboard").hidden = true;
    this.say(text);
  }
}
