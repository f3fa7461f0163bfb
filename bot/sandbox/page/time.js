// Times as people in Vietnam read them; all from the sandbox's clock, never from the browser's.

import { locale, say } from "./words.js";

const ZONE = "Asia/Ho_Chi_Minh";
const HOUR = { hour: "2-digit", minute: "2-digit" };
const DAY = { day: "2-digit", month: "2-digit", year: "numeric" };
const LONG_DAY = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
const CLOCK = { weekday: "long", ...DAY };

const format = (seconds, options) =>
  new Intl.DateTimeFormat(locale(), { timeZone: ZONE, hourCycle: "h23", ...options }).format(new Date(seconds * 1000));

export const timeOf = (seconds) => format(seconds, HOUR);
export const dayKey = (seconds) => format(seconds, DAY);
export const clockText = (seconds) => ({ time: timeOf(seconds), day: format(seconds, CLOCK) });

export function dayLabel(seconds, now) {
  if (dayKey(seconds) === dayKey(now)) return say("Hôm nay");
  if (dayKey(seconds) === dayKey(now - 86400)) return say("Hôm qua");
  return format(seconds, LONG_DAY);
}
