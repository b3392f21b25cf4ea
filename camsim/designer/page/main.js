// The page: what is asked, and where the answers go.

import {gradient, MOST} from "./colours.js";
import {Controls} from "./controls.js";
import {choices, digits, el} from "./dom.js";
import * as panels from "./panels.js";
import {Connection} from "./socket.js";
import {differing, Store} from "./store.js";
import {history, takeAway} from "./take.js";
import {Viewer} from "./viewer.js";

const $ = selector => document.querySelector(selector);

const VIEWS = [
  {id: "result", text: "Result"}, {id: "mosaic", text: "Mosaic"}, {id: "demosaiced", text: "Demosaiced"},
  {id: "irradiance", text: "Irradiance"}, {id: "difference", text: "Difference"},
];

const start = await (await fetch("/start")).json();
const store = new Store(start);
const followed = store.follow(location.hash);

const look = {view: "result", layout: "scene", against: "scene", distance_m: 0.5, moving: false};
const last = {sides: null, electrons: {}, region: null, profile: null, mtf: null};

const viewer = new Viewer($("#picture"), $("#divider"));

/** Pixels of the screen per degree, at 96 to the inch, a pixel of the picture each. */
const samplesPerDegree = () => Math.min(1000, Math.tan(Math.PI / 180) * look.distance_m / 0.0254 * 96);

function question(want) {
  const {source, a, b, seed, edit} = store.state;
  return {
    want, source, a: a.camera, b: b?.camera ?? null, seed, side: b ? edit : "a", setting: store.edited.setting,
    view: look.view === "difference" ? "result" : look.view, draft: want === "frame" && look.moving,
    ...(want === "difference" ? {measure: start.measures[0], against: b && look.against === "b" ? "b" : "scene", samples_per_degree: samplesPerDegree()} : {}),
    ...(want === "region" ? {region: viewer.region} : {}),
    ...(want === "take" ? {want: "frame", view: "result"} : {}),
  };
}

const connection = new Connection(question);
const controls = new Controls($("#controls"), store, connection, say);

function say(text) {
  $("#trouble").textContent = text;
  $("#trouble").hidden = !text;
}

// --- answers ---------------------------------------------------------------------------------------------------------

let frames = 0;

connection.addEventListener("open", () => {
  if (document.body.dataset.gone) { say(""); delete document.body.dataset.gone; }
  connection.changed({scene: true});
});

connection.addEventListener("gone", ({detail}) => {
  document.body.dataset.gone = "yes";
  say(detail || "The program behind this page has ended. Start `camsim designer` again; this page will notice.");
});

connection.addEventListener("refused", ({detail: {head, want}}) => {
  if (want === "region") { last.region = null; showMeasured(); }
  say(head.error);
});

connection.addEventListener("answer", ({detail: {head, planes, want, ms}}) => ({
  scene: () => viewer.setScene(planes.scene),
  frame: () => showFrame(head, planes, ms),
  exact: () => showFrame(head, planes, ms),
  psf: () => panels.pointSpread(head.psf, planes.psf),
  mtf: () => { last.mtf = head.mtf; showSharpness(); },
  difference: () => showDifference(head.difference, planes.map),
  values: () => { last.electrons = planes; },
  region: () => { last.region = head.region; showMeasured(); },
  commands: () => openTake(head.commands),
})[want]());

connection.addEventListener("rest", () => {
  const drafts = last.sides && Object.values(last.sides).some(side => side.draft);
  connection.want(...[
    drafts ? "exact" : null, "mtf", "psf", look.view === "difference" ? "difference" : null, "values", viewer.region ? "region" : null,
  ].filter(Boolean));
});

function showFrame(head, planes, ms) {
  say("");
  last.sides = head.sides;
  last.electrons = {};
  for (const side of ["a", "b"]) {
    if (planes[side]) viewer.setShot(side, planes[side], head.sides[side]);
    else viewer.drop(side);
  }
  if (look.view === "difference") viewer.map = Boolean(viewer.layers.map);
  viewer.draw();
  panels.numbers(head.sides);
  panels.electrons(head.sides);
  if (viewer.line) showProfile();
  showTags(ms);
  document.body.dataset.frames = ++frames;
}

function showTags(ms) {
  const name = of => of && of.setting + (differing(of.camera, store.preset(of.setting)?.camera ?? {}).length ? ", changed" : "");
  const names = {scene: "Scene", a: store.state.b ? `A · ${name(store.state.a)}` : name(store.state.a), b: `B · ${name(store.state.b)}`, map: `${start.measures[0]} ΔE`};
  const [left, right] = viewer.pair;
  $("#tag-left").textContent = names[left];
  $("#tag-right").textContent = names[right];
  for (const [id, name] of [["#tag-left", left], ["#tag-right", right]]) $(id).dataset.layer = name;
  const side = last.sides.a, [height, width] = viewer.layers.a.size;
  const marks = [`${width}×${height} px`];
  if (side.part[0] < 1) marks.push(`centre only (${Math.round(side.part[0] * 100)} % of each side): the sensor has too many pixels to move live`);
  if (Object.values(last.sides).some(one => one.draft)) marks.push("draft");
  if (ms) marks.push(`${Math.round(ms)} ms`);
  $("#marks").replaceChildren(...marks.map(text => el("span", {class: text === "draft" ? "mark draft" : "mark"}, text)));
  showZoom();
}

const showSharpness = () => { if (last.mtf) panels.sharpness(last.mtf, last.region?.edge); };

function showMeasured() {
  panels.measured({
    region: last.region, profile: last.profile,
    onMiddle: () => {
      const [height, width] = viewer.layers.a.size, side = Math.max(4, Math.min(64, height, width));
      const top = (height - side) >> 1, left = (width - side) >> 1;
      Object.assign(viewer, {region: [top, left, top + side, left + side], line: null});
      last.profile = null;
      viewer.draw();
      connection.want("region");
    },
    onClear: () => {
      Object.assign(viewer, {region: null, line: null});
      Object.assign(last, {region: null, profile: null});
      viewer.draw();
      showMeasured();
      showSharpness();
    },
  });
  showSharpness();
}

function showProfile() {
  const [[x, y], [x2, y2]] = viewer.line, steps = Math.max(1, Math.round(Math.hypot(x2 - x, y2 - y)));
  const found = [];
  for (let i = 0; i <= steps; i++) {
    const one = viewer.value(store.state.b && store.state.edit === "b" ? "b" : "a", [x + (x2 - x) * i / steps, y + (y2 - y) * i / steps]);
    if (one) found.push(one.values);
  }
  last.profile = found.length > 1 ? found : null;
  showMeasured();
}

// --- difference ------------------------------------------------------------------------------------------------------

const differenceBar = {};

function buildDifference() {
  const against = el("div", {class: "segments small", role: "radiogroup", "aria-label": "Compared with"});
  const id = "distance", slider = el("input", {type: "range", id, min: -70, max: 60, step: 1, value: Math.round(Math.log10(0.5) * 100)});
  const words = el("span", {class: "number-words"});
  differenceBar.showDistance = () => {
    const text = `${digits(look.distance_m, 2)} m`;
    words.textContent = text;
    slider.setAttribute("aria-valuetext", text);
    slider.style.setProperty("--part", `${(Number(slider.value) + 70) / 1.3}%`);
  };
  slider.addEventListener("input", () => { look.distance_m = 10 ** (slider.value / 100); differenceBar.showDistance(); });
  slider.addEventListener("change", () => connection.want("difference"));
  differenceBar.numbers = el("span", {class: "found"}, "…");
  const bar = el("i", {class: "gradient"});
  bar.style.background = gradient();
  $("#difference").replaceChildren(against, el("label", {for: id}, "Seen from"), slider, words, el("span", {class: "space"}), differenceBar.numbers,
    el("span", {class: "scale"}, "0", bar, `${MOST} ΔE`));
  differenceBar.against = () => choices(against, [{id: "scene", text: "A and the scene"}, ...(store.state.b ? [{id: "b", text: "A and B"}] : [])], store.state.b ? look.against : "scene", chosen => { look.against = chosen; connection.want("difference"); });
  differenceBar.against();
  differenceBar.showDistance();
}

function showDifference(told, map) {
  viewer.setMap(map, told.over);
  viewer.map = look.view === "difference";
  differenceBar.numbers.replaceChildren("mean ", el("b", {}, told.mean.toFixed(2)), " · 95 % below ", el("b", {}, told.p95.toFixed(2)), " ΔE");
  showTags();
}

// --- choices ---------------------------------------------------------------------------------------------------------

choices($("#views"), VIEWS.filter(view => view.id !== "difference" || start.measures.length), look.view, id => {
  look.view = id;
  viewer.map = false;
  $("#difference").hidden = id !== "difference";
  connection.changed();
});

const tool = choices($("#tools"), [
  {id: "pan", text: "Move the picture", symbol: "pan"}, {id: "region", text: "Measure a region", symbol: "region"}, {id: "line", text: "Profile along a line", symbol: "line"},
], "pan", id => { viewer.tool = id; $("#picture").dataset.tool = id; });
void tool;

function showLayouts() {
  const options = store.state.b
    ? [{id: "scene", text: "Scene | A"}, {id: "cameras", text: "A | B"}, {id: "side", text: "Side by side"}]
    : [{id: "scene", text: "Split"}, {id: "side", text: "Side by side"}];
  if (!options.some(option => option.id === look.layout)) look.layout = "scene";
  choices($("#layout"), options, look.layout, setLayout);
  setLayout(look.layout);
}

function setLayout(id) {
  look.layout = id;
  viewer.layout = id === "scene" || !store.state.b ? "scene" : "cameras";
  viewer.side = id === "side";
  $("#view").dataset.layout = id;
  if (last.sides) showTags();
  viewer.draw();
}

const showZoom = () => { if (viewer.layers.a) $("#zoom").textContent = `${digits(viewer.zoom * (window.devicePixelRatio || 1) * 100, 3)} %`; };

viewer.addEventListener("zoom", showZoom);
$("#larger").addEventListener("click", () => viewer.setZoom(viewer.zoom * 1.5));
$("#smaller").addEventListener("click", () => viewer.setZoom(viewer.zoom / 1.5));
$("#zoom").addEventListener("click", () => viewer.setZoom(1 / (window.devicePixelRatio || 1)));
$("#fit").addEventListener("click", () => viewer.fit());
new ResizeObserver(showZoom).observe($("#view"));

viewer.addEventListener("drawn", () => {
  last.region = last.profile = null;
  if (viewer.line) showProfile();
  else if (viewer.region) connection.want("region");
});

viewer.addEventListener("point", ({detail}) => {
  const words = [];
  if (detail && last.sides) {
    for (const name of ["scene", "a", "b"]) {
      const found = viewer.value(name, detail);
      if (!found) continue;
      const plane = last.electrons[name], [, columns] = plane?.shape ?? [];
      const electrons = plane && plane.shape[0] === viewer.layers[name].size[0] ? ` · ${digits(plane.data[found.y * columns + found.x], 4)} e⁻` : "";
      words.push(`${name === "scene" ? "Scene" : store.state.b ? name.toUpperCase() : "Camera"} ${found.x}, ${found.y}: ${found.values.join(" ")}${electrons}`);
    }
    const map = viewer.map && viewer.value("map", detail);
    if (map) words.push(`ΔE ${map.values[0].toFixed(1)}`);
  }
  $("#cursor").textContent = words.join("   ") || "Point at a pixel to read its values";
});

// --- the state -------------------------------------------------------------------------------------------------------

let still;

store.addEventListener("change", ({detail}) => {
  controls.show();
  look.moving = detail !== "edit" && Boolean(store.gesture);
  clearTimeout(still);
  still = setTimeout(() => { look.moving = false; }, 400);
  if (look.shownB !== Boolean(store.state.b)) {
    look.shownB = Boolean(store.state.b);
    look.layout = look.shownB ? "cameras" : "scene";
    look.against = look.shownB ? "b" : "scene";
    viewer.map = false;
    showLayouts();
    differenceBar.against();
  }
  if (detail === "edit") connection.want("psf");
  else connection.changed({scene: look.shownSource !== store.state.source || store.state.a.camera.scene.illuminant !== look.shownLight});
  look.shownSource = store.state.source;
  look.shownLight = store.state.a.camera.scene.illuminant;
  remember();
});

let writing;

/** Keep the link in the address, when nothing moves. */
function remember() {
  clearTimeout(writing);
  writing = setTimeout(() => window.history.replaceState(null, "", store.link()), 300);
}

store.addEventListener("history", () => {
  $("#undo").disabled = !store.past.length;
  $("#redo").disabled = !store.future.length;
  remember();
});

window.addEventListener("hashchange", () => { if (store.follow(location.hash)) { store.past = []; store.future = []; store.tell(""); } });

$("#undo").addEventListener("click", () => store.undo());
$("#redo").addEventListener("click", () => store.redo());
$("#history").addEventListener("click", () => history(store));
$("#take").addEventListener("click", () => { openTake(null); connection.want("commands"); });

function openTake(commands) {
  if (commands && !$("#take-dialog").open) return;
  takeAway({title: store.state.b ? `Take away: camera ${store.state.edit.toUpperCase()}` : "Take away", kinds: start.take, camera: store.edited.camera.name, link: location.origin + location.pathname + store.link(), commands, take: kind => connection.take(kind)});
}

document.addEventListener("keydown", event => {
  if (!(event.ctrlKey || event.metaKey) || event.target.matches?.("input[type=text]")) return;
  const key = event.key.toLowerCase();
  if (key === "z" && !event.shiftKey) store.undo();
  else if (key === "y" || (key === "z" && event.shiftKey)) store.redo();
  else return;
  event.preventDefault();
});

$("#theme").addEventListener("click", () => {
  const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  viewer.draw();
});

// Files that are dropped or pasted.
let over = 0;
document.addEventListener("dragenter", event => { if (event.dataTransfer?.types.includes("Files")) { over++; $("#drop").hidden = false; } });
document.addEventListener("dragleave", () => { over = Math.max(0, over - 1); if (!over) $("#drop").hidden = true; });
document.addEventListener("dragover", event => event.preventDefault());
document.addEventListener("drop", event => {
  event.preventDefault();
  over = 0;
  $("#drop").hidden = true;
  const file = event.dataTransfer?.files[0];
  if (file) controls.open(file);
});
document.addEventListener("paste", event => {
  const file = [...event.clipboardData?.files ?? []][0];
  if (file) controls.open(file.name ? file : new File([file], "pasted.png", {type: file.type}));
});

buildDifference();
controls.show();
look.shownB = Boolean(store.state.b);
if (look.shownB) Object.assign(look, {layout: "cameras", against: "b"});
look.shownSource = store.state.source;
look.shownLight = store.state.a.camera.scene.illuminant;
showLayouts();
differenceBar.against();
showMeasured();
if (followed) remember();
