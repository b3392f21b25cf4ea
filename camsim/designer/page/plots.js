// Curves as SVG: axes in plain numbers, nothing that is not read.

import {el} from "./dom.js";

/** A plot of `lines` [{points: [[x, y]…], class, fill}] within x and y bounds; ticks are [[value, text]…]. */
export function plot({x, y, xTicks, yTicks, lines, marks = [], label, xName, yName, width, height = 134}) {
  const left = yTicks.length ? 28 : 6, right = 12, top = 8, bottom = 34;
  const px = value => left + (value - x[0]) / (x[1] - x[0]) * (width - left - right);
  const py = value => height - bottom - (value - y[0]) / (y[1] - y[0]) * (height - top - bottom);
  const fixed = value => Number(value.toFixed(1));
  const grid = [
    ...yTicks.map(([value, text]) => [el("line", {class: "grid", x1: left, x2: width - right, y1: fixed(py(value)), y2: fixed(py(value))}),
      el("svg:text", {x: left - 6, y: fixed(py(value)) + 4, "text-anchor": "end"}, text)]),
    ...xTicks.map(([value, text]) => el("svg:text", {x: fixed(px(value)), y: height - bottom + 15, "text-anchor": "middle"}, text)),
  ].flat();
  const drawn = lines.map(({points, class: kind, fill}) => {
    const path = points.map(([a, b], i) => `${i ? "L" : "M"}${fixed(px(a))} ${fixed(py(Math.min(y[1], Math.max(y[0], b))))}`).join("");
    const area = fill ? `${path}L${fixed(px(points.at(-1)[0]))} ${fixed(py(y[0]))}L${fixed(px(points[0][0]))} ${fixed(py(y[0]))}Z` : null;
    return [fill ? el("path", {class: `area ${kind}`, d: area}) : null, el("path", {class: `curve ${kind}`, d: path})];
  }).flat();
  const extra = marks.map(({x: at, text, end}) => [
    el("line", {class: "mark", x1: fixed(px(at)), x2: fixed(px(at)), y1: top, y2: height - bottom}),
    el("svg:text", {class: "mark-text", x: fixed(px(at)) + (end ? -5 : 5), y: top + 11, "text-anchor": end ? "end" : "start"}, text),
  ]).flat();
  return el("svg", {class: "plot", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label}, grid,
    el("line", {class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom}), drawn, extra,
    el("svg:text", {class: "axis-name", x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle"}, xName),
    yName ? el("svg:text", {class: "axis-name", x: left, y: top - 1}, yName) : null);
}
