// The browser's own notifications: one for each approval that waits for the person of this window.

const REMEMBERED = 200;

export class Notices {
  constructor({ button, onOpen }) {
    this.button = button;
    this.onOpen = onOpen;
    this.waiting = [];
    this.permit();
    button.addEventListener("click", () => this.ask()); // never unasked: a browser would refuse for good
  }

  async ask() {
    await Notification.requestPermission();
    this.permit();
    this.show(this.me, this.waiting);
  }

  permit() {
    this.permission = "Notification" in globalThis ? Notification.permission : "denied";
    this.button.hidden = this.permission !== "default";
  }

  /** What waits for somebody when the window opens, or when they have allowed it. */
  show(me, waiting) {
    this.me = me;
    this.waiting = [];
    waiting.forEach((one) => this.tell(one));
  }

  /** A message came or has changed: what it asked before counts no more. */
  hear(approval, said) {
    this.waiting = this.waiting.filter((one) => one.said.id !== said.id);
    if (approval) this.tell({ approval, said });
  }

  /** A card changes while it waits, and a person may have several windows: it is told once. */
  tell({ approval, said }) {
    if (this.permission !== "granted") return void this.waiting.push({ approval, said });
    const place = `told/${this.me}`;
    const told = JSON.parse(localStorage.getItem(place) ?? "[]");
    if (told.includes(approval)) return;
    localStorage.setItem(place, JSON.stringify([...told, approval].slice(-REMEMBERED)));
    const notice = new Notification("An approval waits for you", { body: said.card.fallbackText, tag: approval });
    notice.onclick = () => {
      focus();
      notice.close();
      this.onOpen(said);
    };
  }
}
