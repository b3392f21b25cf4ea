// What the page is about: two cameras before a scene, with undo, redo and a link that holds all of it.

const clone = value => JSON.parse(JSON.stringify(value));

/** The value of a key such as "optics.fnumber". */
export const get = (camera, key) => key.split(".").reduce((table, name) => table?.[name], camera);

export function put(camera, key, value) {
  const path = key.split("."), last = path.pop();
  path.reduce((table, name) => table[name], camera)[last] = value;
}

/** Every key of a camera with its value. */
export function* entries(camera, before = "") {
  for (const [name, value] of Object.entries(camera)) {
    if (value && typeof value === "object" && !Array.isArray(value)) yield* entries(value, `${before}${name}.`);
    else yield [before + name, value];
  }
}

export const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Keys in which two cameras differ, name and description left out. */
export const differing = (a, b) =>
  [...entries(a)].filter(([key, value]) => !["name", "description"].includes(key) && !same(value, get(b, key))).map(([key]) => key);

export class Store extends EventTarget {
  constructor(start) {
    super();
    this.start = start;
    const camera = clone(this.preset(start.setting).camera);
    this.state = {source: start.source, a: {setting: start.setting, camera}, b: null, edit: "a", seed: 0};
    this.past = [];
    this.future = [];
    this.gesture = null;
  }

  preset(name) { return this.start.presets.find(preset => preset.name === name); }

  get edited() { return this.state[this.state.edit]; }

  /** Change the state; the changes of one gesture, up to `settle`, are one step of the history. */
  change(label, edit) {
    if (this.gesture !== label) {
      this.past.push({label, state: clone(this.state)});
      if (this.past.length > 200) this.past.shift();
      this.future = [];
      this.gesture = label;
    }
    edit(this.state);
    this.tell(label);
  }

  settle() {
    this.gesture = null;
    const last = this.past.at(-1);
    if (last && same(last.state, this.state)) this.past.pop();
    this.dispatchEvent(new Event("history"));
  }

  undo() { this.#step(this.past, this.future); }

  redo() { this.#step(this.future, this.past); }

  /** Back to before a step of the history. */
  back(index) { while (this.past.length > index) this.undo(); }

  #step(from, to) {
    const step = from.pop();
    if (!step) return;
    to.push({label: step.label, state: clone(this.state)});
    this.state = step.state;
    this.gesture = null;
    this.tell("");
    this.dispatchEvent(new Event("history"));
  }

  tell(label) { this.dispatchEvent(new CustomEvent("change", {detail: label})); }

  /** The state as a fragment: of each camera what differs from its setting. */
  link() {
    const side = of => of && {setting: of.setting, set: Object.fromEntries([...entries(of.camera)].filter(([key, value]) => !same(value, get(this.#base(of), key))))};
    const {source, a, b, seed} = this.state;
    const text = JSON.stringify({source, a: side(a), b: side(b), seed});
    return "#s=" + btoa(String.fromCharCode(...new TextEncoder().encode(text))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  }

  #base(of) { return (this.preset(of.setting) ?? this.start.presets[0]).camera; }

  /** Take the state of a fragment; true if it held one. What it holds the server checks like everything. */
  follow(fragment) {
    if (!fragment.startsWith("#s=")) return false;
    try {
      const bytes = atob(fragment.slice(3).replaceAll("-", "+").replaceAll("_", "/"));
      const told = JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, c => c.charCodeAt(0))));
      const side = of => {
        if (!of) return null;
        const setting = this.preset(of.setting) ? of.setting : this.start.presets[0].name;
        const camera = clone(this.preset(setting).camera);
        for (const [key, value] of Object.entries(of.set)) if (get(camera, key) !== undefined && !key.endsWith("_file")) put(camera, key, value);
        return {setting, camera};
      };
      const known = this.start.scenes.some(scene => scene.source === told.source);
      this.state = {source: known ? told.source : this.start.source, a: side(told.a), b: side(told.b), edit: "a", seed: Number.isInteger(told.seed) ? told.seed : 0};
      return Boolean(this.state.a);
    } catch {
      return false;
    }
  }
}
