"""A camera as frozen values, read from and written to TOML.

The built-in cameras are `camsim/settings/*.toml`; any file of the same form is a camera.
"""

import dataclasses
import difflib
import math
import re
import tomllib
import types
import typing
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import tomli_w

CFA_COLOURS = "rgb"


def _require(value: float, name: str, low: float, high: float = math.inf, *, open_low: bool = False) -> None:
    inside = (low < value if open_low else low <= value) and value <= high
    if not inside:
        raise ValueError(f"{name} = {value} must be in {'(' if open_low else '['}{low:g}, {high:g}]")


def _require_choice(value: str, name: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} = {value!r} must be one of {', '.join(choices)}{_hint(value, choices)}")


def _hint(word: str, known) -> str:
    close = difflib.get_close_matches(str(word), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """How the picture stands before the lens."""

    fov_deg: float = 3.881  #: horizontal field of view of the picture, whatever its pixel count
    distance_m: float = math.inf  #: object distance; inf makes the working f-number equal the f-number
    luminance_cd_m2: float = 100.0  #: luminance of the picture's white

    def __post_init__(self):
        _require(self.fov_deg, "scene.fov_deg", 0, 120, open_low=True)
        _require(self.distance_m, "scene.distance_m", 0.05)
        _require(self.luminance_cd_m2, "scene.luminance_cd_m2", 0, open_low=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Optics:
    """A diffraction-limited lens with a round aperture."""

    fnumber: float = 4.0
    focal_length_mm: float = 3.862755
    transmittance: float = 1.0

    def __post_init__(self):
        _require(self.fnumber, "optics.fnumber", 0.5, 128)
        _require(self.focal_length_mm, "optics.focal_length_mm", 0, open_low=True)
        _require(self.transmittance, "optics.transmittance", 0, 1, open_low=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """A colour-filter-array sensor; defaults are those of ISETCam's default sensor, with 1 µm pixels."""

    pixel_pitch_um: float = 1.0
    fill_factor: float = 0.75  #: light-sensitive share of the pixel's area, a centred square
    cfa: str = "grbg"  #: colours of the 2×2 tile, row by row
    full_well_e: float = 10_000.0
    conversion_gain_uv_per_e: float = 100.0
    dark_current_e_per_s: float = 10.0
    read_noise_e: float = 10.0  #: rms
    bit_depth: int = 12  #: of the ADC; full scale is the full well
    exposure_s: float | None = None  #: None: the brightest pixel reaches 95 % of the well
    exposure_ev: float = 0.0  #: added to the automatic or given exposure, in stops
    noise: bool = True  #: shot, dark and read noise

    def __post_init__(self):
        _require(self.pixel_pitch_um, "sensor.pixel_pitch_um", 0.1, 1000)
        _require(self.fill_factor, "sensor.fill_factor", 0, 1, open_low=True)
        if len(self.cfa) != 4 or set(self.cfa) != set(CFA_COLOURS):
            raise ValueError(f"sensor.cfa = {self.cfa!r} must be four letters of r, g, b, each present, such as 'grbg'")
        _require(self.full_well_e, "sensor.full_well_e", 1)
        _require(self.conversion_gain_uv_per_e, "sensor.conversion_gain_uv_per_e", 0, open_low=True)
        _require(self.dark_current_e_per_s, "sensor.dark_current_e_per_s", 0)
        _require(self.read_noise_e, "sensor.read_noise_e", 0)
        _require(self.bit_depth, "sensor.bit_depth", 1, 24)
        if self.exposure_s is not None:
            _require(self.exposure_s, "sensor.exposure_s", 0, open_low=True)
        _require(self.exposure_ev, "sensor.exposure_ev", -20, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class ISP:
    """The image processor: from raw counts to a picture."""

    demosaic: str = "bilinear"
    color_matrix: str = "colorchecker"  #: fitted on the 24 patches, or none: sensor colours as they are
    tone: str = "srgb"  #: sRGB curve, or linear

    def __post_init__(self):
        _require_choice(self.demosaic, "isp.demosaic", ("bilinear",))
        _require_choice(self.color_matrix, "isp.color_matrix", ("colorchecker", "none"))
        _require_choice(self.tone, "isp.tone", ("srgb", "linear"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """Everything that decides what happens to a picture, apart from the picture and the seed."""

    name: str = "camera"
    description: str = ""
    ideal: bool = False  #: True: the picture passes unchanged, no lens, sensor or processor
    scene: Scene = field(default_factory=Scene)
    optics: Optics = field(default_factory=Optics)
    sensor: Sensor = field(default_factory=Sensor)
    isp: ISP = field(default_factory=ISP)

    def __post_init__(self):
        if not re.fullmatch(r"\w[\w.+-]*", self.name):  # it becomes part of file names
            raise ValueError(f"name = {self.name!r} must be letters, digits, '_', '-', '+' or '.'")
        if self.scene.distance_m * 1e3 <= 2 * self.optics.focal_length_mm:
            raise ValueError(
                f"scene.distance_m = {self.scene.distance_m} must be more than twice the focal length "
                f"({self.optics.focal_length_mm} mm)"
            )


def from_dict(values: dict, *, source: str = "camera") -> Camera:
    """Make a camera from nested dictionaries, as TOML gives them; what is absent keeps its default.

    Raises ValueError naming `source`, the key, the value and the bound.
    """
    try:
        return _build(Camera, values, prefix="")
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from None


def _build(kind, values: dict, *, prefix: str):
    hints = typing.get_type_hints(kind)
    arguments = {}
    for key, value in values.items():
        if key not in hints:
            raise ValueError(f"unknown key {prefix}{key}{_key_hint(prefix + key)}")
        if dataclasses.is_dataclass(hints[key]):
            if not isinstance(value, dict):
                raise ValueError(f"{prefix}{key} must be a table")
            arguments[key] = _build(hints[key], value, prefix=f"{prefix}{key}.")
        else:
            arguments[key] = _convert(value, hints[key], f"{prefix}{key}")
    return kind(**arguments)


_KIND_WORDS = {float: "a number", int: "a whole number", bool: "true or false", str: "text"}


def _key_hint(key: str) -> str:
    """The full name of the field that `key` may have meant."""
    known = [f.name for f in dataclasses.fields(Camera)]
    for table in ("scene", "optics", "sensor", "isp"):
        known += [f"{table}.{f.name}" for f in dataclasses.fields(typing.get_type_hints(Camera)[table])]
    same_end = [name for name in known if name.rpartition(".")[2] == key.rpartition(".")[2]]
    return f"; did you mean {same_end[0]!r}?" if same_end else _hint(key, known)


def _convert(value, wanted, name: str):
    if isinstance(wanted, types.UnionType):  # float | None
        wanted = next(kind for kind in wanted.__args__ if kind is not types.NoneType)
        if value is None or value == "auto":
            return None
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise ValueError(f"{name} = {value!r} must be {_KIND_WORDS[wanted]}")
    if wanted is float and math.isnan(value):
        raise ValueError(f"{name} must be a number")
    return value


def override(camera: Camera, assignments: typing.Iterable[str]) -> Camera:
    """Change fields by text such as ``optics.fnumber=16``; values are written as in TOML, bare words are strings.

    Raises ValueError for a malformed assignment, an unknown key or an impossible value.
    """
    values = dataclasses.asdict(camera)
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals or not path.strip():
            raise ValueError(f"--set {assignment}: write KEY=VALUE, such as optics.fnumber=16")
        try:
            value = tomllib.loads(f"v = {text}")["v"]
        except tomllib.TOMLDecodeError:
            value = text.strip()
        *tables, key = path.strip().split(".")
        target = values
        for table in tables:
            if not isinstance(target.get(table), dict):
                raise ValueError(f"--set {assignment}: unknown key {path}{_key_hint(path)}")
            target = target[table]
        target[key] = value
    return from_dict(values, source="--set" if assignments else camera.name)


def to_toml(camera: Camera) -> str:
    """The camera as a TOML file that loads back equal."""
    values = {
        key: {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value
        for key, value in dataclasses.asdict(camera).items()
    }
    return tomli_w.dumps(values)


def builtin_names() -> list[str]:
    """Names of the built-in cameras, the untouched picture first."""
    names = [p.name.removesuffix(".toml") for p in (resources.files("camsim") / "settings").iterdir()]
    order = ("ideal", "underexposed", "pixel25", "f22")
    return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))


def load(setting: str | Path) -> Camera:
    """Load a built-in camera by name, or any camera from a TOML file.

    Raises ValueError for an unknown name, a missing file or an impossible value.
    """
    name = str(setting)
    if name in builtin_names():
        text = (resources.files("camsim") / "settings" / f"{name}.toml").read_text(encoding="utf-8")
        return from_dict(tomllib.loads(text), source=name)
    path = Path(setting)
    if path.suffix != ".toml":
        known = builtin_names()
        raise ValueError(f"unknown setting {name!r}; known: {', '.join(known)}, or a .toml file{_hint(name, known)}")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: cannot be read ({error})") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: not a TOML file ({error})") from error
    values.setdefault("name", path.stem)
    return from_dict(values, source=str(path))
