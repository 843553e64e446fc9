// The chat window: one person looks at the rooms, speaks, and presses buttons on cards.

import { Composer } from "./composer.js";
import { avatar, make } from "./dom.js";
import { Notices } from "./notices.js";
import { listRooms, unread } from "./rooms.js";
import { Timeline } from "./timeline.js";
import { Wire } from "./wire.js";

const part = (id) => document.getElementById(id);
const model = { me: "", people: new Map(), rooms: new Map(), current: "", isChosen: false, request: 0 };
let wire = null;

const timeline = new Timeline({
  log: part("log"),
  toEnd: part("to-end"),
  person: (id) => model.people.get(id),
  onPress: (said, verb, data) => {
    model.request += 1;
    const press = { room: said.room, activity: said.id, verb, data, request: model.request };
    return wire.send({ type: "press", ...press });
  },
});

const composer = new Composer({
  form: part("composer"),
  text: part("text"),
  send: part("send"),
  chips: part("chips"),
  onSay: (text) => {
    const isSent = wire?.send({ type: "say", room: model.current, text });
    timeline.working(isSent);
    if (!isSent) link(false);
    return isSent;
  },
});

const notices = new Notices({
  button: part("notify"),
  onOpen: (said) => {
    pick(said.room);
    timeline.goTo(said.id);
  },
});

const hear = {
  state(message) {
    model.me = message.me;
    model.people = new Map(message.people.map((person) => [person.id, person]));
    model.rooms = new Map(message.rooms.map((shown) => [shown.room.id, remembered(shown)]));
    timeline.forgetPending();
    part("text").disabled = false; // before this there is no room to speak in
    composer.suggest(message.suggestions);
    showMe();
    notices.show(model.me, message.waiting);
    if (!model.current) model.isChosen = model.rooms.has(addressed());
    pick(model.rooms.has(model.current) ? model.current : wanted());
  },
  spoken({ said, room, approval }) {
    const isKnown = model.rooms.has(room.id);
    if (!isKnown) model.rooms.set(room.id, remembered({ room, seen: 0, said: [] }));
    model.rooms.get(room.id).said.set(said.id, said);
    if (room.id === model.current) {
      if (!said.by) timeline.working(false);
      timeline.put(said);
      read();
    } else if (said.by === "" && isIdle()) {
      pick(room.id);
    }
    notices.hear(approval, said);
    showRooms();
  },
  read_up_to({ seen }) {
    const shown = model.rooms.get(seen.room);
    if (shown) shown.seen = Math.max(shown.seen, seen.position);
    showRooms();
  },
  answered: (message) => timeline.answer(message),
  settled: ({ room }) => room === model.current && timeline.working(false),
  problem: ({ room, text }) => room === model.current && timeline.problem(text),
};

function remembered(shown) {
  return { ...shown, said: new Map(shown.said.map((said) => [said.id, said])) };
}

const addressed = () => decodeURIComponent(location.hash.slice(1));

/** The room of the address; else that of the newest news, and without any of the newest word. */
function wanted() {
  if (model.rooms.has(addressed())) return addressed();
  const rank = (shown) => {
    const { fresh, isChanged } = unread(shown, model.me);
    const newest = Math.max(0, ...[...shown.said.values()].map((said) => said.changed));
    return [fresh > 0, isChanged, newest];
  };
  const ranked = [...model.rooms].map(([id, shown]) => ({ id, rank: rank(shown) }));
  const isBefore = (one, other) => {
    const place = one.rank.findIndex((value, n) => value !== other.rank[n]);
    return place >= 0 && one.rank[place] > other.rank[place];
  };
  return ranked.reduce((best, one) => (isBefore(one, best) ? one : best)).id;
}

/** Whether somebody looks at an empty room that they have not chosen, and writes nothing. */
function isIdle() {
  return !model.isChosen && !model.rooms.get(model.current)?.said.size && !part("text").value;
}

function pick(id) {
  const shown = model.rooms.get(id);
  if (!shown) return;
  model.current = id;
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  part("title").textContent = shown.room.title;
  part("about").textContent = shown.room.about;
  timeline.show(id, [...shown.said.values()], model.me);
  openSide(false);
  read();
  showRooms();
}

function read() {
  const shown = model.rooms.get(model.current);
  if (!document.hidden && shown && unread(shown, model.me).isChanged) {
    wire.send({ type: "read", room: model.current });
  }
}

function showRooms() {
  const rooms = model.rooms;
  const onPick = (id) => {
    model.isChosen = true;
    pick(id);
  };
  listRooms(part("rooms"), rooms, { me: model.me, current: model.current, onPick });
  const counts = [...rooms.values()].map((shown) => unread(shown, model.me).fresh);
  const all = counts.reduce((sum, fresh) => sum + fresh, 0);
  document.title = `${all ? `(${all}) ` : ""}${rooms.get(model.current)?.room.title ?? "Chat"} · Sluss`;
  part("elsewhere").hidden = !all;
  part("elsewhere").textContent = all;
}

function showMe() {
  const here = [...model.people.values()].filter((person) => person.is_active);
  const options = here.map((person) =>
    make("option", { value: person.id, text: person.name, title: person.does, selected: person.id === model.me }),
  );
  part("does").textContent = model.people.get(model.me)?.does ?? "";
  part("me").replaceChildren(...options);
}

function be(person) {
  wire?.close();
  sessionStorage.setItem("me", person);
  history.replaceState(null, "", `?as=${encodeURIComponent(person)}${location.hash}`);
  if (model.current.startsWith("@")) model.current = `@${person}`;
  wire = new Wire(person, { onMessage: (message) => hear[message.type]?.(message), onLink: link });
}

function link(isThere) {
  part("link").textContent = isThere ? "" : "Reconnecting…";
  part("link").className = isThere ? "state" : "state warn";
  if (!isThere) timeline.working(false);
}

function openSide(isOpen) {
  const wasOpen = part("main").inert;
  part("chat").classList.toggle("side-open", isOpen);
  part("open-side").setAttribute("aria-expanded", String(isOpen));
  part("main").inert = isOpen;
  if (isOpen) part("rooms").querySelector("[aria-current]")?.focus();
  else if (wasOpen) part("open-side").focus();
}

function ask(people) {
  const picks = people.map((person) => {
    const about = make("span", { class: "muted small", text: person.does });
    const name = make("span", { class: "person-name" }, make("strong", { text: person.name }), about);
    const choose = () => {
      part("who").close();
      be(person.id);
      part("text").focus();
    };
    const button = make("button", { type: "button", onclick: choose }, avatar(person), name);
    return make("li", {}, button);
  });
  part("people").replaceChildren(...picks);
  part("who").showModal();
}

async function start() {
  const answer = await fetch("people");
  const people = await answer.json();
  const asked = new URLSearchParams(location.search).get("as") ?? sessionStorage.getItem("me");
  if (people.some((person) => person.id === asked)) be(asked);
  else ask(people);
}

part("me").addEventListener("change", (event) => be(event.target.value));
part("open-side").addEventListener("click", () => openSide(true));
part("close-side").addEventListener("click", () => openSide(false));
part("who").addEventListener("cancel", (event) => event.preventDefault());
document.addEventListener("visibilitychange", read);
addEventListener("hashchange", () => {
  model.isChosen = true;
  pick(wanted());
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape") openSide(false);
  const isTyping = /^(input|textarea|select)$/i.test(event.target.tagName);
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    composer.fill("/");
  }
});
await start();
