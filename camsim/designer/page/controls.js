// The right-hand side: scene, the two cameras, every key.

import {choices, el, unique} from "./dom.js";
import {COMMON, Form, keepPixels, nameOf} from "./form.js";
import {differing, get, put} from "./store.js";

const clone = value => JSON.parse(JSON.stringify(value));

export class Controls {
  constructor(root, store, connection, say) {
    Object.assign(this, {root, store, connection, say, keep: "field"});
    this.form = new Form(store.start.schema, {
      set: (key, value) => this.#set(key, value),
      settle: () => store.settle(),
      file: (key, file) => this.#file(key, file),
    });
    this.form.suggested = {"scene.illuminant": [...store.start.illuminants, "daylight:5500", "3200K"]};
    this.#build();
  }

  #set(key, value) {
    const side = this.store.state.b ? ` of ${this.store.state.edit.toUpperCase()}` : "";
    this.store.change(`${nameOf(key, "x")}${side}`, state => {
      const camera = state[state.edit].camera;
      if (this.keep === "pixels") keepPixels(camera, key, value);
      put(camera, key, value);
    });
  }

  async #file(key, file) {
    try {
      const {name} = await this.connection.upload("file", file);
      this.#set(key, name);
      this.store.settle();
    } catch (error) { this.say(error.message); }
  }

  /** A file that was chosen, dropped or pasted: a scene or a camera. */
  async open(file) {
    const camera = file.name?.toLowerCase().endsWith(".toml");
    try {
      const found = await this.connection.upload(camera ? "camera" : "scene", file);
      this.say("");
      if (camera) this.#take(found.camera);
      else {
        const scenes = this.store.start.scenes;
        const own = {source: found.source, name: found.name, group: "Yours", words: `${found.width}×${found.height}`};
        this.store.start.scenes = [own, ...scenes.filter(scene => scene.source !== found.source)];
        this.store.change(`Scene: ${found.name}`, state => { state.source = found.source; });
        this.store.settle();
        this.connection.changed({scene: true});
      }
    } catch (error) { this.say(error.message); }
  }

  #take(camera) {
    const {start} = this.store;
    start.presets = [{name: camera.name, words: camera.description, camera}, ...start.presets.filter(one => one.name !== camera.name)];
    this.#presets();
    this.#choose(camera.name);
  }

  #choose(name) {
    this.store.change(`Setting ${name}`, state => { state[state.edit] = {setting: name, camera: clone(this.store.preset(name).camera)}; });
    this.store.settle();
  }

  #presets() {
    this.preset.replaceChildren(...this.store.start.presets.map(({name}) => el("option", {value: name}, name)));
  }

  #build() {
    const {store} = this, scene = unique(), preset = unique(), seed = unique();
    const input = el("input", {type: "file", class: "file", id: scene, onchange: () => { if (input.files[0]) this.open(input.files[0]); input.value = ""; }});
    this.thumbnail = el("img", {alt: "", width: 56, height: 56, class: "thumbnail"});
    this.name = el("b", {});
    this.words = el("span", {});
    this.gallery = el("div", {class: "gallery"});
    this.sides = el("div", {class: "segments wide", role: "radiogroup", "aria-label": "Which camera is changed"});
    this.preset = el("select", {id: preset, onchange: () => this.#choose(this.preset.value)});
    this.about = el("p", {class: "help always"});
    this.differ = el("div", {class: "differ"});
    const camera = el("input", {type: "file", class: "file", id: unique(), accept: ".toml", onchange: () => { if (camera.files[0]) this.open(camera.files[0]); camera.value = ""; }});
    this.seed = el("input", {type: "text", inputmode: "numeric", class: "number", id: seed, onchange: () => {
      const value = Number(this.seed.value);
      if (!Number.isInteger(value) || value < 0) { this.seed.value = store.state.seed; return; }
      store.change("Seed of the noise", state => { state.seed = value; });
      store.settle();
    }});
    const keep = el("div", {class: "segments small", role: "radiogroup", "aria-label": "What stays where focal length or pixel pitch change"});
    choices(keep, [{id: "field", text: "Keep field", title: "Pixels are added or lost"}, {id: "pixels", text: "Keep pixels", title: "The field of view changes"}], "field", id => { this.keep = id; });
    const explain = el("input", {type: "checkbox", id: unique(), class: "switch", onchange: () => this.root.classList.toggle("explained", explain.checked)});
    const rows = this.form.rows(COMMON);
    rows.splice(COMMON.indexOf("sensor.pixel_pitch_um") + 1, 0, el("div", {class: "keep"}, keep));
    this.noise = this.form.rows(["sensor.noise"])[0];
    this.folds = this.form.folded();
    this.root.replaceChildren(
      el("section", {class: "block"}, el("h2", {}, "Scene"),
        el("details", {class: "scene"}, el("summary", {}, this.thumbnail, el("span", {class: "scene-name"}, this.name, this.words), el("span", {class: "more"}, "Change")), this.gallery),
        el("div", {class: "open"}, el("label", {for: scene, class: "button"}, "Open a picture…"), input, el("span", {class: "hint"}, "drop or paste one"))),
      el("section", {class: "block"}, el("h2", {}, "Camera"), this.sides,
        el("div", {class: "row plain"}, el("label", {for: preset, class: "name"}, "Start from"), this.preset, this.about),
        el("div", {class: "open"}, el("label", {for: camera.id, class: "button"}, "Open a file…"), camera, el("label", {for: explain.id, class: "hint explain"}, "Explain"), explain),
        this.differ),
      el("section", {class: "block rows"}, rows, this.noise,
        el("div", {class: "row plain"}, el("label", {for: seed, class: "name"}, "Seed of the noise"), el("span", {class: "value"}, this.seed))),
      el("section", {class: "block folds"}, el("h2", {}, "All else, by stage"), this.folds));
    this.#presets();
  }

  #galleryFor(state) {
    const name = unique(), groups = new Map();
    for (const scene of this.store.start.scenes) groups.set(scene.group, [...groups.get(scene.group) ?? [], scene]);
    this.gallery.replaceChildren(...[...groups].map(([group, scenes]) => el("fieldset", {}, el("legend", {}, group), el("div", {class: "thumbnails"}, scenes.map(scene => {
      const input = el("input", {type: "radio", name, value: scene.source, ".checked": scene.source === state.source, onchange: () => {
        this.store.change(`Scene: ${scene.name}`, now => { now.source = scene.source; });
        this.store.settle();
        this.connection.changed({scene: true});
      }});
      return el("label", {title: `${scene.name}: ${scene.words}`}, input, scene.source.startsWith("file:") ? el("span", {class: "own"}, scene.name) : el("img", {src: `/thumbnail/${encodeURIComponent(scene.source)}`, alt: scene.name, loading: "lazy", width: 56, height: 56}));
    })))));
  }

  show() {
    const {state, start} = this.store, scene = start.scenes.find(one => one.source === state.source) ?? {name: state.source, words: "", source: ""};
    if (this.shownSource !== state.source) {
      this.shownSource = state.source;
      this.name.textContent = scene.name;
      this.words.textContent = scene.words;
      const own = scene.source.startsWith("file:");
      this.thumbnail.hidden = own;
      if (!own) this.thumbnail.src = `/thumbnail/${encodeURIComponent(state.source)}`;
      this.#galleryFor(state);
    }
    const sides = `${Boolean(state.b)}${state.edit}`;
    if (this.shownSides !== sides) {
      this.shownSides = sides;
      if (state.b) choices(this.sides, [{id: "a", text: "Camera A"}, {id: "b", text: "Camera B"}], state.edit, side => {
        state.edit = side;
        this.store.tell("edit");
      });
      else this.sides.replaceChildren(el("button", {class: "quiet", id: "add-b", onclick: () => {
        this.store.change("Camera B", now => { now.b = clone(now.a); now.edit = "b"; });
        this.store.settle();
      }}, "Compare with a second camera"));
    }
    const {setting, camera} = this.store.edited;
    this.preset.value = setting;
    this.about.textContent = this.store.preset(setting)?.words ?? "";
    this.seed.value = state.seed;
    this.form.show(camera);
    for (const fold of this.folds) fold.counts(camera);
    this.#differences(state);
    document.body.dataset.side = state.b ? state.edit : "a";
  }

  #differences({a, b}) {
    if (!b) { this.differ.replaceChildren(); return; }
    const keys = differing(a.camera, b.camera), shown = value => Array.isArray(value) ? `[${value.join(", ")}]` : String(value === "" ? "none" : value);
    this.differ.replaceChildren(
      keys.length ? el("table", {}, el("caption", {}, `${keys.length} ${keys.length === 1 ? "key differs" : "keys differ"}`),
        el("thead", {}, el("tr", {}, el("th", {scope: "col"}, "Key"), el("th", {scope: "col", class: "side-a"}, "A"), el("th", {scope: "col", class: "side-b"}, "B"))),
        el("tbody", {}, keys.slice(0, 12).map(key => el("tr", {}, el("th", {scope: "row"}, nameOf(key, "x")), el("td", {}, shown(get(a.camera, key))), el("td", {}, shown(get(b.camera, key)))))))
        : el("p", {class: "quiet-words"}, "A and B are the same camera: change one of them."),
      el("p", {class: "buttons"},
        el("button", {class: "quiet", onclick: () => { this.store.change("Exchange A and B", now => { [now.a, now.b] = [now.b, now.a]; }); this.store.settle(); }}, "Exchange"),
        el("button", {class: "quiet", onclick: () => { this.store.change("Camera B closed", now => { now.b = null; now.edit = "a"; }); this.store.settle(); }}, "Close B")));
  }
}
