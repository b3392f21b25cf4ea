"""The parts of a camera as frozen values: scene, optics, sensor, image processor.

Every field states its default, bounds, unit and meaning once, here. `camsim.camera` puts the parts together.
"""

import functools
import math
from typing import Literal

from camsim.schema.fields import Auto, Matrix, Numbers, number, plain
from camsim.schema.frozen import Part, frozen
from camsim.schema.spelling import hint

#: Names for colour-filter tiles that are longer to write; any tile can be spelled, rows separated by '/'.
CFA_ALIASES = {"mono": "w", "quad-bayer": "ggrr/ggrr/bbgg/bbgg"}
CFA_COLOURS = "rgbw"


@functools.lru_cache(maxsize=64)
def _tile(cfa: str) -> tuple[str, ...]:
    """Rows of the tile that a name or a spelling stands for."""
    text = CFA_ALIASES.get(cfa.lower(), cfa.lower())
    return (text[:2], text[2:]) if len(text) == 4 and "/" not in text else tuple(text.split("/"))


@frozen
class Scene(Part):
    """How the picture stands before the lens.

    Examples
    --------
    >>> import camsim
    >>> camsim.Scene(fov_deg=10, illuminant="A")
    Scene(fov_deg=10, illuminant='A')
    """

    fov_deg: Auto[float] = number(
        3.881,
        0,
        120,
        "horizontal field of view, whatever the pixel count; auto: so wide that the picture covers sensor.columns × "
        "sensor.rows, or else pixel_deg × columns",
        above=True,
        scale="log",
    )
    pixel_deg: float = number(
        0.03031901382905619, 0, 10, "field of view of one picture pixel where fov_deg is auto", above=True, scale="log"
    )
    distance_m: float = number(
        math.inf, 0.05, math.inf, "object distance; inf: working f-number = f-number", scale="log"
    )
    luminance_cd_m2: float = number(100.0, 0, 1e12, "luminance of the picture's white", above=True, scale="log")
    mean_luminance_cd_m2: Auto[float] = number(
        None, 0, 1e12, "scale the scene to this mean luminance; auto: leave it", above=True, scale="log"
    )
    illuminant: str = plain("D65", "light on the scene: D50, D65, A, FL2 …, daylight:5500, or kelvin such as 3200K")

    def __post_init__(self) -> None:
        if self.illuminant != "D65":
            from camsim.light import illuminants

            try:
                illuminants.spectrum(self.illuminant)
            except ValueError as error:
                raise ValueError(f"scene.illuminant: {error}") from None


@frozen
class Optics(Part):
    """A lens: diffraction, aberrations, losses. The aperture diameter is focal length over f-number.

    Examples
    --------
    >>> import camsim
    >>> camsim.Optics(fnumber=8.0, blades=6)
    Optics(fnumber=8, blades=6)
    """

    fnumber: float = number(4.0, 0.5, 128, "focal length over aperture diameter", scale="log")
    focal_length_mm: float = number(3.862755, 0, 1e5, "focal length", above=True, scale="log")
    transmittance: float = number(1.0, 0, 1, "share of the light that passes the lens", above=True)
    transmittance_file: str = plain("", "CSV of wavelength_nm, transmittance, multiplied in")
    relative_illumination: bool = plain(False, "cos⁴ fall-off towards the corners")
    blades: int = number(0, 0, 100, "0: round aperture; 3 or more: regular polygon inscribed in it")
    blade_rotation_deg: float = number(0.0, -360, 360, "counter-clockwise turn of the polygon")
    obscuration: float = number(0.0, 0, 0.95, "diameter of a central obstruction over that of the aperture")
    defocus_dpt: float = number(0.0, -100, 100, "error of focus, dioptres; positive: focused in front of the sensor")
    chromatic_defocus_dpt: float = number(0.0, -100, 100, "defocus at 486 nm minus that at 656 nm, dioptres")
    focus_wavelength_nm: float = number(550.0, 400, 700, "wavelength without chromatic defocus")
    zernike_um: Numbers = plain(
        (), "wavefront error: Zernike coefficients by OSA/ANSI index from 0 to 65 (10th order), µm rms", max_length=66
    )
    psf_file: str = plain(
        "", "npz with psf, pitch_um and perhaps wavelength_nm, instead of diffraction, aperture shape and wavefront"
    )

    def __post_init__(self) -> None:
        if self.blades in (1, 2):
            raise ValueError(f"optics.blades = {self.blades} must be 0 (round) or at least 3")
        if self.blades and self.obscuration > math.cos(math.pi / self.blades):
            raise ValueError(
                f"optics.obscuration = {self.obscuration} must be at most {math.cos(math.pi / self.blades):.4g}, "
                f"the inner radius of {self.blades} blades over the outer"
            )


@frozen
class Sensor(Part):
    """A sensor under a mosaic of colour filters; defaults are those of ISETCam's, with 1 µm pixels.

    Examples
    --------
    >>> import camsim
    >>> camsim.Sensor(cfa="quad-bayer", binning=2)
    Sensor(cfa='quad-bayer', binning=2)
    """

    pixel_pitch_um: float = number(1.0, 0.1, 1000, "distance of neighbouring pixels", scale="log")
    columns: Auto[int] = number(
        None, 1, 65536, "pixels of a row, on the picture's middle; auto: as many as see the picture", scale="log"
    )
    rows: Auto[int] = number(None, 1, 65536, "pixels of a column, likewise", scale="log")
    fill_factor: float = number(0.75, 0, 1, "light-sensitive share of a pixel's area, a centred square", above=True)
    cfa: str = plain("grbg", "colour tile, row by row: rggb, rgbw, ggrr/ggrr/bbgg/bbgg, or mono, quad-bayer")
    qe_file: str = plain("", "CSV of wavelength_nm and a column per colour (r…, g…, b…, w…): quantum efficiency")
    full_well_e: float = number(10_000.0, 1, 1e9, "electrons that fit in a pixel", scale="log")
    conversion_gain_uv_per_e: float = number(100.0, 0, 1e6, "voltage per electron", above=True, scale="log")
    dark_current_e_per_s: float = number(10.0, 0, 1e9, "electrons per pixel and second without light", scale="symlog")
    read_noise_e: float = number(10.0, 0, 1e6, "noise of reading a pixel, rms", scale="symlog")
    reference_pitch_um: Auto[float] = number(
        None,
        0.1,
        1000,
        "pitch for which well, dark current, read noise and gain hold; auto: the pixel's own",
        scale="log",
    )
    prnu: float = number(0.0, 0, 1, "photo-response non-uniformity, rms share of the signal", scale="symlog")
    dsnu_e: float = number(0.0, 0, 1e6, "dark-signal non-uniformity, rms", scale="symlog")
    column_gain_fpn: float = number(0.0, 0, 1, "spread of the column amplifiers' gain, rms share", scale="symlog")
    column_offset_fpn_e: float = number(0.0, 0, 1e6, "spread of the columns' offsets, rms", scale="symlog")
    pattern_seed: int = number(0, 0, 2**31, "decides the fixed pattern and the defects, which stay from shot to shot")
    missing_fraction: float = number(0.0, 0, 1, "share of pixels that give nothing", scale="symlog")
    stuck_fraction: float = number(0.0, 0, 1, "share of pixels stuck at full scale", scale="symlog")
    binning: int = number(1, 1, 64, "n: n×n neighbours of a colour are read as one pixel", scale="log")
    analog_gain: float = number(1.0, 1, 1e4, "ISO over base ISO: full scale is the full well over this", scale="log")
    black_level_dn: int = number(0, 0, 2**20, "ADC counts at no signal")
    bit_depth: int = number(12, 0, 24, "of the ADC; 0: no ADC, values are kept as they are", unit="bit")
    auto_exposure: Literal["max", "p99", "mean", "incident"] = plain(
        "max",
        "brings to 95 % of full scale the brightest pixel, the 99th percentile or (incident) a white in the scene's "
        "light, whatever the picture; or the mean to 18 %",
    )
    exposure_s: Auto[float] = number(None, 0, 1e9, "exposure time; auto: by auto_exposure", above=True, scale="log")
    exposure_ev: float = number(0.0, -20, 20, "added to the automatic or given exposure, stops")
    noise: bool = plain(True, "shot, dark, read and pattern noise")

    def __post_init__(self) -> None:
        tile = self.tile
        if not tile[0] or any(len(row) != len(tile[0]) for row in tile) or set("".join(tile)) - set(CFA_COLOURS):
            raise ValueError(
                f"sensor.cfa = {self.cfa!r} must be equal rows of the letters r, g, b, w, such as 'rggb' or 'rg/gb', "
                f"or one of {', '.join(CFA_ALIASES)}{hint(self.cfa, CFA_ALIASES)}"
            )
        if len(tile) > 16 or len(tile[0]) > 16:
            raise ValueError(f"sensor.cfa = {self.cfa!r} must be a tile of at most 16×16")
        if (self.columns is None) != (self.rows is None):
            raise ValueError("sensor.columns and sensor.rows must be given together, or neither")
        for name, count, places in (("columns", self.columns, len(tile[0])), ("rows", self.rows, len(tile))):
            if count is not None and count % (places * self.binning):
                raise ValueError(
                    f"sensor.{name} = {count} must be a multiple of {places * self.binning}, the colour tile's "
                    f"{places} by sensor.binning"
                )
        if self.missing_fraction + self.stuck_fraction > 1:
            raise ValueError("sensor.missing_fraction + sensor.stuck_fraction must be at most 1")
        if self.bit_depth and self.black_level_dn >= 2**self.bit_depth - 1:
            raise ValueError(
                f"sensor.black_level_dn = {self.black_level_dn} must be below full scale, {2**self.bit_depth - 1}"
            )
        if not self.bit_depth and self.black_level_dn:
            raise ValueError("sensor.black_level_dn needs an ADC: sensor.bit_depth must be at least 1")

    @property
    def tile(self) -> tuple[str, ...]:
        """The colour tile as equal rows of letters; four letters alone are a 2×2 tile.

        Examples
        --------
        >>> import camsim
        >>> camsim.Sensor(cfa="rggb").tile
        ('rg', 'gb')
        """
        return _tile(self.cfa)

    @property
    def bins_blocks(self) -> bool:
        """Whether the tile is made of n×n blocks of one colour, n = `binning`, that are read as one pixel.

        Examples
        --------
        >>> import camsim
        >>> camsim.Sensor(cfa="quad-bayer", binning=2).bins_blocks, camsim.Sensor(cfa="rggb", binning=2).bins_blocks
        (True, False)
        """
        tile, n = self.tile, self.binning
        return all(
            len(tile) % n == 0 and len(row) % n == 0 and row[j] == tile[i - i % n][j - j % n]
            for i, row in enumerate(tile)
            for j in range(len(row))
        ) or set("".join(tile)) == {tile[0][0]}

    @property
    def binned_tile(self) -> tuple[str, ...]:
        """The colour tile of the pixels as they are read, binned.

        Examples
        --------
        >>> import camsim
        >>> camsim.Sensor(cfa="quad-bayer", binning=2).binned_tile
        ('gr', 'bg')
        """
        if not self.bins_blocks:
            return self.tile
        tile, n = self.tile, self.binning
        return tuple(row[::n] for row in tile[::n])

    @property
    def is_bayer(self) -> bool:
        """Whether the tile as read is 2×2 with green on a diagonal, red and blue on the other.

        Examples
        --------
        >>> import camsim
        >>> camsim.Sensor().is_bayer, camsim.Sensor(cfa="rgbw").is_bayer
        (True, False)
        """
        tile = self.binned_tile
        return sorted("".join(tile)) == list("bggr") and len(tile) == 2 and tile[0][0] != tile[1][0] != tile[1][1]


@frozen
class ISP(Part):
    """The image processor: from raw counts to a picture.

    Examples
    --------
    >>> import camsim
    >>> camsim.ISP(white_balance=(2.0, 1.0, 1.5))
    ISP(white_balance=(2.0, 1.0, 1.5))
    """

    black_level_dn: Auto[float] = number(
        None, 0, 2**20, "counts taken off; auto: the sensor's black level and expected dark signal"
    )
    defect_correction: bool = plain(False, "missing and stuck pixels take the mean of their colour's neighbours")
    demosaic: Literal["bilinear", "malvar2004", "menon2007"] = plain("bilinear", "how missing colours are filled in")
    white_balance: Literal["none", "grey-world", "white-patch", "illuminant"] | Numbers = plain(
        "none", "how white is found; or the gains of the sensor's channels, such as [2, 1, 1.5]"
    )
    color_matrix: Literal["colorchecker", "none"] | Matrix = plain(
        "colorchecker", "sensor to sRGB: fitted on 24 patches, left out, or 9 numbers row by row"
    )
    tone: Literal["srgb", "linear"] = plain("srgb", "sRGB curve, or values proportional to light")

    def __post_init__(self) -> None:
        if isinstance(self.color_matrix, tuple) and len(self.color_matrix) != 9:
            raise ValueError(f"isp.color_matrix has {len(self.color_matrix)} numbers, must be 9 (3×3, row by row)")
        if isinstance(self.white_balance, tuple) and not all(gain > 0 for gain in self.white_balance):
            raise ValueError(f"isp.white_balance = {list(self.white_balance)} must be positive gains")
