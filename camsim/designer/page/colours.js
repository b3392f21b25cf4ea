// Colours of maps and letters.

// Matplotlib's inferno (N. Smith, S. van der Walt, CC0) at 17 places, mixed between.
const INFERNO = ["000004", "0d0829", "280b53", "470b6a", "65156e", "82206c", "9f2a63", "bb3654", "d44842", "e75f2e", "f57d15", "fc9f07", "fac228", "f3e55d", "f6f281", "fafb9f", "fcffa4"];

function table(stops) {
  const rgb = stops.map(hex => [0, 2, 4].map(at => parseInt(hex.slice(at, at + 2), 16)));
  const made = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i++) {
    const place = i / 255 * (rgb.length - 1), at = Math.min(rgb.length - 2, Math.floor(place)), part = place - at;
    for (let c = 0; c < 3; c++) made[4 * i + c] = rgb[at][c] * (1 - part) + rgb[at + 1][c] * part;
    made[4 * i + 3] = 255;
  }
  return made;
}

export const inferno = table(INFERNO);

/** A CSS gradient of the colours. */
export const gradient = () => `linear-gradient(90deg, ${INFERNO.map(hex => `#${hex}`).join(", ")})`;

/** Largest difference that has a colour of its own, ΔE. */
export const MOST = 20;

/** Bytes 0 to 255 as a picture. */
export function coloured(values, width, height, most = 255) {
  const image = new ImageData(width, height), words = new Uint32Array(image.data.buffer), map = new Uint32Array(inferno.buffer);
  for (let i = 0; i < values.length; i++) words[i] = map[Math.min(255, Math.max(0, values[i] / most * 255)) | 0];
  return image;
}

/** (H, W, 3) bytes as a picture. */
export function picture({data, shape: [height, width]}) {
  const image = new ImageData(width, height), to = image.data;
  for (let i = 0, j = 0; i < data.length; i += 3, j += 4) {
    to[j] = data[i]; to[j + 1] = data[i + 1]; to[j + 2] = data[i + 2]; to[j + 3] = 255;
  }
  return image;
}

/** ImageData as a canvas that can be drawn. */
export function canvasOf(image, old) {
  const made = old && old.width === image.width && old.height === image.height ? old : document.createElement("canvas");
  if (made !== old) { made.width = image.width; made.height = image.height; }
  made.getContext("2d").putImageData(image, 0, 0);
  return made;
}

export const CHANNELS = {r: "red", g: "green", b: "blue", w: "white"};
