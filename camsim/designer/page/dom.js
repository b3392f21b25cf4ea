// Elements in short.

const SVG = new Set(["svg", "path", "line", "circle", "rect", "g", "use", "polyline"]);

/** An element: attributes, properties that start with a dot, listeners that start with "on"; children are nodes or text. */
export function el(name, attributes = {}, ...children) {
  const made = SVG.has(name) || name === "svg:text" ? document.createElementNS("http://www.w3.org/2000/svg", name.replace("svg:", "")) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key.startsWith(".")) made[key.slice(1)] = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return made;
}

export const icon = name => el("svg", {"aria-hidden": "true"}, el("use", {href: `#i-${name}`}));

let count = 0;
export const unique = () => `e${++count}`;

/** A row of choices of which one holds: radio buttons that look like a switch. */
export function choices(root, options, value, chosen) {
  const name = unique();
  root.replaceChildren(...options.map(({id, text, symbol, title}) => {
    const input = el("input", {type: "radio", name, value: id, ".checked": id === value, "aria-label": symbol ? text : null, onchange: () => chosen(id)});
    return el("label", {title: title ?? (symbol ? text : null)}, input, el("span", {}, symbol ? icon(symbol) : text));
  }));
  return id => { for (const input of root.querySelectorAll("input")) input.checked = input.value === id; };
}

/** A number with three digits, without an exponent where that is readable. */
export function digits(value, least = 3) {
  if (typeof value !== "number") return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2).replace("e+", "e").replace(/e(-?)0+/, "e$1");
  const text = size >= 1000 ? String(Math.round(value)) : value.toPrecision(least);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** The same for reading: thousands apart. */
export const read = value => digits(value).replace(/^(-?\d+)(\d{3})$/, "$1 $2").replace("-", "−");
