// One websocket: one question at a time, of the newest state; what was not asked yet is forgotten when something changes.

const KINDS = {uint8: Uint8Array, float32: Float32Array};

/** JSON and arrays of an answer, as `pack` of the server writes them. */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const planes = {};
  for (const {name, kind, shape, at} of head.planes) {
    planes[name] = {shape, data: new KINDS[kind](buffer, 4 + length + at, shape.reduce((a, b) => a * b, 1))};
  }
  return {head, planes};
}

export class Connection extends EventTarget {
  /** `ask(want)` makes the question of now; panels follow `restMs` after the last change. */
  constructor(ask, restMs = 200) {
    super();
    this.ask = ask;
    this.restMs = restMs;
    this.waiting = [];
    this.flight = null;
    this.id = 0;
    this.session = "";
    this.open();
  }

  open() {
    this.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/socket`);
    this.socket.binaryType = "arraybuffer";
    this.socket.addEventListener("message", event => this.#heard(event));
    this.socket.addEventListener("close", event => this.#closed(event));
  }

  /** Something has changed: the picture is wanted again, then the panels. */
  changed({scene = false} = {}) {
    this.dirty = true;
    this.scene ||= scene;
    this.waiting = [];
    clearTimeout(this.timer);
    this.#next();
  }

  /** Ask for panels now. */
  want(...panels) {
    this.waiting = [...this.waiting.filter(one => !panels.includes(one)), ...panels];
    this.#next();
  }

  get atRest() { return !this.flight && !this.dirty && !this.scene && !this.waiting.length && !this.resting; }

  #next() {
    if (this.flight || this.socket.readyState !== WebSocket.OPEN || !this.session) return this.#tell();
    let want = null;
    if (this.scene) { want = "scene"; this.scene = false; }
    else if (this.dirty) { want = "frame"; this.dirty = false; }
    else if (this.waiting.length) want = this.waiting.shift();
    if (want) {
      const question = {...this.ask(want), id: ++this.id, want: want === "exact" ? "frame" : want};
      if (want === "exact") question.draft = false;
      this.flight = {want, began: performance.now()};
      this.socket.send(JSON.stringify(question));
    }
    this.#tell();
  }

  #tell() { document.body.dataset.state = this.atRest ? "rest" : "busy"; }

  #heard({data}) {
    if (typeof data === "string") {
      this.session = JSON.parse(data).session;
      this.dispatchEvent(new Event("open"));
      return this.#next();
    }
    const answer = unpack(data), {want, began} = this.flight;
    this.flight = null;
    answer.want = want;
    answer.ms = performance.now() - began;
    this.dispatchEvent(new CustomEvent(answer.head.error ? "refused" : "answer", {detail: answer}));
    if (want === "frame") this.#rest();
    this.#next();
  }

  #rest() {
    clearTimeout(this.timer);
    this.resting = true;
    this.timer = setTimeout(() => {
      this.resting = false;
      if (!this.dirty && !this.flight) this.dispatchEvent(new Event("rest"));
      this.#next();
    }, this.restMs);
  }

  #closed(event) {
    this.session = "";
    this.flight = null;
    this.dispatchEvent(new CustomEvent("gone", {detail: event.reason}));
    setTimeout(() => this.open(), 1500);
    this.#tell();
  }

  /** Upload a file as data of this session; gives the server's answer, or throws what it says. */
  async upload(kind, file) {
    const answer = await fetch(`/upload/${kind}/${encodeURIComponent(file.name || "picture")}`, {
      method: "PUT", body: file, headers: {"x-camsim-session": this.session},
    });
    return this.#told(answer);
  }

  async take(kind) {
    const answer = await fetch(`/take/${kind}`, {
      method: "POST", body: JSON.stringify(this.ask("take")), headers: {"x-camsim-session": this.session},
    });
    return answer.ok ? answer.blob() : this.#told(answer);
  }

  async #told(answer) {
    const told = await answer.json().catch(() => ({error: `the server answered ${answer.status}`}));
    if (!answer.ok || told.error) throw new Error(told.error ?? `the server answered ${answer.status}`);
    return told;
  }
}
