// The chat: what came from the sandbox is drawn, what the person does is posted.

import { Composer } from "./composer.js";
import { avatar, element } from "./dom.js";
import { Log } from "./log.js";
import { People } from "./people.js";
import { listen, post, upload } from "./server.js";
import { clockText } from "./time.js";
import { say, speak } from "./words.js";

const $ = (id) => document.getElementById(id);
const TYPING_MS = 5500;

const state = { user: null, now: 0, blocked: false, stream: null, typing: 0, bot: {} };

const act = (name, body = {}) =>
  post(name, { user: state.user.id, ...body }).catch((error) => toast(`${say("Không thực hiện được")}: ${error.message}`));

const write = (text, reply_to) => act("say", { text, reply_to });

const sendFile = (file) => upload(state.user.id, file).catch((error) => toast(`${say("Không gửi được tệp")}: ${error.message}`));

const log = new Log($("log"), $("to-end"), $("unread"), {
  sendCommand: (text) => write(text),
  answer: (message) => composer.answerTo(message),
  toast,
  press: async (message, row, column) => {
    const reply = await act("press", { message_id: message.message_id, row, column });
    if (reply) showAnswer(reply.answer);
  },
  now: () => state.now,
});

const composer = new Composer({ say: write, sendFile, onKeyboard: () => log.toEnd() });

const people = new People({
  choose: (id) => connect(id),
  add: async (first_name) => {
    const user = await post("users", { first_name, language_code: state.user.language_code });
    connect(user.id);
  },
});

function showAnswer(answer) {
  if (!answer) toast(say("Bot không trả lời nút này."));
  else if (answer.url) window.open(answer.url, "_blank", "noopener");
  else if (answer.show_alert && answer.text) {
    $("alert-text").textContent = answer.text;
    $("alert").showModal();
  } else if (answer.text) toast(answer.text);
}

function toast(text, seconds = 4) {
  const made = element("div", { class: "toast" }, text);
  $("toasts").replaceChildren(made);
  setTimeout(() => made.remove(), seconds * 1000);
}

function connect(userId) {
  state.stream?.close();
  const url = new URL(location.href);
  if (userId) url.searchParams.set("user", userId);
  history.replaceState(null, "", url);
  state.stream = listen(userId, receive, () => setStatus(say("mất kết nối, đang thử lại…")));
}

const receivers = {
  snapshot(event) {
    const another = state.user?.id !== event.user.id;
    Object.assign(state, { user: event.user, blocked: event.blocked });
    receivers.profile(event);
    receivers.clock(event.clock);
    people.draw(event.users, event.user.id);
    stopTyping();
    if (another) composer.answerTo(null);
    log.reset(event.messages, another);
    composer.keyboardFrom(event.messages);
    showState();
  },
  message({ message }) {
    if (message.from.is_bot) stopTyping();
    log.add(message);
    composer.keyboardFrom([message]);
    showState();
  },
  edited: ({ message }) => log.replace(message),
  deleted({ message_id }) {
    log.remove(message_id);
    showState();
  },
  action() {
    setStatus(say("đang nhập…"), true);
    log.typing(true);
    clearTimeout(state.typing);
    state.typing = setTimeout(stopTyping, TYPING_MS);
  },
  profile(event) {
    if (event.user) state.user = event.user;
    const changed = speak(state.user.language_code);
    state.bot = event.bot;
    $("bot-name").textContent = event.bot.name;
    document.title = event.bot.name;
    avatar($("bot-avatar"), event.bot.name, 5);
    composer.setCommands(event.commands);
    log.setAbout(event.bot);
    for (const button of document.querySelectorAll("[data-language]"))
      button.setAttribute("aria-pressed", String(button.dataset.language === state.user.language_code));
    people.mark(state.user);
    if (!changed) return;
    log.redraw();
    setStatus("bot");
    showState();
  },
  users: ({ users }) => people.draw(users, state.user.id),
  clock(event) {
    state.now = event.now;
    const { time, day } = clockText(event.now);
    $("clock").replaceChildren(element("b", {}, time), ` ${day}`);
    if ($("jump").getAttribute("aria-busy") !== "true") $("jump").disabled = !event.can_jump;
    $("jump").title = event.can_jump ? "" : say("Bản chạy thử này không có lịch bản tin");
  },
  blocked({ blocked }) {
    state.blocked = blocked;
    showState();
  },
  closing: () => setStatus(say("bản chạy thử đã dừng")),
};

function receive(event) {
  receivers[event.type]?.(event);
  if (event.type === "snapshot") setStatus("bot");
}

function setStatus(text, busy = false) {
  $("bot-status").textContent = text;
  $("bot-status").classList.toggle("busy", busy);
}

function stopTyping() {
  clearTimeout(state.typing);
  log.typing(false);
  setStatus("bot");
}

function showState() {
  const empty = log.isEmpty();
  log.showAbout(empty);
  composer.setMode(state.blocked ? "blocked" : empty ? "empty" : "open");
  $("block").textContent = say(state.blocked ? "Bỏ chặn" : "Chặn");
  $("block").title = say(state.blocked ? "Cho bot nhắn lại" : "Chặn bot, như người dùng thật có thể làm");
}

$("start").addEventListener("click", async () => {
  if (state.blocked) await act("block", { blocked: false });
  await write("/start");
  composer.focus();
});
$("block").addEventListener("click", () => act("block", { blocked: !state.blocked }));
$("jump").addEventListener("click", async () => {
  const button = $("jump");
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  const reply = await act("jump");
  button.removeAttribute("aria-busy");
  button.disabled = false;
  if (reply?.line) toast(reply.line, 6);
});
for (const button of document.querySelectorAll("[data-language]"))
  button.addEventListener("click", () => act("language", { language_code: button.dataset.language }));

connect(new URL(location.href).searchParams.get("user"));
