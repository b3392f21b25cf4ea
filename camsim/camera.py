"""A camera as frozen values. Every field states its default, bounds and meaning once, here.

`camsim settings --keys` prints them; `camsim.camera_file` reads and writes them as TOML.
"""

import dataclasses
import math
import re
from dataclasses import field

from camsim import schema
from camsim.schema import Frozen, check, choice, frozen, hint, number, plain

#: Names for colour-filter tiles that are longer to write; any tile can be spelled, rows separated by '/'.
CFA_ALIASES = {"mono": "w", "quad-bayer": "ggrr/ggrr/bbgg/bbgg"}
CFA_COLOURS = "rgbw"


@frozen
class Scene(Frozen):
    """How the picture stands before the lens.

    Examples
    --------
    >>> import camsim
    >>> camsim.Scene(fov_deg=10, illuminant="A")
    Scene(fov_deg=10, illuminant='A')
    """

    fov_deg: float | None = number(
        3.881, 0, 120, "horizontal field of view, whatever the pixel count; auto: pixel_deg × columns", above=True
    )
    pixel_deg: float = number(
        0.03031901382905619, 0, 10, "field of view of one picture pixel where fov_deg is auto", above=True
    )
    distance_m: float = number(math.inf, 0.05, math.inf, "object distance; inf: working f-number = f-number")
    luminance_cd_m2: float = number(100.0, 0, 1e12, "luminance of the picture's white", above=True)
    mean_luminance_cd_m2: float | None = number(
        None, 0, 1e12, "scale the scene to this mean luminance; auto: leave it", above=True
    )
    illuminant: str = plain("D65", "light on the scene: D50, D65, A, FL2 …, daylight:5500, or kelvin such as 3200K")

    def __post_init__(self) -> None:
        check(self)
        if self.illuminant != "D65":
            from camsim.light import illuminants

            try:
                illuminants.spectrum(self.illuminant)
            except ValueError as error:
                raise ValueError(f"scene.illuminant: {error}") from None


@frozen
class Optics(Frozen):
    """A lens: diffraction, aberrations, losses. The aperture diameter is focal length over f-number.

    Examples
    --------
    >>> import camsim
    >>> camsim.Optics(fnumber=8.0, blades=6)
    Optics(fnumber=8, blades=6)
    """

    fnumber: float = number(4.0, 0.5, 128, "focal length over aperture diameter")
    focal_length_mm: float = number(3.862755, 0, 1e5, "focal length", above=True)
    transmittance: float = number(1.0, 0, 1, "share of the light that passes the lens", above=True)
    transmittance_file: str = plain("", "CSV of wavelength_nm, transmittance, multiplied in")
    relative_illumination: bool = plain(False, "cos⁴ fall-off towards the corners")
    blades: int = number(0, 0, 100, "0: round aperture; 3 or more: regular polygon inscribed in it")
    blade_rotation_deg: float = number(0.0, -360, 360, "counter-clockwise turn of the polygon")
    obscuration: float = number(0.0, 0, 0.95, "diameter of a central obstruction over that of the aperture")
    defocus_dpt: float = number(0.0, -100, 100, "error of focus, dioptres; positive: focused in front of the sensor")
    chromatic_defocus_dpt: float = number(0.0, -100, 100, "defocus at 486 nm minus that at 656 nm, dioptres")
    focus_wavelength_nm: float = number(550.0, 400, 700, "wavelength without chromatic defocus")
    zernike_um: tuple[float, ...] = plain((), "wavefront error: Zernike coefficients by OSA/ANSI index from 0, µm rms")
    psf_file: str = plain(
        "", "npz with psf, pitch_um and perhaps wavelength_nm, instead of diffraction, aperture shape and wavefront"
    )

    def __post_init__(self) -> None:
        check(self)
        if self.blades in (1, 2):
            raise ValueError(f"optics.blades = {self.blades} must be 0 (round) or at least 3")
        if self.blades and self.obscuration > math.cos(math.pi / self.blades):
            raise ValueError(
                f"optics.obscuration = {self.obscuration} must be at most {math.cos(math.pi / self.blades):.4g}, "
                f"the inner radius of {self.blades} blades over the outer"
            )
        if len(self.zernike_um) > 66:
            raise ValueError(f"optics.zernike_um has {len(self.zernike_um)} coefficients, more than 66 (10th order)")


@frozen
class Sensor(Frozen):
    """A sensor under a mosaic of colour filters; defaults are those of ISETCam's, with 1 µm pixels.

    Examples
    --------
    >>> import camsim
    >>> camsim.Sensor(cfa="quad-bayer", binning=2)
    Sensor(cfa='quad-bayer', binning=2)
    """

    pixel_pitch_um: float = number(1.0, 0.1, 1000, "distance of neighbouring pixels")
    fill_factor: float = number(0.75, 0, 1, "light-sensitive share of a pixel's area, a centred square", above=True)
    cfa: str = plain("grbg", "colour tile, row by row: rggb, rgbw, ggrr/ggrr/bbgg/bbgg, or mono, quad-bayer")
    qe_file: str = plain("", "CSV of wavelength_nm and a column per colour (r…, g…, b…, w…): quantum efficiency")
    full_well_e: float = number(10_000.0, 1, 1e9, "electrons that fit in a pixel")
    conversion_gain_uv_per_e: float = number(100.0, 0, 1e6, "voltage per electron", above=True)
    dark_current_e_per_s: float = number(10.0, 0, 1e9, "electrons per pixel and second without light")
    read_noise_e: float = number(10.0, 0, 1e6, "noise of reading a pixel, rms")
    reference_pitch_um: float | None = number(
        None, 0.1, 1000, "pitch for which well, dark current, read noise and gain hold; auto: the pixel's own"
    )
    prnu: float = number(0.0, 0, 1, "photo-response non-uniformity, rms share of the signal")
    dsnu_e: float = number(0.0, 0, 1e6, "dark-signal non-uniformity, rms")
    column_gain_fpn: float = number(0.0, 0, 1, "spread of the column amplifiers' gain, rms share")
    column_offset_fpn_e: float = number(0.0, 0, 1e6, "spread of the columns' offsets, rms")
    pattern_seed: int = number(0, 0, 2**31, "decides the fixed pattern and the defects, which stay from shot to shot")
    missing_fraction: float = number(0.0, 0, 1, "share of pixels that give nothing")
    stuck_fraction: float = number(0.0, 0, 1, "share of pixels stuck at full scale")
    binning: int = number(1, 1, 64, "n: n×n neighbours of a colour are read as one pixel")
    analog_gain: float = number(1.0, 1, 1e4, "ISO over base ISO: full scale is the full well over this")
    black_level_dn: int = number(0, 0, 2**20, "ADC counts at no signal")
    bit_depth: int = number(12, 0, 24, "of the ADC; 0: no ADC, values are kept as they are")
    auto_exposure: str = choice("max", "max p99 mean", "brightest pixel or 99th percentile at 95 %, or mean at 18 %")
    exposure_s: float | None = number(None, 0, 1e9, "exposure time; auto: by auto_exposure", above=True)
    exposure_ev: float = number(0.0, -20, 20, "added to the automatic or given exposure, stops")
    noise: bool = plain(True, "shot, dark, read and pattern noise")

    def __post_init__(self) -> None:
        check(self)
        tile = self.tile
        if not tile[0] or any(len(row) != len(tile[0]) for row in tile) or set("".join(tile)) - set(CFA_COLOURS):
            raise ValueError(
                f"sensor.cfa = {self.cfa!r} must be equal rows of the letters r, g, b, w, such as 'rggb' or 'rg/gb', "
                f"or one of {', '.join(CFA_ALIASES)}{hint(self.cfa, CFA_ALIASES)}"
            )
        if len(tile) > 16 or len(tile[0]) > 16:
            raise ValueError(f"sensor.cfa = {self.cfa!r} must be a tile of at most 16×16")
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
        text = CFA_ALIASES.get(self.cfa.lower(), self.cfa.lower())
        return (text[:2], text[2:]) if len(text) == 4 and "/" not in text else tuple(text.split("/"))

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
class ISP(Frozen):
    """The image processor: from raw counts to a picture.

    Examples
    --------
    >>> import camsim
    >>> camsim.ISP(white_balance=(2.0, 1.0, 1.5))
    ISP(white_balance=(2.0, 1.0, 1.5))
    """

    black_level_dn: float | None = number(
        None, 0, 2**20, "counts taken off; auto: the sensor's black level and expected dark signal"
    )
    defect_correction: bool = plain(False, "missing and stuck pixels take the mean of their colour's neighbours")
    demosaic: str = choice("bilinear", "bilinear malvar2004 menon2007", "how missing colours are filled in")
    white_balance: str | tuple[float, ...] = choice(
        "none",
        "none grey-world white-patch illuminant",
        "how white is found; or the gains of the sensor's channels, such as [2, 1, 1.5]",
    )
    color_matrix: str | tuple[float, ...] = choice(
        "colorchecker", "colorchecker none", "sensor to sRGB: fitted on 24 patches, left out, or 9 numbers row by row"
    )
    tone: str = choice("srgb", "srgb linear", "sRGB curve, or values proportional to light")

    def __post_init__(self) -> None:
        check(self)
        if isinstance(self.color_matrix, tuple) and len(self.color_matrix) != 9:
            raise ValueError(f"isp.color_matrix has {len(self.color_matrix)} numbers, must be 9 (3×3, row by row)")
        if isinstance(self.white_balance, tuple) and not all(gain > 0 for gain in self.white_balance):
            raise ValueError(f"isp.white_balance = {list(self.white_balance)} must be positive gains")


@frozen
class Camera(Frozen):
    """Everything that decides what happens to a picture, apart from the picture and the seed.

    What a camera file calls "auto" is None here.

    Examples
    --------
    >>> import camsim
    >>> camsim.Camera(name="wide", optics=camsim.Optics(fnumber=2.0))
    Camera('wide', optics.fnumber=2)
    """

    name: str = plain("camera", "becomes part of file names")
    description: str = plain("", "one line")
    ideal: bool = plain(False, "the picture passes unchanged: no lens, sensor or processor")
    method: str = choice("exact", "exact isetcam", "isetcam: that simulator's own approximations, to compare with it")
    scene: Scene = field(default_factory=Scene, metadata={"meaning": "how the picture stands before the lens"})
    optics: Optics = field(default_factory=Optics, metadata={"meaning": "the lens"})
    sensor: Sensor = field(default_factory=Sensor, metadata={"meaning": "pixels, noise, exposure and ADC"})
    isp: ISP = field(default_factory=ISP, metadata={"meaning": "the image processor"})

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\w[\w.+-]*", self.name):
            raise ValueError(f"name = {self.name!r} must be letters, digits, '_', '-', '+' or '.'")
        if self.method not in ("exact", "isetcam"):
            raise ValueError(
                f"method = {self.method!r} must be exact or isetcam{hint(self.method, ('exact', 'isetcam'))}"
            )
        if self.scene.distance_m * 1e3 <= 2 * self.optics.focal_length_mm:
            raise ValueError(
                f"scene.distance_m = {self.scene.distance_m} must be more than twice the focal length "
                f"({self.optics.focal_length_mm} mm)"
            )
        colours = sorted(set("".join(self.sensor.tile)))
        if isinstance(self.isp.white_balance, tuple) and len(self.isp.white_balance) != len(colours):
            raise ValueError(f"isp.white_balance must have {len(colours)} gains, one per colour of {self.sensor.cfa!r}")
        if isinstance(self.isp.color_matrix, tuple) and len(colours) != 3:
            raise ValueError(f"isp.color_matrix of 9 numbers needs a sensor of 3 colours, not {self.sensor.cfa!r}")
        if self.isp.color_matrix == "none" and len(colours) > 1 and not {"r", "g", "b"} <= set(colours):
            raise ValueError(f"isp.color_matrix = 'none' needs a sensor with r, g and b, not {self.sensor.cfa!r}")
        if self.isp.demosaic != "bilinear" and not self.sensor.is_bayer:
            raise ValueError(f"isp.demosaic = {self.isp.demosaic!r} needs a Bayer tile, not {self.sensor.cfa!r}")
        if self.method == "isetcam":
            _check_isetcam(self)

    def __repr__(self) -> str:
        known = {key: value for key, value in schema.changed(self).items() if key not in ("name", "description")}
        return f"Camera({', '.join([repr(self.name), *(f'{key}={schema.word(v)}' for key, v in known.items())])})"


def _check_isetcam(camera: Camera) -> None:
    """Refuse what the isetcam method does not model, rather than leave it out in silence."""
    modelled = {
        "scene": {"fov_deg", "pixel_deg", "distance_m", "luminance_cd_m2", "mean_luminance_cd_m2", "illuminant"},
        "optics": {"fnumber", "focal_length_mm", "transmittance", "transmittance_file", "relative_illumination"},
        "isp": {"tone"},
    }
    for part, names in modelled.items():
        values = getattr(camera, part)
        for entry in dataclasses.fields(values):
            if entry.name not in names and getattr(values, entry.name) != entry.default:
                raise ValueError(f"{part}.{entry.name} is not modelled with method = 'isetcam'")
    if math.isinf(camera.scene.distance_m):
        raise ValueError("scene.distance_m must be finite with method = 'isetcam'")
    if camera.sensor.black_level_dn:
        raise ValueError("sensor.black_level_dn is not modelled with method = 'isetcam'")
    if camera.sensor.binning != 1 or not camera.sensor.is_bayer:
        raise ValueError("method = 'isetcam' needs a Bayer tile and no binning")
