// Pictures of one scene in one place: zoom, pan and divider are the same for all, so that every point stays on itself.

import {canvasOf, coloured, MOST, picture} from "./colours.js";

const LEAST = 24, MOST_ZOOM = 64;

export class Viewer extends EventTarget {
  constructor(canvas, divider) {
    super();
    this.canvas = canvas;
    this.divider = divider;
    this.context = canvas.getContext("2d");
    this.layers = {};  // scene, a, b, map: {canvas, box, data}
    this.layout = "scene";
    this.right = null;  // a map in place of the right picture
    this.cut = 0.5;
    this.width = null;  // of the scene on the screen, CSS pixels; null: as much as fits
    this.middle = [0.5, 0.5];
    this.tool = "pan";
    new ResizeObserver(() => this.draw()).observe(canvas.parentElement);
    canvas.addEventListener("wheel", event => this.#wheel(event), {passive: false});
    canvas.addEventListener("pointerdown", event => this.#down(event));
    canvas.addEventListener("pointermove", event => this.#point(event));
    canvas.addEventListener("pointerleave", () => this.dispatchEvent(new CustomEvent("point", {detail: null})));
    canvas.addEventListener("keydown", event => this.#key(event));
    divider.addEventListener("pointerdown", event => this.#drag(event));
    divider.addEventListener("keydown", event => {
      const step = {ArrowLeft: -0.02, ArrowRight: 0.02, PageDown: -0.1, PageUp: 0.1}[event.key];
      if (step) this.#cutAt(this.cut + step);
      else if (event.key === "Home") this.#cutAt(0);
      else if (event.key === "End") this.#cutAt(1);
      else return;
      event.preventDefault();
    });
  }

  // --- what is shown ------------------------------------------------------------------------------------------------

  setScene(plane) {
    const [height, width] = plane.shape;
    this.layers.scene = {canvas: canvasOf(picture(plane), this.layers.scene?.canvas), box: [0, 0, height, width], data: plane};
    this.draw();
  }

  setShot(side, plane, {box, part}) {
    const [height, width] = plane.shape;
    this.layers[side] = {canvas: canvasOf(picture(plane), this.layers[side]?.canvas), box, data: plane, size: [height, width]};
    this.part = part;
  }

  setMap(plane, over) {
    const [height, width] = plane.shape;
    const box = over === "sensor" && this.layers.a ? this.layers.a.box : [0, 0, height, width];
    this.layers.map = {canvas: canvasOf(coloured(plane.data, width, height, MOST)), box, data: plane};
    this.draw();
  }

  drop(side) { delete this.layers[side]; }

  /** The layers of the panes, left to right. */
  get pair() {
    const right = this.map && this.layers.map ? "map" : this.layout === "scene" || !this.layers.b ? "a" : "b";
    const left = this.layout !== "scene" && this.layers.b && right === "b" ? "a" : this.map && this.layers.map ? "a" : "scene";
    return [left, right];
  }

  // --- where it is --------------------------------------------------------------------------------------------------

  get #reference() { return this.layers.a ?? this.layers.scene; }

  get #aspect() {
    const [top, left, bottom, right] = this.#reference.box;
    return (bottom - top) / (right - left);
  }

  /** Panes, each [x, y, width, height], CSS pixels. */
  get #panes() {
    const {clientWidth: width, clientHeight: height} = this.canvas;
    if (!this.side) return [[0, 0, width, height]];
    const half = (width - 2) / 2;
    return [[0, 0, half, height], [half + 2, 0, half, height]];
  }

  get #fitting() {
    const [, , width, height] = this.#panes[0];
    return Math.max(LEAST, Math.min(width - 24, (height - 24) / this.#aspect));
  }

  /** Where the scene lies in a pane. */
  #rect([x, y, width, height]) {
    const wide = this.width ?? this.#fitting, high = wide * this.#aspect;
    const [u, v] = this.width === null ? [0.5, 0.5] : this.middle;
    return [x + width / 2 - u * wide, y + height / 2 - v * high, wide, high];
  }

  /** Screen pixels (CSS) per sensor pixel. */
  get zoom() {
    const [, left, , right] = this.#reference.box;
    return (this.width ?? this.#fitting) / (right - left);
  }

  setZoom(zoom, at = null) {
    if (!this.#reference) return;
    const pane = this.#panes[0], before = this.#rect(pane);
    const [, left, , right] = this.#reference.box;
    const wide = Math.min(MOST_ZOOM * (right - left), Math.max(LEAST, zoom * (right - left)));
    const [px, py] = at ?? [pane[0] + pane[2] / 2, pane[1] + pane[3] / 2];
    const u = (px - before[0]) / before[2], v = (py - before[1]) / before[3];
    this.width = wide;
    this.#move([u - (px - pane[0] - pane[2] / 2) / wide, v - (py - pane[1] - pane[3] / 2) / (wide * this.#aspect)]);
  }

  #move([u, v]) {
    this.middle = [Math.min(1, Math.max(0, u)), Math.min(1, Math.max(0, v))];
    this.draw();
    this.dispatchEvent(new Event("zoom"));
  }

  fit() {
    this.width = null;
    this.middle = [0.5, 0.5];
    this.draw();
    this.dispatchEvent(new Event("zoom"));
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  draw() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => { this.pending = null; this.#draw(); });
  }

  #draw() {
    const {canvas, context} = this, ratio = window.devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!this.#reference || !canvas.clientWidth) return;
    const panes = this.#panes, pair = this.pair, rect = this.#rect(panes[0]);
    const cut = Math.min(rect[0] + rect[2], Math.max(rect[0], rect[0] + this.cut * rect[2]));
    pair.forEach((name, index) => {
      const pane = panes[this.side ? index : 0];
      context.save();
      context.beginPath();
      if (this.side) context.rect(...pane);
      else if (index === 0) context.rect(0, 0, cut, pane[3]);
      else context.rect(cut, 0, pane[2] - cut, pane[3]);
      context.clip();
      this.#layer(name, this.#rect(pane));
      context.restore();
    });
    this.divider.hidden = Boolean(this.side);
    this.divider.style.left = `${cut}px`;
    this.divider.setAttribute("aria-valuenow", Math.round(this.cut * 100));
    for (const pane of this.side ? panes : [panes[0]]) this.#marks(this.#rect(pane));
  }

  #layer(name, [x, y, wide, high]) {
    const {context} = this, layer = this.layers[name];
    if (!layer) return;
    context.beginPath();
    context.rect(x, y, wide, high);
    context.clip();  // what lies beyond the scene is no part of it
    let [top, left, bottom, right] = layer.box;
    if (name === "scene" && this.part) {
      const [rows, columns] = this.part, [height, width] = [bottom, right];
      [top, left, bottom, right] = [height * (1 - rows) / 2, width * (1 - columns) / 2, height * (1 + rows) / 2, width * (1 + columns) / 2];
    }
    const scale = wide / (right - left), down = high / (bottom - top);
    context.imageSmoothingEnabled = scale * (window.devicePixelRatio || 1) < 1;
    context.imageSmoothingQuality = "high";
    context.drawImage(layer.canvas, x - left * scale, y - top * down, layer.canvas.width * scale, layer.canvas.height * down);
  }

  #marks(rect) {
    const {context} = this;
    const at = ([x, y]) => this.#onScreen([x, y], rect);
    const stroke = draw => {
      for (const [colour, width] of [["#000a", 3.5], ["#fff", 1.5]]) {
        context.strokeStyle = colour;
        context.lineWidth = width;
        context.beginPath();
        draw();
        context.stroke();
      }
    };
    if (this.region) {
      const [top, left, bottom, right] = this.region, [x, y] = at([left, top]), [x2, y2] = at([right, bottom]);
      stroke(() => context.rect(x, y, x2 - x, y2 - y));
    }
    if (this.line) stroke(() => { context.moveTo(...at(this.line[0])); context.lineTo(...at(this.line[1])); });
  }

  // --- pixels -------------------------------------------------------------------------------------------------------

  #onScreen([column, row], [x, y, wide, high]) {
    const [top, left, bottom, right] = this.#reference.box;
    return [x + (column - left) / (right - left) * wide, y + (row - top) / (bottom - top) * high];
  }

  /** Sensor coordinates of a point of the canvas. */
  at(px, py) {
    const panes = this.#panes, pane = this.side && px > panes[1][0] ? panes[1] : panes[0];
    const [x, y, wide, high] = this.#rect(pane), [top, left, bottom, right] = this.#reference.box;
    return [left + (px - x) / wide * (right - left), top + (py - y) / high * (bottom - top)];
  }

  /** The value of a layer at sensor coordinates of camera A. */
  value(name, [column, row]) {
    const layer = this.layers[name], from = this.#reference.box;
    if (!layer) return null;
    const u = (column - from[1]) / (from[3] - from[1]), v = (row - from[0]) / (from[2] - from[0]);
    if (u < 0 || v < 0 || u >= 1 || v >= 1) return null;
    let [top, left, bottom, right] = layer.box;
    if (name === "scene" && this.part) {
      const [rows, columns] = this.part;
      [top, left, bottom, right] = [bottom * (1 - rows) / 2, right * (1 - columns) / 2, bottom * (1 + rows) / 2, right * (1 + columns) / 2];
    }
    const x = Math.floor(left + u * (right - left)), y = Math.floor(top + v * (bottom - top));
    const {data, shape: [, width, channels = 1]} = layer.data;
    return {x, y, values: [...data.slice((y * width + x) * channels, (y * width + x) * channels + channels)]};
  }

  // --- hands --------------------------------------------------------------------------------------------------------

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #wheel(event) {
    event.preventDefault();
    this.setZoom(this.zoom * Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), this.#place(event));
  }

  #point(event) {
    if (!this.#reference) return;
    this.dispatchEvent(new CustomEvent("point", {detail: this.at(...this.#place(event))}));
  }

  #down(event) {
    if (event.button || !this.#reference) return;
    const start = this.#place(event), from = this.at(...start), middle = [...this.middle];
    this.canvas.setPointerCapture(event.pointerId);
    const [, , wide, high] = this.#rect(this.#panes[0]);
    const move = moved => {
      const place = this.#place(moved), to = this.at(...place);
      if (this.tool === "pan") {
        if (this.width === null) { if (Math.hypot(place[0] - start[0], place[1] - start[1]) < 4) return; this.width = this.#fitting; }
        this.#move([middle[0] - (place[0] - start[0]) / wide, middle[1] - (place[1] - start[1]) / high]);
      } else {
        this.region = this.tool === "region" ? this.#within(from, to) : null;
        this.line = this.tool === "line" ? [from, to] : null;
        this.draw();
      }
    };
    const up = () => {
      this.canvas.removeEventListener("pointermove", move);
      if (this.tool !== "pan") this.dispatchEvent(new Event("drawn"));
    };
    this.canvas.addEventListener("pointermove", move);
    this.canvas.addEventListener("pointerup", up, {once: true});
  }

  #within([x, y], [x2, y2]) {
    const {shape: [height, width]} = (this.layers.a ?? this.layers.scene).data;
    const clip = (value, most) => Math.min(most, Math.max(0, Math.round(value)));
    return [clip(Math.min(y, y2), height), clip(Math.min(x, x2), width), clip(Math.max(y, y2), height), clip(Math.max(x, x2), width)];
  }

  #key(event) {
    const step = 0.05 * ((this.#panes[0][2]) / (this.width ?? this.#fitting));
    const moves = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step]};
    if (moves[event.key] && this.width !== null) this.#move([this.middle[0] + moves[event.key][0], this.middle[1] + moves[event.key][1]]);
    else if (event.key === "+" || event.key === "=") this.setZoom(this.zoom * 1.25);
    else if (event.key === "-") this.setZoom(this.zoom / 1.25);
    else if (event.key === "0") this.fit();
    else if (event.key === "1") this.setZoom(1 / (window.devicePixelRatio || 1));
    else return;
    event.preventDefault();
  }

  #cutAt(cut) {
    this.cut = Math.min(1, Math.max(0, cut));
    this.draw();
  }

  #drag(event) {
    this.divider.setPointerCapture(event.pointerId);
    this.divider.focus();
    event.preventDefault();
    const move = moved => {
      const [x, , wide] = this.#rect(this.#panes[0]);
      this.#cutAt((this.#place(moved)[0] - x) / wide);
    };
    this.divider.addEventListener("pointermove", move);
    this.divider.addEventListener("pointerup", () => this.divider.removeEventListener("pointermove", move), {once: true});
  }
}
