// Small makers of elements. Text always becomes text nodes: nothing of the bot's is ever read as HTML.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

const PATHS = {
  sent: "M2 12.5l4.5 4.5L16 7.5M11 16l1 1 9.5-9.5",
  silent: "M6 17h12l-1.5-2v-4.5a4.5 4.5 0 0 0-9 0V15zM10 19.5a2 2 0 0 0 4 0M4 4l16 16",
  link: "M8 16L16 8M9 8h7v7",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  copy: "M9 9h10v11H9zM6 15H5V4h10v2",
};

export function icon(name, label) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon ${name}`);
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = label;
    svg.append(title);
  } else svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

export function avatar(made, name, number) {
  made.textContent = [...name.trim()][0]?.toLocaleUpperCase("vi") ?? "?";
  made.dataset.colour = String(number % 7);
  return made;
}
