// Small parts of the page. Text is always set as text, never as HTML.

const HUES = 6;

export function make(tag, { text, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  if (text != null) element.textContent = text;
  element.append(...children.filter(Boolean));
  return element;
}

export function avatar(person) {
  const name = person?.name ?? "Sluss";
  const initials = name.split(/\s+/).map((word) => word[0]).join("").slice(0, 2).toUpperCase();
  const hue = person ? [...person.id].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % HUES : "bot";
  const letters = person ? initials : "";
  return make("span", { class: `avatar hue-${hue}`, "aria-hidden": "true", text: letters });
}

export function clock(iso) {
  return new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

export function day(iso) {
  const date = new Date(iso);
  if (date.toDateString() === new Date().toDateString()) return "Today";
  return date.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });
}
