"""The pixels: where they are, the area and the colours that they see, their quantum efficiency, binning.

Reference: J. Farrell, M. Okincha, M. Parmar, "Sensor calibration and simulation", Proc. SPIE 6817, 2008.
"""

import dataclasses
import functools
import math
from dataclasses import dataclass

import numpy as np

from camsim.camera_parts import CFA_COLOURS, Sensor
from camsim.io import spectra_file
from camsim.light import spectra

#: Largest sensor simulated.
MAX_PIXELS = 64_000_000


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the pixels are: an array on the middle of an image of `width` × `height` mm.

    What lies outside the image sees it mirrored.
    """

    rows: int
    columns: int
    pitch_mm: float
    height_mm: float
    width_mm: float

    def positions_mm(self) -> tuple[np.ndarray, np.ndarray]:
        """Pixel centres along y and x, mm from the image's top and left border."""

        def centres(count: int, extent: float) -> np.ndarray:
            return extent / 2 + (np.arange(count) - (count - 1) / 2) * self.pitch_mm

        return centres(self.rows, self.height_mm), centres(self.columns, self.width_mm)

    def image_box(self, binning: int = 1) -> tuple[float, float, float, float]:
        """Top, left, bottom, right border of the image, in (binned) pixels from the array's corner.

        Where the array sees a part of the image they are beyond the array's own.
        """

        def ends(count: int, extent_mm: float) -> tuple[float, float]:
            extent = extent_mm / self.pitch_mm
            begin = (count - extent) / 2
            begin = max(begin, 0.0) if begin > -1e-6 else begin  # but for rounding
            return begin / binning, (min(begin + extent, count) if begin >= 0 else begin + extent) / binning

        (top, bottom), (left, right) = ends(self.rows, self.height_mm), ends(self.columns, self.width_mm)
        return top, left, bottom, right


def grid(sensor: Sensor, height_mm: float, width_mm: float) -> Grid:
    """The pixel array that the sensor says it has, or the smallest of whole colour tiles that covers the image."""
    pitch = sensor.pixel_pitch_um * 1e-3
    tile_rows, tile_columns = (n * sensor.binning for n in cfa_index(sensor).shape)

    def count(extent: float, tile: int) -> int:
        whole = math.ceil(extent / pitch - 1e-9)  # an exact multiple must not gain a pixel by rounding error
        return max(1, math.ceil(whole / tile)) * tile

    rows = sensor.rows or count(height_mm, tile_rows)
    columns = sensor.columns or count(width_mm, tile_columns)
    check_size(rows, columns)
    return Grid(rows, columns, pitch, height_mm, width_mm)


def check_size(rows: int, columns: int) -> None:
    """Raise ValueError for a sensor of more than `MAX_PIXELS`."""
    if rows * columns > MAX_PIXELS:
        raise ValueError(
            f"a sensor of {columns}×{rows} pixels is over the limit of {MAX_PIXELS:,}: "
            "lower scene.fov_deg or raise sensor.pixel_pitch_um"
        )


def aperture_side_mm(sensor: Sensor) -> float:
    """Side of the light-sensitive square: √fill · pitch."""
    return math.sqrt(sensor.fill_factor) * sensor.pixel_pitch_um * 1e-3


def aperture_mtf(frequency_per_mm: np.ndarray, side_mm: float) -> np.ndarray:
    """MTF of a square pixel aperture along one axis: sinc of frequency times side."""
    return np.sinc(np.asarray(frequency_per_mm) * side_mm)


def colours(sensor: Sensor) -> str:
    """The letters of the colour filters in channel order: those of r, g, b, w that the tile has."""
    used = set().union(*sensor.tile)
    return "".join(letter for letter in CFA_COLOURS if letter in used)


def cfa_index(sensor: Sensor) -> np.ndarray:
    """The colour tile as channel numbers, positions in `colours`: (tile rows, tile columns)."""
    letters = colours(sensor)
    return np.array([[letters.index(letter) for letter in row] for row in sensor.tile])


def quantum_efficiency(sensor: Sensor) -> np.ndarray:
    """Electrons per photon on the light-sensitive area: (31, channels), channels as in `colours`.

    From `sensor.qe_file`, else the built-in table. Without a column of its own, a white (unfiltered) pixel has the
    envelope of the coloured ones: a filter only takes light away. Raises ValueError where a colour is missing.
    """
    return _quantum_efficiency(sensor, spectra.stamp(sensor.qe_file))


@functools.lru_cache(maxsize=32)
def _quantum_efficiency(sensor: Sensor, _stamp: tuple | None) -> np.ndarray:
    if sensor.qe_file:
        names, table = spectra_file.read_csv(sensor.qe_file, "sensor.qe_file")
        if table.min() < 0 or table.max() > 1:
            raise ValueError(f"sensor.qe_file = {sensor.qe_file!r}: efficiencies must lie in [0, 1]")
    else:
        names, table = ("red", "green", "blue"), spectra.bayer_qe()
    known = {name[:1].lower(): column for name, column in zip(names, table.T, strict=True)}
    known.setdefault("w", table.max(axis=1))
    if missing := [letter for letter in colours(sensor) if letter not in known]:
        raise ValueError(f"sensor.qe_file = {sensor.qe_file!r}: no column for {', '.join(missing)} of {sensor.cfa!r}")
    efficiency = np.stack([known[letter] for letter in colours(sensor)], axis=1)
    efficiency.setflags(write=False)
    return efficiency


@functools.lru_cache(maxsize=32)
def as_read(sensor: Sensor) -> Sensor:
    """The sensor with the values of a pixel as it is read: scaled from `reference_pitch_um`, and binned.

    With the pixel's area A grow well and dark current (∝ A) and read noise (∝ √A, as the kTC noise of a capacitance
    ∝ A does); the conversion gain falls (∝ 1/A). A binned pixel holds n² wells and is read once; pattern noise
    averages. The tile is that of the binned pixels.
    """
    pitch = sensor.reference_pitch_um or sensor.pixel_pitch_um
    area, n = (sensor.pixel_pitch_um / pitch) ** 2, sensor.binning
    return dataclasses.replace(
        sensor,
        reference_pitch_um=None,
        binning=1,
        cfa="/".join(sensor.binned_tile),
        full_well_e=max(1.0, sensor.full_well_e * area) * n**2,
        dark_current_e_per_s=sensor.dark_current_e_per_s * area * n**2,
        read_noise_e=sensor.read_noise_e * math.sqrt(area),
        conversion_gain_uv_per_e=sensor.conversion_gain_uv_per_e / area,
        prnu=sensor.prnu / n,
        dsnu_e=sensor.dsnu_e * n,
    )


def bin_charge(rate: np.ndarray, sensor: Sensor) -> np.ndarray:
    """Add n×n neighbours of the same colour: (H, W) to (H/n, W/n) with the colour tile `Sensor.binned_tile`.

    Where the tile is made of n×n blocks of a colour (mono, Quad-Bayer by 2) these are added. Otherwise the nearest of
    the same place in the tile are; their centres then lie off the binned grid by a part of a pixel, as in real sensors.
    """
    n = sensor.binning
    if n == 1:
        return rate
    rows, columns = (count // n for count in rate.shape)
    if sensor.bins_blocks:
        return rate.reshape(rows, n, columns, n).sum(axis=(1, 3))
    high, wide = cfa_index(sensor).shape
    return rate.reshape(rows // high, n, high, columns // wide, n, wide).sum(axis=(1, 4)).reshape(rows, columns)
