// The panels that follow at rest: sharpness, point spread, electrons, what was measured, and the numbers.

import {canvasOf, CHANNELS, coloured} from "./colours.js";
import {choices, digits, el, read} from "./dom.js";
import {plot} from "./plots.js";

const body = name => document.querySelector(`#card-${name} .body`);

const widthOf = name => Math.max(200, Math.min(420, body(name).clientWidth || 240));

const quiet = text => el("p", {class: "quiet-words"}, text);

// --- sharpness -------------------------------------------------------------------------------------------------------

const MTF_NAMES = {lens: "lens", "lens, vertical": "lens, vertical", pixel: "pixel", both: "lens × pixel"};

export function sharpness(mtf, edge) {
  const {a, b} = mtf;
  if (!a) { body("mtf").replaceChildren(quiet("No lens and no pixels: the picture passes unchanged.")); return; }
  const points = (of, name) => of.per_px.map((x, i) => [x, of.curves[name][i]]);
  const kinds = {lens: "lens", "lens, vertical": "lens dashed", pixel: "pixel", both: "both"};
  const lines = Object.keys(a.curves).map(name => ({points: points(a, name), class: kinds[name]}));
  const legend = Object.keys(a.curves).map(name => [kinds[name], MTF_NAMES[name], a.mtf50_per_px[name]]);
  if (b) { lines.push({points: points(b, "both"), class: "side-b"}); legend.push(["side-b", "B: lens × pixel", b.mtf50_per_px.both]); }
  if (edge?.sfr) {
    lines.push({points: edge.per_px.map((x, i) => [x, edge.sfr[i]]), class: "measured"});
    legend.push(["measured", "measured edge", edge.mtf50_per_px]);
  }
  const most = Math.max(1, ...(edge?.sfr ?? [1])) > 1.05 ? 1.3 : 1.05;
  body("mtf").replaceChildren(
    plot({
      width: widthOf("mtf"), x: [0, 1], y: [0, most], lines, label: `MTF over spatial frequency; at the Nyquist frequency ${digits(a.nyquist.both, 2)}`,
      xTicks: [[0, "0"], [0.5, "0.5"], [1, "1"]], yTicks: [[0, "0"], [0.5, "0.5"], [1, "1"]],
      marks: [{x: 0.5, text: "Nyquist"}], xName: `cycles per pixel (1 = ${read(1e3 / a.pitch_um)} per mm)`,
    }),
    el("table", {class: "legend"}, el("thead", {}, el("tr", {}, el("th", {scope: "col"}, el("span", {class: "sr"}, "Curve")), el("th", {scope: "col"}, "MTF50"), el("th", {scope: "col"}, "per mm"))),
      el("tbody", {}, legend.map(([kind, name, mtf50]) => el("tr", {}, el("th", {scope: "row"}, el("i", {class: `key ${kind}`}), name),
        el("td", {}, mtf50 ? digits(mtf50) : "> 1"), el("td", {}, mtf50 ? read(mtf50 * 1e3 / a.pitch_um) : "–"))))));
}

// --- point spread ----------------------------------------------------------------------------------------------------

const spread = {log: true, told: null, plane: null};

export function pointSpread(told, plane, side) {
  Object.assign(spread, {told, plane, side});
  const root = body("psf");
  if (!told) { root.replaceChildren(quiet("No lens: a point stays a point.")); return; }
  const canvas = el("canvas", {width: 361, height: 361, role: "img", "aria-label": "Point spread of the lens over the pixels"});
  if (!spread.scale) {
    spread.scale = el("div", {class: "segments small", role: "radiogroup", "aria-label": "Scale of the point spread"});
    choices(spread.scale, [{id: "log", text: "Log"}, {id: "linear", text: "Linear"}], "log", chosen => { spread.log = chosen === "log"; draw(root.querySelector("canvas")); });
    root.before(spread.scale);
  }
  const airy = told.airy_radius_um;
  root.replaceChildren(el("div", {class: "psf"}, canvas, el("dl", {class: "facts"},
    airy ? [el("dt", {}, el("i", {class: "key airy"}), "Airy radius"), el("dd", {}, `${digits(airy)} µm`), el("dt", {}, "in pixels"), el("dd", {}, digits(airy / told.pixel_um))] : null,
    el("dt", {}, el("i", {class: "key pixel-box"}), "pixel"), el("dd", {}, `${digits(told.pixel_um)} µm`),
    el("dt", {}, "shown"), el("dd", {}, `${digits(2 * told.half_um)} µm wide`))));
  draw(canvas);
}

function draw(canvas) {
  const {told, plane, log} = spread, [, height, width] = plane.shape;
  const values = plane.data.subarray(log ? width * height : 0, (log ? 2 : 1) * width * height);
  const side = canvas.width = canvas.height = 480, context = canvas.getContext("2d"), image = canvasOf(coloured(values, width, height));
  const px = side / (2 * told.half_um), reach = width * told.pitch_um * px;
  context.fillStyle = "#000004";
  context.fillRect(0, 0, side, side);
  context.imageSmoothingEnabled = reach < width;
  context.drawImage(image, side / 2 - (Math.floor(width / 2) + 0.5) * told.pitch_um * px, side / 2 - (Math.floor(height / 2) + 0.5) * told.pitch_um * px, reach, height * told.pitch_um * px);
  const pixel = told.pixel_um * px;
  if (pixel >= 14) {
    context.strokeStyle = "rgba(255, 255, 255, .28)";
    context.lineWidth = 1;
    context.beginPath();
    for (let at = side / 2 - (Math.ceil(side / pixel / 2) + 0.5) * pixel; at < side; at += pixel) {
      context.moveTo(at, 0); context.lineTo(at, side); context.moveTo(0, at); context.lineTo(side, at);
    }
    context.stroke();
  }
  const box = Math.max(4, pixel);
  context.strokeStyle = "#fff";
  context.lineWidth = 3;
  context.strokeRect(side / 2 - box / 2, side / 2 - box / 2, box, box);
  if (told.airy_radius_um) {
    context.strokeStyle = "#58e0c0";
    context.setLineDash([10, 7]);
    context.beginPath();
    context.arc(side / 2, side / 2, told.airy_radius_um * px, 0, 2 * Math.PI);
    context.stroke();
    context.setLineDash([]);
  }
}

// --- electrons -------------------------------------------------------------------------------------------------------

export function electrons(sides) {
  const {histogram} = sides.a;
  if (!histogram) { body("histogram").replaceChildren(quiet("No sensor: nothing is counted.")); return; }
  const {full_e: full, counts} = histogram, bins = Object.values(counts)[0].length - 1;
  const shares = Object.entries(counts).map(([letter, list]) => { const total = list.reduce((a, b) => a + b, 0) || 1; return [letter, list.map(n => n / total)]; });
  const inner = shares.flatMap(([, list]) => list.slice(1, bins));
  const most = Math.sqrt(Math.max(0.004, ...inner)) * 1.08;
  const lines = shares.map(([letter, list]) => ({
    class: `channel-${letter}`, fill: true,
    points: [...list.slice(0, bins).map((n, i) => [(i + 0.5) / bins * full, Math.sqrt(n)]), [full, Math.sqrt(list[bins])]],
  }));
  body("histogram").replaceChildren(
    plot({
      width: widthOf("histogram"), x: [0, full * 1.02], y: [0, most], lines, label: `Histogram of electrons up to ${read(full)}`, xTicks: [0, 0.5, 1].map(part => [part * full, read(part * full)]), yTicks: [],
      marks: [{x: full, text: "full", end: true}], xName: "electrons per pixel (height: √ share)",
    }),
    el("table", {class: "legend"}, el("thead", {}, el("tr", {}, el("th", {scope: "col"}, el("span", {class: "sr"}, "Channel")), el("th", {scope: "col"}, "median"), el("th", {scope: "col"}, "full"))),
      el("tbody", {}, shares.map(([letter, list]) => el("tr", {}, el("th", {scope: "row"}, el("i", {class: `key channel-${letter}`}), CHANNELS[letter]),
        el("td", {}, read(middle(list, full, bins))), el("td", {}, `${digits(list[bins] * 100, 2)} %`))))));
}

function middle(list, full, bins) {
  let sum = 0;
  for (let i = 0; i <= bins; i++) { sum += list[i]; if (sum >= 0.5) return Math.min(1, (i + 0.5) / bins) * full; }
  return full;
}

// --- measured --------------------------------------------------------------------------------------------------------

export function measured({region, profile, onMiddle, onClear}) {
  const root = body("measure");
  const buttons = el("p", {class: "buttons"}, el("button", {class: "quiet", onclick: onMiddle}, "Measure the middle"), region || profile ? el("button", {class: "quiet", onclick: onClear}, "Clear") : null);
  if (profile) { root.replaceChildren(profilePlot(profile), buttons); return; }
  if (!region) { root.replaceChildren(quiet("Draw a region on the picture for its noise, SNR and the MTF of an edge in it; a line for its profile."), buttons); return; }
  const [top, left, bottom, right] = region.roi, {edge, noise} = region;
  root.replaceChildren(
    el("p", {class: "quiet-words"}, `${right - left}×${bottom - top} pixels from column ${left}, row ${top}`),
    noise.length ? el("table", {class: "legend"}, el("thead", {}, el("tr", {}, ["", "mean e⁻", "noise e⁻", "SNR dB"].map((text, i) => el("th", {scope: "col"}, i ? text : el("span", {class: "sr"}, "Channel"))))),
      el("tbody", {}, noise.map(one => el("tr", {}, el("th", {scope: "row"}, el("i", {class: `key channel-${one.channel}`}), CHANNELS[one.channel]),
        el("td", {}, read(one.mean_e)), el("td", {}, digits(one.noise_e)), el("td", {}, one.snr_db === null ? "–" : one.snr_db.toFixed(1)))))) : null,
    edge.trouble ? el("p", {class: "quiet-words"}, `No edge: ${edge.trouble}`) : el("dl", {class: "facts"},
      el("dt", {}, "MTF50 of the edge"), el("dd", {}, edge.mtf50_per_px ? `${digits(edge.mtf50_per_px)} c/px` : "> 1 c/px"),
      el("dt", {}, "at Nyquist"), el("dd", {}, digits(edge.nyquist, 2)), el("dt", {}, "angle"), el("dd", {}, `${edge.angle_deg.toFixed(1)}°`)),
    buttons);
}

function profilePlot(profile) {
  const points = channel => profile.map((one, i) => [i, one[channel]]), last = Math.max(1, profile.length - 1);
  return plot({
    width: widthOf("measure"), x: [0, last], y: [0, 255], xTicks: [[0, "0"], [last / 2, digits(last / 2, 3)], [last, String(last)]], yTicks: [[0, "0"], [128, "128"], [255, "255"]],
    lines: ["r", "g", "b"].map((letter, channel) => ({points: points(channel), class: `channel-${letter}`})), label: "Profile along the line", xName: "pixels along the line (height: sRGB)",
  });
}

// --- numbers ---------------------------------------------------------------------------------------------------------

const seconds = s => s >= 1 ? `${digits(s)} s` : s >= 1e-3 ? `${digits(s * 1e3)} ms` : `${digits(s * 1e6)} µs`;

const FIGURES = [
  [() => "ISO, at saturation", n => n.iso === undefined ? "–" : n.iso < 10 ? digits(n.iso, 2) : read(Math.round(n.iso))],
  [() => "Exposure", n => seconds(n.exposure_s)],
  [() => "Light on the scene", n => `${read(n.lux)} lx`],
  [n => `SNR, 18 % grey at ${read(n.lux)} lx`, n => n.grey_clips ? "clips" : decibels(n.snr_db)],
  [() => "Dynamic range", n => decibels(n.dynamic_range_db)],
  [() => "Saturated pixels", n => `${digits(n.saturated * 100, 2)} %`],
];

const decibels = value => typeof value === "number" ? `${value.toFixed(1)} dB` : "–";

export function numbers(sides) {
  const root = document.querySelector("#numbers");
  const shown = Object.entries(sides);
  if (!shown.some(([, told]) => told.numbers.exposure_s)) { root.replaceChildren(quiet("This setting is no camera: the picture passes unchanged.")); return; }
  const first = shown.find(([, told]) => told.numbers.exposure_s)[1].numbers, several = shown.length > 1;
  root.replaceChildren(el("dl", {}, FIGURES.map(([name, text]) => el("div", {}, el("dt", {}, name(first)),
    shown.map(([side, {numbers: n}]) => el("dd", {class: several ? `side-${side}` : null}, several ? el("b", {}, side.toUpperCase()) : null, n.exposure_s ? text(n) : "–"))))));
}
