// The messages of a room: each activity is one article, updated where it stands. A room that was left,
// by a choice or with the connection, stands as it was: nobody types twice.

import { draw } from "./cards.js";
import { avatar, clock, day, make } from "./dom.js";

const NEAR_END_PX = 80;
const OWN = "Only you see this";
const OWN_IS_OLD = "Only you see this; the card has changed since";

export class Timeline {
  constructor({ log, toEnd, person, onPress }) {
    this.log = log;
    this.toEnd = toEnd;
    this.person = person;
    this.onPress = onPress;
    this.rooms = new Map();
    this.toEnd.addEventListener("click", () => this.scroll());
    this.log.addEventListener("scroll", () => this.isAtEnd() && (this.toEnd.hidden = true));
  }

  get entries() {
    return this.rooms.get(this.room).entries;
  }

  /** Another room, or what has come to this one while nothing was heard. */
  show(room, said, me) {
    if (me !== this.me) this.rooms.clear(); // what another person has opened and typed is theirs
    const isHere = this.rooms.has(room) && room === this.room;
    if (!isHere) this.enter(room);
    this.me = me;
    if (!said.length) this.log.replaceChildren(empty());
    const isNews = (one) => this.entries.get(one.id)?.said.changed !== one.changed;
    said.filter(isNews).forEach((one) => this.put(one, { isQuiet: true }));
    if (!isHere) this.scroll();
  }

  enter(room) {
    this.working(false);
    if (this.rooms.has(this.room)) this.rooms.get(this.room).nodes = [...this.log.childNodes];
    if (!this.rooms.has(room)) this.rooms.set(room, { entries: new Map(), nodes: [] });
    this.room = room;
    this.log.replaceChildren(...this.rooms.get(room).nodes);
  }

  /** Of every room: who has left one may come back to it. */
  all() {
    return [...this.rooms.values()].flatMap(({ entries }) => [...entries.values()]);
  }

  put(said, { isQuiet = false } = {}) {
    const wasAtEnd = this.isAtEnd();
    const entry = this.entries.get(said.id);
    if (said.is_deleted) return entry && this.remove(said.id);
    if (entry) this.update(entry, said);
    else this.append(said);
    if (isQuiet) return;
    if (said.by === this.me || wasAtEnd) this.scroll();
    else if (!entry) this.toEnd.hidden = false;
  }

  working(isWorking) {
    this.log.querySelector(".working")?.remove();
    if (!isWorking) return;
    this.log.append(make("p", { class: "working muted small", text: "Sluss is working" }));
    this.scroll();
  }

  /** The answer to a press: another card for these eyes, or a word under the card. */
  answer({ activity, card, text }) {
    const entry = this.all().find((one) => one.said.id === activity);
    if (!entry) return;
    this.pending(entry, false);
    this.note(entry, text);
    if (card) {
      const isPublic = JSON.stringify(card) === JSON.stringify(entry.said.card);
      if (!entry.own) entry.opener = entry.pressed;
      entry.own = isPublic ? null : card;
      entry.isSent = entry.isFromOwn && !text;
      this.drawCard(entry, { keepsInputs: false });
      if (entry.seen !== entry.said.changed && this.givesWay(entry)) this.leaveOwn(entry);
    }
    this.lead(entry, card ? "" : entry.pressed);
  }

  /** The focus goes where the press has led: into a form, back to the button, or to the card. */
  lead(entry, title) {
    const isElsewhere = document.activeElement !== document.body && !entry.element.contains(document.activeElement);
    if (isElsewhere) return; // somebody writes there by now
    const buttons = [...entry.body.querySelectorAll("button.ac-pushButton")];
    const field = entry.own && entry.body.querySelector("input, textarea");
    const target = field || (title && buttons.find((one) => one.textContent === title)) || entry.body;
    target.focus({ preventScroll: true });
    if (entry.own) entry.element.scrollIntoView({ block: "start" });
    else target.scrollIntoView({ block: "nearest" });
  }

  /** One message, as a notification leads to it. */
  goTo(id) {
    const entry = this.entries.get(id);
    entry?.body.focus({ preventScroll: true });
    entry?.element.scrollIntoView({ block: "start" });
  }

  problem(text) {
    this.working(false);
    this.log.append(make("p", { class: "note bad", role: "alert", text }));
    this.scroll();
  }

  append(said) {
    this.log.querySelector(".empty")?.remove();
    const working = this.log.querySelector(".working");
    const last = [...this.entries.values()].at(-1)?.said;
    if (!last || day(last.at) !== day(said.at)) {
      this.log.append(make("p", { class: "day muted small", text: day(said.at) }));
    }
    const entry = { said, own: null, before: null, isPending: false };
    entry.body = make("div", { class: "body", tabindex: "-1" });
    entry.foot = make("div", { class: "foot" });
    entry.element = this.article(said, entry);
    this.entries.set(said.id, entry);
    this.log.append(entry.element);
    if (working) this.log.append(working);
    this.fill(entry);
  }

  article(said, entry) {
    const person = said.by ? this.person(said.by) : null;
    const name = said.by ? person?.name ?? said.by : "Sluss";
    const isMine = said.by === this.me;
    entry.edited = make("span", { class: "muted", hidden: said.changed === said.position, text: "updated" });
    const head = make(
      "header",
      {},
      make("strong", { text: isMine ? "You" : name }),
      make("time", { class: "muted", datetime: said.at, text: clock(said.at) }),
      entry.edited,
    );
    const kind = `${said.by ? "person" : "bot"}${isMine ? " mine" : ""}`;
    const inner = make("div", { class: "content" }, head, entry.body, entry.foot);
    const label = `${name}, ${clock(said.at)}`;
    return make("article", { class: `said ${kind}`, "aria-label": label, "data-id": said.id }, avatar(person), inner);
  }

  update(entry, said) {
    entry.said = said;
    entry.isStale = entry.isPending;
    if (entry.isStale) return; // the answer may be a refusal of what was typed: it is drawn after that
    entry.edited.hidden = false;
    // The note stays: it says why this person was refused, whatever became of the card since.
    if (entry.own && !this.givesWay(entry)) { // their own form, or a refusal, is not taken away
      entry.body.querySelector(".own-head span").textContent = OWN_IS_OLD;
      return;
    }
    entry.own = null;
    this.fill(entry);
    entry.element.classList.remove("fresh");
    void entry.element.offsetWidth; // start the animation again
    entry.element.classList.add("fresh");
  }

  /** A form or a refusal is not taken away; what a form has led to is told by the card from its next change on. */
  givesWay(entry) {
    return entry.isSent && !entry.body.querySelector("input, textarea");
  }

  leaveOwn(entry) {
    entry.own = null;
    this.drawCard(entry, { keepsInputs: false });
  }

  fill(entry) {
    if (entry.said.card) return this.drawCard(entry, { keepsInputs: true });
    entry.body.replaceChildren(make("p", { class: "text", text: entry.said.text }));
  }

  drawCard(entry, { keepsInputs }) {
    const frame = make("div", { class: entry.own ? "card own" : "card" });
    const host = make("div");
    if (entry.own) frame.append(this.ownHead(entry));
    frame.append(host);
    const before = entry.before;
    entry.before = draw(host, entry.own ?? entry.said.card, {
      before,
      keepsInputs,
      onPress: (verb, data, title) => this.press(entry, { verb, data, title }),
    });
    entry.body.replaceChildren(frame);
    entry.before.refocus();
  }

  ownHead(entry) {
    const back = () => {
      this.leaveOwn(entry);
      this.lead(entry, entry.opener);
    };
    const button = make("button", { type: "button", class: "quiet small", onclick: back, text: "Back to the card" });
    return make("p", { class: "own-head small muted" }, make("span", { text: OWN }), button);
  }

  press(entry, { verb, data, title }) {
    if (entry.isPending) return; // a double click is one press
    Object.assign(entry, { pressed: title, seen: entry.said.changed, isFromOwn: Boolean(entry.own) });
    this.note(entry, "");
    this.pending(entry, true);
    if (this.onPress(entry.said, verb, data)) return;
    this.pending(entry, false);
    this.note(entry, "Not connected: nothing was sent. It comes back by itself; then press again.");
  }

  pending(entry, isPending) {
    entry.isPending = isPending;
    entry.body.setAttribute("aria-busy", String(isPending));
    entry.body.querySelectorAll("button.ac-pushButton").forEach((button) => (button.disabled = isPending));
    if (entry.isStale) this.update(entry, entry.said);
  }

  /** After a lost connection no answer comes for what was pressed before. */
  forgetPending() {
    this.all().forEach((entry) => entry.isPending && this.pending(entry, false));
  }

  note(entry, text) {
    const close = () => entry.foot.replaceChildren();
    if (!text) return close();
    const button = make("button", { type: "button", class: "quiet", "aria-label": "Close this note", onclick: close, text: "✕" });
    entry.foot.replaceChildren(make("div", { class: "note warn", role: "alert" }, make("span", { text }), button));
    entry.foot.scrollIntoView({ block: "nearest" });
  }

  remove(id) {
    this.entries.get(id).element.remove();
    this.entries.delete(id);
  }

  isAtEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR_END_PX;
  }

  /** The newest in full: a card that is taller than the window starts at its head. */
  scroll() {
    this.toEnd.hidden = true;
    this.log.scrollTop = this.log.scrollHeight;
    const last = this.log.lastElementChild;
    if (last && last.offsetHeight > this.log.clientHeight) last.scrollIntoView({ block: "start" });
  }
}

function empty() {
  const hint = make("p", { class: "muted", text: "Nothing was said here yet. Try one of the commands below." });
  return make("div", { class: "empty" }, make("span", { class: "avatar hue-bot", "aria-hidden": "true" }), hint);
}
