"""NumPy's files and what they hold, damaged at every level: the arrays, their headers, their bytes, the archive."""

import io
import warnings
import zipfile
from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import strategies as st

#: Types that an array may be given.
_TYPES = [
    *("u1", "i1", "u2", "i2", "i4", "i8", "u8", "f2", "f4", "f8", "c8", "c16", "?", "U3", "S3", "O", "M8[s]", "m8[D]"),
    *(">f8", ">u2", "g", "V4", [("a", "f4"), ("b", "i2")]),
]

#: Values that one of its elements may be given, or all.
_NUMBERS = [float("nan"), float("inf"), -float("inf"), -1.0, 0.0, 1e-300, 1e300, 1e30, 2.0, 255.0, 65536.0, -0.0, 0.5]

_SHAPES = [(), (0,), (1,), (1, 1, 1), (0, 3, 3), (1, 1, 3), (2, 2, 4), (3000, 1), (1, 3000, 1), (700, 700), (1,) * 32]

array_edit = st.tuples(
    st.sampled_from(["type", "shape", "one", "all", "turn", "drop", "longer", "remove", "rename", "add", "order"]),
    st.integers(0, 63),
    st.integers(0, 1023),
)


def edit_arrays(held: Mapping[str, np.ndarray], edits: Sequence[tuple[str, int, int]]) -> dict[str, np.ndarray]:
    """The arrays after every edit in turn."""
    found = dict(held)
    for what, which, how in edits:
        if not found:
            break
        name = list(found)[which % len(found)]
        if what == "remove":
            del found[name]
        elif what == "rename":
            found[["x", "", "../x", "a" * 500, name.upper(), "psf", "reflectance"][how % 7]] = found.pop(name)
        elif what == "add":
            found[["radiance", "wave", "x", "cones", "photons"][how % 5]] = found[name]
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found[name] = _edited(found[name], what, how)
    return found


def _edited(array: np.ndarray, what: str, how: int) -> np.ndarray:
    if what == "shape":
        return np.resize(array, _SHAPES[how % len(_SHAPES)])
    if what == "turn":
        return np.moveaxis(array, 0, -1) if array.ndim else array
    if what == "drop":
        return array[..., : how % 4] if array.ndim else array
    if what == "longer":
        return np.concatenate([array] * (2 + how % 40), axis=-1) if array.ndim and array.size < 1e5 else array
    if what == "order":
        return np.asfortranarray(array)
    try:
        if what == "type":
            return array.astype(_TYPES[how % len(_TYPES)])
        changed = array.copy()
        changed[... if what == "all" else (how % array.size,) * bool(array.ndim)] = _NUMBERS[how % len(_NUMBERS)]
    except (TypeError, ValueError, IndexError, OverflowError):
        return array
    return changed


def npy(array: np.ndarray) -> bytes:
    """The bytes of an `.npy` file."""
    content = io.BytesIO()
    np.lib.format.write_array(content, array, allow_pickle=True)
    return content.getvalue()


def parts(held: Mapping[str, np.ndarray], *, compressed: bool) -> list[tuple[tuple[str, int], bytes]]:
    """The members of an `.npz` file."""
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    return [((f"{name}.npy", method), npy(array)) for name, array in held.items()]


# --- what is right ----------------------------------------------------------------------------------------------------

WAVELENGTHS = np.arange(400, 701, 10.0)


def cube() -> dict[str, np.ndarray]:
    """A hyperspectral scene."""
    return {"reflectance": np.random.default_rng(0).random((6, 7, 31), np.float32), "wavelength_nm": WAVELENGTHS}


def light() -> dict[str, np.ndarray]:
    """The same as light."""
    return {"photons": 1e18 * cube()["reflectance"].astype(float), "wavelength_nm": WAVELENGTHS}


def psf() -> dict[str, np.ndarray]:
    """A measured point spread."""
    drawn = np.random.default_rng(0).random((3, 9, 9))
    return {"psf": drawn, "pitch_um": np.array(1.5), "wavelength_nm": np.array([450.0, 550.0, 650.0])}


def display() -> dict[str, np.ndarray]:
    """A calibrated display."""
    spectra = np.exp(-(((WAVELENGTHS[:, None] - [610, 545, 465]) / 20) ** 2))
    return {
        "spectra": spectra,
        "wavelength_nm": WAVELENGTHS,
        "gamma": np.linspace(0, 1, 256)[:, None] ** [2.2, 2.2, 2.2],
    }


def results() -> dict[str, np.ndarray]:
    """Results of an unfinished grid, of two models."""
    names = {"model": ["bicubic", "sr"], "setting": ["ideal", "f22"], "picture": ["a", "a"]}
    numbers = {"numbers": np.ones((2, 2)), "metrics": np.array(["delta_e", "psnr_db"]), "powers": np.zeros((0,))}
    shown = {"output": np.zeros((2, 8, 8, 3), np.uint8), "delta_e": np.zeros((2, 8, 8))}
    return {name: np.array(words) for name, words in names.items()} | numbers | shown


def weights() -> dict[str, np.ndarray]:
    """Weights of a convolution."""
    drawn = np.random.default_rng(0)
    return {"a/kernel": drawn.random((3, 3, 2, 4), np.float32), "a/bias": drawn.random(4, np.float32)}


def progress() -> dict[str, np.ndarray]:
    """A training's checkpoint."""
    numbers = {"step": 50, "stage": 0, "done": 50, "rollbacks": 0, "stale": 1}
    held = {f"progress/{name}": np.array(value) for name, value in numbers.items()}
    return held | {"progress/best": np.array(30.0), "progress/seconds": np.array(1.5), "network/0": np.ones((3, 3))}
