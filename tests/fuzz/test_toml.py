"""TOML: cameras, recipes, training configurations."""

import pytest
from fuzzing import edits, picture_files
from fuzzing.documents import CAMERA, CONFIG, RECIPE
from fuzzing.door import Case
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

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
