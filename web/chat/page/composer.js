// Where commands are written: Enter sends, arrow up brings back the last ones, chips suggest.

import { make } from "./dom.js";

const ARGUMENTS = /[<[].*$/;
const REMEMBERED = 50;

export class Composer {
  constructor({ form, text, send, chips, onSay }) {
    Object.assign(this, { form, text, send, chips, onSay });
    this.suggestions = [];
    this.past = [];
    this.place = 0;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.say(this.text.value);
    });
    text.addEventListener("input", () => this.changed());
    text.addEventListener("keydown", (event) => this.key(event));
    this.watchWriting();
  }

  /** Who presses elsewhere stops writing as the button goes down: nothing may move until it is up. */
  watchWriting() {
    let isDown = false;
    const settle = () => {
      if (!isDown) this.form.classList.toggle("is-writing", this.form.contains(document.activeElement));
    };
    const later = () => setTimeout(settle); // the press itself comes first
    const press = ({ type }) => {
      isDown = type === "mousedown";
      later();
    };
    for (const type of ["mousedown", "mouseup", "dragend"]) addEventListener(type, press, true);
    for (const type of ["focusin", "focusout"]) this.form.addEventListener(type, later);
  }

  suggest(suggestions) {
    this.suggestions = suggestions;
    this.changed();
  }

  say(written) {
    const said = written.trim();
    if (!said || !this.onSay(said)) return;
    this.past = [...this.past.filter((one) => one !== said), said].slice(-REMEMBERED);
    this.place = this.past.length;
    this.fill("");
  }

  fill(written) {
    this.text.value = written;
    this.text.focus();
    this.changed();
  }

  key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.say(this.text.value);
    }
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const isRecalling = this.text.value === "" || this.past.includes(this.text.value);
    if (!step || !this.past.length || !isRecalling) return;
    event.preventDefault();
    this.place = Math.min(Math.max(this.place + step, 0), this.past.length);
    this.fill(this.past[this.place] ?? "");
  }

  changed() {
    this.send.disabled = !this.text.value.trim();
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, 140)}px`;
    const typed = this.text.value.trim().replace(/^\//, "").toLowerCase();
    const fitting = this.suggestions.filter(({ usage }) => {
      const name = usage.replace(ARGUMENTS, "").trim().toLowerCase();
      return name !== typed && (name.includes(typed) || usage.toLowerCase().startsWith(typed));
    });
    this.chips.replaceChildren(...fitting.map((one) => this.chip(one)));
  }

  /** A command that needs no argument is sent at once; another waits for them. */
  chip({ usage, description }) {
    const name = usage.replace(ARGUMENTS, "").trim();
    const pick = () => (usage.includes("<") ? this.fill(`${name} `) : this.say(name));
    const stay = (event) => event.preventDefault(); // some browsers would end the writing, and hide us
    return make("button", { type: "button", class: "chip", title: description, onclick: pick, onmousedown: stay, text: usage });
  }
}
