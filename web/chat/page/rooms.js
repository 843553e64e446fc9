// The list of conversations, with what is unread in each.

import { make } from "./dom.js";

/** New messages count; a card that has changed since is a dot. */
export function unread(shown, me) {
  const all = [...shown.said.values()].filter((said) => said.by !== me && !said.is_deleted);
  const fresh = all.filter((said) => said.position > shown.seen).length;
  return { fresh, isChanged: all.some((said) => said.changed > shown.seen) };
}

export function listRooms(list, rooms, { me, current, onPick }) {
  const focused = document.activeElement?.dataset?.room;
  list.replaceChildren(
    ...[...rooms.values()].map((shown) => make("li", {}, button(shown, { me, current, onPick }))),
  );
  if (focused) list.querySelector(`[data-room="${CSS.escape(focused)}"]`)?.focus();
}

function button(shown, { me, current, onPick }) {
  const { id, title } = shown.room;
  const { fresh, isChanged } = unread(shown, me);
  const isCurrent = id === current;
  const spoken = fresh ? `, ${fresh} unread` : isChanged ? ", changed" : "";
  return make(
    "button",
    {
      type: "button",
      class: `pick${fresh || isChanged ? " unread" : ""}`,
      "data-room": id,
      "aria-current": isCurrent ? "true" : null,
      "aria-label": `${title}${spoken}`,
      onclick: () => onPick(id),
    },
    make("span", { class: id.startsWith("@") ? "sign direct" : "sign", "aria-hidden": "true", text: id.startsWith("@") ? "" : "#" }),
    make("span", { class: "pick-title", text: title }),
    fresh ? make("span", { class: "count", text: fresh > 99 ? "99+" : String(fresh) }) : null,
    !fresh && isChanged ? make("span", { class: "dot" }) : null,
  );
}
