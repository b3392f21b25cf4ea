// From the place of a slider, 0 to 1, to a value and back: in equal steps, in equal ratios, or in ratios from a zero on.

// Where the bounds of a key are far beyond what anyone looks at, a slider covers less; a number beside it takes all.
const COMFORT = {
  "scene.fov_deg": [0.2, 60], "scene.distance_m": [0.05, 100], "scene.luminance_cd_m2": [0.001, 1e5],
  "scene.mean_luminance_cd_m2": [0.001, 1e5], "scene.pixel_deg": [0.001, 1], "optics.fnumber": [1, 64],
  "optics.focal_length_mm": [0.5, 100], "optics.defocus_dpt": [-30, 30], "optics.chromatic_defocus_dpt": [-30, 30],
  "optics.blades": [0, 12], "optics.blade_rotation_deg": [-180, 180], "sensor.pixel_pitch_um": [0.3, 50],
  "sensor.full_well_e": [100, 1e6], "sensor.conversion_gain_uv_per_e": [1, 1000], "sensor.read_noise_e": [0, 1000],
  "sensor.dark_current_e_per_s": [0, 1e5], "sensor.analog_gain": [1, 64], "sensor.black_level_dn": [0, 1024],
  "sensor.bit_depth": [0, 16], "sensor.exposure_s": [1e-5, 100], "sensor.exposure_ev": [-6, 6], "sensor.binning": [1, 8],
  "sensor.pattern_seed": [0, 100], "sensor.reference_pitch_um": [0.3, 50], "sensor.dsnu_e": [0, 1000],
  "sensor.column_offset_fpn_e": [0, 1000], "isp.black_level_dn": [0, 1024], "sensor.prnu": [0, 0.2],
  "sensor.column_gain_fpn": [0, 0.2], "sensor.missing_fraction": [0, 0.1], "sensor.stuck_fraction": [0, 0.1],
};

export function scale(key, about, value) {
  const number = about.anyOf?.find(one => one.type === "number" || one.type === "integer") ?? about;
  const whole = number.type === "integer", kind = about["x-scale"] ?? "linear";
  let [low, high] = COMFORT[key] ?? [number.minimum ?? number.exclusiveMinimum ?? 0, number.maximum ?? number.exclusiveMaximum ?? 1];
  if (typeof value === "number" && Number.isFinite(value)) { low = Math.min(low, value); high = Math.max(high, value); }
  if (kind === "log" && low <= 0) low = high / 1e4;
  const knee = high / 1e4;  // of symlog: where ratios begin
  const to = {
    linear: place => low + place * (high - low),
    log: place => low * (high / low) ** place,
    symlog: place => place < 0.02 ? 0 : knee * (high / knee) ** ((place - 0.02) / 0.98),
  }[kind];
  const from = {
    linear: v => (v - low) / (high - low),
    log: v => Math.log(v / low) / Math.log(high / low),
    symlog: v => v <= 0 ? 0 : Math.max(0.02, 0.02 + 0.98 * Math.log(v / knee) / Math.log(high / knee)),
  }[kind];
  const least = number.exclusiveMinimum !== undefined ? Math.max(low, Number.MIN_VALUE) : low;
  return {
    low, high, whole,
    steps: whole && kind === "linear" ? Math.min(1000, high - low) : kind === "linear" && low < 0 ? 240 : 400,
    value: place => {
      const found = Math.min(high, Math.max(least, to(place)));
      return whole ? Math.round(found) : kind === "linear" ? round(found, (high - low) / 1000) : Number(found.toPrecision(3));
    },
    place: v => Math.min(1, Math.max(0, from(v))),
  };
}

function round(value, step) {
  const decimals = Math.max(0, Math.ceil(-Math.log10(step)));
  return Number(value.toFixed(Math.min(decimals, 6))) || (Math.abs(value) < step ? 0 : value);
}
