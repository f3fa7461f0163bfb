// The simulated people: a list at the side on wide screens, a drawer on phones.

import { avatar, element } from "./dom.js";

const $ = (id) => document.getElementById(id);
const LANGUAGES = { vi: "Tiếng Việt", en: "English" };

export class People {
  // actions: { choose(id), add(name) -> Promise }
  constructor(actions) {
    this.actions = actions;
    $("open-people").addEventListener("click", () => this.show(true));
    $("close-people").addEventListener("click", () => this.show(false));
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.show(false));
    document.querySelector("main").addEventListener("pointerdown", (event) => {
      if (!event.target.closest("#open-people")) this.show(false);
    });
    $("add-person").addEventListener("submit", async (event) => {
      event.preventDefault();
      const name = $("new-name").value.trim();
      if (!name) return;
      $("new-name").value = "";
      await actions.add(name);
    });
  }

  show(on) {
    if (!on && !document.body.classList.contains("people-open")) return;
    document.body.classList.toggle("people-open", on);
    $("open-people").setAttribute("aria-expanded", String(on));
    (on ? $("close-people") : $("open-people")).focus();
  }

  draw(users, current) {
    this.users = users;
    this.current = current;
    $("people-list").replaceChildren(...users.map((user) => this.row(user)));
  }

  row(user) {
    const choose = () => {
      this.show(false);
      if (user.id !== this.current) this.actions.choose(user.id);
    };
    const face = avatar(element("span", { class: "avatar", "aria-hidden": "true" }), user.first_name, user.id);
    const words = element("span", {}, element("b", {}, user.first_name), element("small", {}, LANGUAGES[user.language_code] ?? user.language_code));
    const button = element("button", { type: "button", "aria-current": user.id === this.current ? "true" : null, onclick: choose }, face, words);
    return element("li", {}, button);
  }

  // The user's own data changed (language).
  mark(user) {
    if (this.users) this.draw(this.users.map((known) => (known.id === user.id ? user : known)), this.current);
  }
}
