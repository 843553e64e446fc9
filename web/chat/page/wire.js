// The socket to the server: comes back by itself, and says when it is away.

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 5000;

export class Wire {
  constructor(person, { onMessage, onLink }) {
    this.person = person;
    this.onMessage = onMessage;
    this.onLink = onLink;
    this.wait = FIRST_WAIT_MS;
    this.isClosed = false;
    this.open();
  }

  open() {
    const url = new URL("socket", location.href);
    url.protocol = "ws:";
    url.search = new URLSearchParams({ as: this.person });
    url.hash = "";
    this.socket = new WebSocket(url);
    this.socket.onopen = () => {
      this.wait = FIRST_WAIT_MS;
      this.onLink(true);
    };
    this.socket.onmessage = (event) => this.onMessage(JSON.parse(event.data));
    this.socket.onclose = () => this.again();
  }

  again() {
    if (this.isClosed) return;
    this.onLink(false);
    setTimeout(() => this.isClosed || this.comeBack(), this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }

  /** A start has a token of its own: to a window of the one before, the page says what to do. */
  async comeBack() {
    const answer = await fetch("people", { cache: "no-store" }).catch(() => null);
    if (answer?.status === 401) location.reload();
    else if (!this.isClosed) this.open();
  }

  /** False when it cannot be sent now: the caller keeps what was typed. */
  send(message) {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  close() {
    this.isClosed = true;
    this.socket.close();
  }
}
