// Times as people in Vietnam read them; all from the sandbox's clock, never from the browser's.

const ZONE = "Asia/Ho_Chi_Minh";
const format = (options) => new Intl.DateTimeFormat("vi-VN", { timeZone: ZONE, hourCycle: "h23", ...options });

const HOUR = format({ hour: "2-digit", minute: "2-digit" });
const DAY = format({ day: "2-digit", month: "2-digit", year: "numeric" });
const LONG_DAY = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const CLOCK = format({ weekday: "long", day: "2-digit", month: "2-digit", year: "numeric" });

const date = (seconds) => new Date(seconds * 1000);

export const timeOf = (seconds) => HOUR.format(date(seconds));
export const dayKey = (seconds) => DAY.format(date(seconds));
export const clockText = (seconds) => ({ time: HOUR.format(date(seconds)), day: CLOCK.format(date(seconds)) });

export function dayLabel(seconds, now) {
  if (dayKey(seconds) === dayKey(now)) return "Hôm nay";
  if (dayKey(seconds) === dayKey(now - 86400)) return "Hôm qua";
  return LONG_DAY.format(date(seconds));
}
