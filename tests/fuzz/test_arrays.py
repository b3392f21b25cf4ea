"""NumPy's files, `.npy` and `.npz`, wherever a command takes them."""

import io
import zipfile

import numpy as np
import pytest
from fuzzing import array_files, containers, edits, picture_files
from fuzzing.door import Case
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

PICTURE = {"": np.linspace(0, 1, 1152).reshape(*picture_files.SHAPE, 3)}

_RENDER = ("camsim", "render", "in/IT", "-o", "out/a.png", "--setting")
_PSF = ("camsim", "render", "in/ref.png", "--setting", "in/small.toml", "-o", "out", "--set", "optics.psf_file=in/IT")
_XYZ = ("scielab", "compare", "in/IT", "in/IT", "--input", "xyz", "--white", "1,1,1", "-o", "out/map.png")

#: By what it holds: a file's name, its arrays and the command that reads it.
USES = {
    "picture": ("a.npy", lambda: PICTURE, ("scielab", "compare", "in/ref.png", "in/IT", "-o", "out/map.png")),
    "xyz": ("a.npy", lambda: PICTURE, _XYZ),
    "cube": ("a.npz", array_files.cube, (*_RENDER, "ideal")),
    "camera's cube": ("a.npz", array_files.cube, (*_RENDER, "in/small.toml")),
    "light": ("a.npz", array_files.light, (*_RENDER, "in/small.toml")),
    "psf": ("a.npz", array_files.psf, (*_PSF, "--dry-run")),
    "psf rendered": ("a.npz", array_files.psf, _PSF),
    "display": ("a.npz", array_files.display, ("scielab", "compare", "in/ref.png", "in/ref.png", "--display", "in/IT")),
    "results": ("000000.npz", array_files.results, ("doors", "results", "in/IT")),
}

#: A camera of few pixels.
SMALL = b"[scene]\nfov_deg = 0.5\n[sensor]\npixel_pitch_um = 10.0\nexposure_s = 0.01\n"

BYTES = edits.few(edits.byte_edit)
ARRAYS = st.tuples(
    st.sampled_from([*USES]),
    st.booleans(),
    edits.few(array_files.array_edit),
    st.one_of(st.just(([], [])), st.tuples(edits.few(edits.part_edit), BYTES)),
)


def case(use, content, *, accepted=None):
    name, _, words = USES[use]
    files = {f"in/{name}": content, "in/ref.png": picture_files.sound()["rgb.png"][0], "in/small.toml": SMALL}
    return Case(words=tuple(word.replace("IT", name) for word in words), files=files, accepted=accepted)


def damaged(drawn):
    use, compressed, array_edits, (part_edits, byte_edits) = drawn
    name, held, _ = USES[use]
    arrays = array_files.edit_arrays(held(), array_edits)
    return case(
        use, edits.edit_bytes(of_arrays(name, arrays, compressed=compressed, part_edits=part_edits), byte_edits)
    )


def of_arrays(name, held, *, compressed, part_edits=()):
    """A file of that name which holds arrays, or the first of them."""
    if name.endswith(".npy"):
        return array_files.npy(next(iter(held.values()), np.zeros(0)))
    _, join, names = containers.ZIP
    return join(edits.edit_parts(array_files.parts(held, compressed=compressed), part_edits, names))


def header(text):
    text = text.encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def archive(**members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, inside in members.items():
            file.writestr(name, inside)
    return content.getvalue()


def changed(use, **arrays):
    _, held, _ = USES[use]
    content = io.BytesIO()
    np.savez(content, **(held() | arrays))
    return case(use, content.getvalue())


SOUND = array_files.npy(PICTURE[""])

CORPUS = [
    *(
        case(use, of_arrays(name, held(), compressed=compressed), accepted=True)
        for use, (name, held, _) in USES.items()
        for compressed in (False, True)
    ),
    *(
        case("picture", content)
        for content in (
            b"",
            SOUND[:-1],
            SOUND.replace(b"'descr'", b"'descr "),  # what is left open ends Python's parser
            SOUND.replace(b"'fortran_order'", b"((((((((((((((("),
            SOUND.replace(b"<f8", b"|O8"),
            header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000000, 3), }\n"),
            header("{'descr': '<f8', 'fortran_order': False, 'shape': (" + "9" * 400 + ", 1, 3), }\n"),
            header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 1, 3), }\n"),
            header("[" * 9000),
            header("exit()"),
        )
    ),
    case("cube", archive(reflectance=b"x", wavelength_nm=b"y")),  # members that are no arrays
    case("cube", archive(**{"reflectance.npy": b"x", "wavelength_nm.npy": SOUND})),
    case("cube", archive(**{"reflectance.npy": bytes(64 << 20), "wavelength_nm.npy": SOUND})),
    case("cube", b"PK\x05\x06" + bytes(18)),
    changed("cube", wavelength_nm=np.full(31, np.nan)),
    changed("cube", wavelength_nm=np.zeros(31)),
    changed("psf", psf=np.ones((3000, 3, 3)), wavelength_nm=np.arange(3000.0) + 1),
    changed("psf", psf=np.zeros((3, 9, 9))),
    changed("psf", pitch_um=np.array([])),
    changed("display", gamma=np.ones((2, 2))),
    changed("light", photons=np.full((6, 7, 31), 1e300)),
    changed("psf rendered", pitch_um=np.array(1e-300)),
    case("xyz", array_files.npy(np.full((16, 24, 3), 1e300))),
    changed("results", model=np.array([])),
]


def test_arrays(fuzz):
    fuzz("arrays", ARRAYS, damaged, corpus=CORPUS, count=500)
