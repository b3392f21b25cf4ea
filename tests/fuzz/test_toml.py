"""TOML: cameras, recipes, training configurations."""

import pytest
from fuzzing import edits, picture_files
from fuzzing.door import Case
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

CAMERA = {
    "name": "mine",
    "description": "words",
    "scene": {"fov_deg": 0.5, "distance_m": 2.0, "illuminant": "D65"},
    "optics": {
        "fnumber": 4.0,
        "focal_length_mm": 4.6,
        "transmittance": 0.9,
        "defocus_dpt": 0.1,
        "zernike_um": [0.0, 0.01],
        "blades": 7,
        "blade_rotation_deg": 10.0,
        "obscuration": 0.2,
        "focus_wavelength_nm": 550.0,
    },
    "sensor": {
        "pixel_pitch_um": 10.0,
        "bit_depth": 10,
        "cfa": "rggb",
        "exposure_s": 0.01,
        "read_noise_e": 2.0,
        "prnu": 0.01,
        "full_well_e": 9000.0,
        "binning": 1,
        "auto_exposure": "max",
        "noise": True,
        "black_level_dn": 16,
    },
    "isp": {"demosaic": "malvar2004", "white_balance": "none", "color_matrix": "colorchecker", "tone": "srgb"},
}

RECIPE = {
    "name": "few",
    "description": "words",
    "scene_px": 8,
    "photo": [
        {"name": "one", "file": "ref.png", "split": "train", "cuts": 2, "licence": "CC0"},
        {"name": "two", "file": "ref.png", "split": "all"},
    ],
}

CONFIG = {
    "description": "words",
    "task": "deblur",
    "style": "faithful",
    "setting": "f22",
    "batch": 8,
    "hr_px": 64,
    "scale": 4,
    "crop": "fixed_size",
    "jobs": 1,
    "precision": "auto",
    "ema": 0.99,
    "validation": 2,
    "seed": 0,
    "generator": {"kind": "light", "blocks": 2, "filters": 8},
    "critic": {"kind": "patch"},
    "vary": {"optics.fnumber": [16.0, 32.0]},
    "stage": [
        {"name": "pixel", "steps": 10, "learning_rate": 0.001, "schedule": "cosine", "losses": {"l1": 1.0}},
        {
            "name": "gan",
            "steps": 10,
            "best": "psnr_db",
            "patience": 3,
            "losses": {"l1": 1.0, "adversarial": 0.003},
            "adversarial": {"kind": "modified", "label_smoothing": 0.1},
        },
    ],
}

_RENDER = ("camsim", "render", "in/ref.png", "--setting", "in/a.toml", "-o", "out/a.png")
_DATASET = (
    "camsim",
    "dataset",
    "in/a.toml",
    "-q",
    "--hr-size",
    "8",
    "--scene-size",
    "8",
    "--scale",
    "2",
    "-o",
    "out/set",
)
_SET = (*_DATASET, "--setting", "ideal", "--split", "all")

COMMANDS = {
    "camera": (CAMERA, ("camsim", "settings", "in/a.toml", "--toml")),
    "camera in words": (CAMERA, ("camsim", "settings", "in/a.toml")),
    "camera rendering": (CAMERA, (*_RENDER, "--dry-run")),
    "camera measured": (CAMERA, ("camsim", "measure", "ptc", "--size", "32", "--setting", "in/a.toml", "--json")),
    "recipe": (RECIPE, (*_SET, "--dry-run")),
    "recipe rendered": (RECIPE, (*_SET, "--cuts", "1")),
    "config": (CONFIG, ("enhance", "configs", "in/a.toml")),
    "config in JSON": (CONFIG, ("enhance", "configs", "in/a.toml", "--json")),
}

DOCUMENTS = st.tuples(
    st.sampled_from([*COMMANDS]),
    edits.few(edits.tree_edit),
    st.one_of(st.just([]), st.just([]), edits.few(edits.byte_edit)),
)


def case(command, content, *, accepted=None):
    files = {"in/a.toml": content, "in/ref.png": picture_files.sound()["rgb.png"][0]}
    return Case(words=COMMANDS[command][1], files=files, accepted=accepted)


def damaged(drawn):
    command, tree_edits, byte_edits = drawn
    tree = edits.edit_tree(COMMANDS[command][0], tree_edits)
    return case(command, edits.edit_bytes(edits.to_toml(tree), byte_edits))


def recipe(**changes):
    return edits.to_toml(RECIPE | {"photo": [RECIPE["photo"][0] | changes]})


NO_NAMES = ["../../../home/photo", "/tmp/photo", "", "a" * 300, "a\0b", "..", "a/b"]

CORPUS = [
    *(case(command, edits.to_toml(tree), accepted=True) for command, (tree, _) in COMMANDS.items()),
    *(case("recipe rendered", recipe(name=name)) for name in NO_NAMES),
    *(
        case("recipe rendered", recipe(cuts=edits.Raw(cuts)))
        for cuts in ("inf", "nan", "1000000000000", "1e400", "9" * 400, "-1", "0", "1.5", '"2"', "[2]", "true")
    ),
    case("recipe rendered", recipe(file="../../../../../../../etc/passwd")),
    case("recipe rendered", recipe(file="/dev/zero")),
    case("recipe rendered", recipe(file="in")),
    case("recipe rendered", b"photo = 3\n"),
    case("recipe rendered", b"[[photo]]\n"),
    *(
        case(command, content)
        for command in ("camera", "recipe", "config")
        for content in (
            b"a = " + b"[" * 5000 + b"]" * 5000,
            b"a." * 5000 + b"b = 1\n",
            b"[" + b"a." * 5000 + b"b]\n",
            b"a = " + b"{a=" * 5000,
            b"seed = " + b"9" * 400 + b"\n",
            b"seed = " + b"9" * 400 + b".0\n",
            b"\xff\xfe",
            b"\0",
            b"a = 1\na = 2\n",
            b"x = 1\n" * 2,
            b"scene = 1\nphoto = 1\nstage = 1\n",
        )
    ),
    *(
        case("camera", f"[{table}]\n{key} = {value}\n".encode())
        for table, key, value in (
            *(("sensor", "pixel_pitch_um", value) for value in ("1e400", "nan", "-1.0", "'1'", "[1]", "9" * 400)),
            ("optics", "psf_file", "'/dev/zero'"),
            ("optics", "psf_file", "'.'"),
            ("sensor", "qe_file", "'a.toml'"),
            ("optics", "transmittance_file", "'/etc/passwd'"),
            ("optics", "fnumber", "1979-05-27"),
            ("sensor", "cfa", "'" + "RG" * 5000 + "'"),
        )
    ),
    *(
        case("config", edits.to_toml(CONFIG | {key: value}))
        for key, value in (
            *(("stage", value) for value in ([], [{}, {}], 3, "x", [3], [{"name": "../x"}], [{"losses": {}}])),
            *(("generator", value) for value in (3, [], "light")),
            *(("base", value) for value in ("a", "../in/a", "a.toml", "/dev/zero")),
            *(("batch", value) for value in (0, 10**6, "8", 1.5)),
            *(("vary", value) for value in (3, [], "x")),
        )
    ),
]


def test_toml(fuzz):
    fuzz("toml", DOCUMENTS, damaged, corpus=CORPUS, count=500)
