// Controls of a camera, made from its JSON Schema: bounds, unit, meaning, scale of every key.

import {choices, digits, el, unique} from "./dom.js";
import {scale} from "./scale.js";
import {get, put} from "./store.js";

export const COMMON = [
  "optics.fnumber", "optics.defocus_dpt", "optics.focal_length_mm", "sensor.pixel_pitch_um", "scene.luminance_cd_m2",
  "sensor.exposure_ev", "sensor.full_well_e", "sensor.read_noise_e", "isp.white_balance", "isp.demosaic",
];

const NAMES = {
  "optics.fnumber": "f-number", "scene.luminance_cd_m2": "Luminance of white", "sensor.exposure_ev": "Exposure correction",
  "sensor.cfa": "Colour filters", "scene.fov_deg": "Field of view", "optics.defocus_dpt": "Defocus",
  "optics.chromatic_defocus_dpt": "Chromatic defocus", "sensor.prnu": "Photo-response non-uniformity",
  "sensor.dsnu_e": "Dark-signal non-uniformity", "optics.zernike_um": "Wavefront error", "sensor.qe_file": "Quantum efficiency",
  "optics.psf_file": "Point spread of your own", "optics.transmittance_file": "Transmittance by wavelength",
  "isp.color_matrix": "Colour matrix", "isp.black_level_dn": "Black level taken off", "sensor.exposure_s": "Exposure time",
  "scene.pixel_deg": "Field of one picture pixel", "scene.distance_m": "Object distance", "sensor.column_gain_fpn": "Column gain pattern",
  "sensor.column_offset_fpn_e": "Column offset pattern", "isp.white_balance": "White balance", "isp.demosaic": "Demosaicing",
  "isp.tone": "Tone curve", "sensor.noise": "Noise",
};

const STAGES = {scene: "Scene", optics: "Lens", sensor: "Sensor", isp: "Processor"};

/** Zernike coefficients that have a name: OSA/ANSI index. */
const ZERNIKE = {3: "Astigmatism, oblique", 5: "Astigmatism", 7: "Coma, vertical", 8: "Coma, horizontal", 12: "Spherical aberration"};

/** Name of a key for people. */
export function nameOf(key, unit = "") {
  if (NAMES[key]) return NAMES[key];
  let words = key.split(".").pop();
  if (unit) words = words.replace(/_(e_per_s|uv_per_e|cd_m2|deg|mm|um|nm|dpt|ev|dn|m|s|e)$/, "");
  words = words.replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
}

/** Every key of the schema that has a control, by stage. */
export function keys(schema) {
  return Object.entries(STAGES).map(([table, title]) => {
    const of = schema.$defs[{isp: "ISP"}[table] ?? table[0].toUpperCase() + table.slice(1)].properties;
    return {table, title, keys: Object.fromEntries(Object.entries(of).map(([name, about]) => [`${table}.${name}`, about]))};
  });
}

/** All controls; `set(key, value)` as one moves, `settle()` when it is let go. */
export class Form {
  constructor(schema, {set, settle, file}) {
    Object.assign(this, {set, settle, file});
    this.controls = new Map();
    this.stages = keys(schema);
    this.about = Object.assign({}, ...this.stages.map(stage => stage.keys));
  }

  /** Controls of some keys, in order. */
  rows(wanted) { return wanted.map(key => this.#row(key, this.about[key])); }

  /** The rest, folded by stage. */
  folded() {
    return this.stages.map(({table, title, keys}) => {
      const rest = Object.keys(keys).filter(key => !this.controls.has(key));
      const count = el("span", {class: "count"});
      const fold = el("details", {class: "fold", "data-stage": table}, el("summary", {}, title, count), el("div", {class: "rows"}, this.rows(rest)));
      fold.counts = camera => {
        const changed = rest.filter(key => JSON.stringify(get(camera, key)) !== JSON.stringify(this.about[key].default ?? this.about[key]["x-default"])).length;
        count.textContent = changed ? `${changed} set` : "";
      };
      return fold;
    });
  }

  /** Show a camera. */
  show(camera) { for (const [key, show] of this.controls) show(get(camera, key), camera); }

  #row(key, about) {
    const types = about.anyOf?.map(one => one.type ?? "auto") ?? [about.type];
    if (key === "optics.zernike_um") return this.#zernike(key, about);
    if (key.endsWith("_file")) return this.#upload(key, about);
    if (types.includes("boolean")) return this.#toggle(key, about);
    if (types.includes("number") || types.includes("integer")) return this.#number(key, about, types.includes("auto"));
    if (about.enum) return this.#select(key, about, about.enum);
    const words = about.anyOf?.find(one => one.enum)?.enum;
    return words ? this.#select(key, about, words, true) : this.#text(key, about);
  }

  #help(about) {
    const id = unique();
    return [id, el("p", {class: "help", id}, about.description)];
  }

  #number(key, about, auto) {
    const id = unique(), unit = about["x-unit"] ?? "", [help, words] = this.#help(about), name = nameOf(key, unit);
    const field = el("input", {type: "text", inputmode: "decimal", id, "aria-describedby": help, class: "number", autocomplete: "off", spellcheck: "false"});
    const slider = el("input", {type: "range", min: 0, step: 1, "aria-label": `${name}, slider`, "data-key": key});
    const automatic = !auto ? null : el("input", {type: "checkbox", id: unique(), "aria-label": `${name}: automatic`});
    let map, now;
    const show = value => {
      now = value;
      const given = typeof value === "number";
      map = scale(key, about, given ? value : undefined);
      slider.max = map.steps;
      slider.disabled = field.disabled = auto && value === "auto";
      if (document.activeElement !== field || field.disabled) field.value = value === "auto" ? "auto" : value === "inf" ? "∞" : digits(value, 4);
      slider.value = given ? Math.round(map.place(value) * map.steps) : map.steps;
      slider.style.setProperty("--part", `${slider.value / map.steps * 100}%`);
      slider.setAttribute("aria-valuetext", `${value === "auto" ? "automatic" : value === "inf" ? "infinite" : digits(value, 4)} ${unit}`);
      if (automatic) automatic.checked = value === "auto";
    };
    slider.addEventListener("input", () => {
      const whole = Number(slider.value);
      const found = key === "scene.distance_m" && whole === map.steps ? "inf" : map.value(whole / map.steps);
      show(found);
      this.set(key, found);
    });
    slider.addEventListener("change", () => this.settle());
    field.addEventListener("change", () => {
      const text = field.value.trim().replace(",", ".").replace("−", "-");
      const value = /^(∞|inf)$/i.test(text) ? "inf" : Number(text);
      if (text === "" || Number.isNaN(value)) { field.value = digits(now, 4); return; }
      this.set(key, value);
      this.settle();
    });
    automatic?.addEventListener("change", () => {
      this.set(key, automatic.checked ? "auto" : about.default === "auto" ? START[key] ?? 1 : about.default);
      this.settle();
    });
    this.controls.set(key, show);
    return el("div", {class: "row", "data-key": key},
      el("label", {for: id, class: "name"}, name),
      el("span", {class: "value"}, automatic && el("label", {class: "auto"}, automatic, "auto"), field, unit && el("span", {class: "unit"}, unit)),
      slider, words);
  }

  #toggle(key, about) {
    const id = unique(), [help, words] = this.#help(about);
    const box = el("input", {type: "checkbox", id, class: "switch", "aria-describedby": help, onchange: () => { this.set(key, box.checked); this.settle(); }});
    this.controls.set(key, value => { box.checked = value; });
    return el("div", {class: "row plain", "data-key": key}, el("label", {for: id, class: "name"}, nameOf(key)), box, words);
  }

  #select(key, about, options, numbers = false) {
    const id = unique(), [help, words] = this.#help(about);
    const own = numbers && el("input", {type: "text", "aria-label": `${nameOf(key)}: numbers`, placeholder: "2, 1, 1.5", spellcheck: "false"});
    const select = el("select", {id, "aria-describedby": help}, options.map(one => el("option", {value: one}, one)), numbers && el("option", {value: " "}, "numbers…"));
    select.addEventListener("change", () => {
      if (select.value === " ") { own.hidden = false; own.focus(); return; }
      this.set(key, select.value);
      this.settle();
    });
    if (own) own.addEventListener("change", () => { this.set(key, numbersOf(own.value)); this.settle(); });
    this.controls.set(key, value => {
      const given = Array.isArray(value);
      select.value = given ? " " : value;
      if (own) { own.hidden = !given; if (given) own.value = value.join(", "); }
    });
    return el("div", {class: "row plain", "data-key": key}, el("label", {for: id, class: "name"}, nameOf(key)), select, own, words);
  }

  #text(key, about) {
    const id = unique(), list = unique(), [help, words] = this.#help(about);
    const known = SUGGESTED[key] ?? this.suggested?.[key] ?? [];
    const field = el("input", {type: "text", id, list: known.length ? list : null, "aria-describedby": help, spellcheck: "false", autocomplete: "off"});
    field.addEventListener("change", () => { this.set(key, field.value.trim()); this.settle(); });
    this.controls.set(key, value => { if (document.activeElement !== field) field.value = value; });
    return el("div", {class: "row plain", "data-key": key}, el("label", {for: id, class: "name"}, nameOf(key)), field,
      known.length ? el("datalist", {id: list}, known.map(value => el("option", {value}))) : null, words);
  }

  #upload(key, about) {
    const id = unique(), [help, words] = this.#help(about);
    const input = el("input", {type: "file", id, class: "file", "aria-describedby": help, accept: key.includes("psf") ? ".npz" : ".csv"});
    const clear = el("button", {class: "quiet", onclick: () => { this.set(key, ""); this.settle(); }}, "Remove");
    const name = el("span", {class: "file-name"});
    input.addEventListener("change", async () => { if (input.files[0]) await this.file(key, input.files[0]); input.value = ""; });
    this.controls.set(key, value => { name.textContent = value || "none"; clear.hidden = !value; });
    return el("div", {class: "row plain", "data-key": key}, el("span", {class: "name"}, nameOf(key)),
      el("span", {class: "value"}, name, clear, el("label", {for: id, class: "button"}, "Choose…"), input), words);
  }

  #zernike(key, about) {
    const rows = Object.entries(ZERNIKE).map(([index, title]) => {
      const shape = {type: "number", minimum: -0.5, maximum: 0.5, "x-scale": "linear", "x-unit": "µm", description: `Zernike coefficient ${index} (OSA/ANSI), rms`};
      const part = new Form({$defs: {Scene: {properties: {}}, Optics: {properties: {}}, Sensor: {properties: {}}, ISP: {properties: {}}}},
        {set: (_, value) => this.set(key, withCoefficient(this.zernike, index, value)), settle: this.settle});
      const row = part.#number(`optics.zernike.${index}`, shape, false);
      row.querySelector(".name").textContent = title;
      row.querySelector("[type=range]").setAttribute("aria-label", `${title}, slider`);
      return {index, row, show: part.controls.get(`optics.zernike.${index}`)};
    });
    const id = unique(), [help, words] = this.#help(about);
    const field = el("input", {type: "text", id, "aria-describedby": help, spellcheck: "false", placeholder: "none"});
    field.addEventListener("change", () => { this.set(key, field.value.trim() ? numbersOf(field.value) : []); this.settle(); });
    this.controls.set(key, value => {
      this.zernike = value;
      for (const {index, show} of rows) show(value[index] ?? 0);
      if (document.activeElement !== field) field.value = value.join(", ");
    });
    return el("fieldset", {class: "inner"}, el("legend", {}, "Wavefront error"), rows.map(({row}) => row),
      el("div", {class: "row plain", "data-key": key}, el("label", {for: id, class: "name"}, "All coefficients"), field, words));
  }
}

const START = {"sensor.exposure_s": 0.01, "scene.mean_luminance_cd_m2": 30, "sensor.reference_pitch_um": 1, "isp.black_level_dn": 0, "scene.fov_deg": 3.881};

const SUGGESTED = {"sensor.cfa": ["grbg", "rggb", "rgbw", "mono", "quad-bayer"]};

const numbersOf = text => text.split(/[\s,;]+/).filter(Boolean).map(Number);

function withCoefficient(list, index, value) {
  const longer = Array.from({length: Math.max(list.length, Number(index) + 1)}, (_, i) => list[i] ?? 0);
  longer[index] = value;
  while (longer.length && !longer.at(-1)) longer.pop();
  return longer;
}

/** Keep the pixel count where focal length or pitch change: the field of view follows. */
export function keepPixels(camera, key, value) {
  if (!["optics.focal_length_mm", "sensor.pixel_pitch_um"].includes(key) || typeof camera.scene.fov_deg !== "number") return;
  const distance = () => {
    const far = camera.scene.distance_m === "inf" ? Infinity : camera.scene.distance_m;
    return 1 / (1 / camera.optics.focal_length_mm - 1 / (far * 1e3));
  };
  const half = Math.tan(camera.scene.fov_deg * Math.PI / 360) * distance() / camera.sensor.pixel_pitch_um;
  put(camera, key, value);
  const fov = Math.atan(half * camera.sensor.pixel_pitch_um / distance()) * 360 / Math.PI;
  camera.scene.fov_deg = Math.min(119, Number(fov.toPrecision(8)));
}

export {choices};
