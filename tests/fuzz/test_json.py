"""JSON: manifests of rendered sets, cards of runs, the lists of the user's models."""

import json

import pytest
from fuzzing import edits, picture_files
from fuzzing.documents import CARD, MANIFEST
from fuzzing.door import Case
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

RUNS, IN_USE = ["in/run", "in/gone"], {"deblur": "in/run", "sr": "in/gone", "deblur:perceptual": "in/run"}

#: By which file is damaged: what it should be, where it lies, and commands that read it.
USES = {
    "manifest": (
        MANIFEST,
        "in/set/manifest.json",
        [
            ("scielab", "grid", "--data", "in/set", "-o", "out/g", "--dry-run"),
            *[("doors", "rendered", "in/set")] * 5,  # a sixth of the time
        ],
    ),
    "card": (
        CARD,
        "in/run/run.json",
        [
            ("enhance", "models"),
            ("enhance", "models", "--json"),
            ("enhance", "models", "use", "in/run"),
            ("enhance", "apply", "in/ref.png", "--model", "in/run", "-o", "out/a.png", "--dry-run", "--json"),
            ("enhance", "apply", "in/ref.png", "--task", "sr", "-o", "out/a.png", "--dry-run"),
        ],
    ),
    "runs": (RUNS, "home/models.json", [("enhance", "models"), ("enhance", "models", "use", "in/run")]),
    "in use": (
        IN_USE,
        "home/models-in-use.json",
        [
            ("enhance", "models"),
            ("enhance", "models", "use", "--reset"),
            ("enhance", "models", "use", "--reset", "deblur"),
        ],
    ),
}

DOCUMENTS = st.tuples(
    st.sampled_from([*USES, "card", "manifest"]),
    st.integers(0, 59),
    edits.few(edits.tree_edit),
    st.one_of(st.just([]), st.just([]), edits.few(edits.byte_edit)),
)


def case(use, content, which=0, *, accepted=None):
    _, place, commands = USES[use]
    rgb = picture_files.sound()["rgb.png"][0]
    files = {"in/ref.png": rgb, "in/run/generator.keras": b"", "in/run/run.json": edits.to_json(CARD)}
    if use == "manifest":
        files = {f"in/set/{place}.png": picture for place, picture in _pictures().items()}
    if use in ("card", "in use"):
        files["home/models.json"] = edits.to_json(RUNS)
    return Case(words=commands[which % len(commands)], files=files | {place: content}, accepted=accepted)


def _pictures():
    places = {f"HR/{name}": 16 for name in ("one", "two")}
    places |= {f"LR/{setting}/{name}": 4 for setting in ("ideal", "f22") for name in ("one", "two")}
    return {place: picture_files.square(side) for place, side in places.items()}


def damaged(drawn):
    use, which, tree_edits, byte_edits = drawn
    tree = edits.edit_tree(USES[use][0], tree_edits)
    return case(use, edits.edit_bytes(edits.to_json(tree), byte_edits), which)


def without(tree, key):
    return {name: value for name, value in tree.items() if name != key}


NO_JSON = [
    b"",
    b"{",
    b"[" * 100_000,
    b'{"a":' * 5000,
    b"nan",
    b"9" * 5000,
    b"1e400",
    b"\xff",
    b"\0",
    b'"\\ud800"',
    b"null",
]

ONE = MANIFEST["images"][0]

CORPUS = [
    *(
        case(use, edits.to_json(tree), which, accepted=True)
        for use, (tree, _, commands) in USES.items()
        for which in range(len(commands))
    ),
    *(case(use, content) for use in USES for content in NO_JSON if use != "card"),
    *(case("in use", content, which) for content in NO_JSON for which in (1, 2)),
    *(case("card", content, 2) for content in NO_JSON),
    *(
        case("manifest", edits.to_json(without(MANIFEST, key)))
        for key in ("format", "hr_px", "scale", "settings", "images")
    ),
    *(
        case("manifest", edits.to_json(MANIFEST | {key: value}))
        for key, value in (
            *(("scale", value) for value in (0, -1, None, "4", 4.5, [], 3, 10**30, True)),
            *(("hr_px", value) for value in (0, -16, None, "16", 15, 17, 65536, 10**12)),
            *(("settings", value) for value in (None, {}, "ideal", [1], ["ideal", "ideal"], ["../in"], ["gone"], [""])),
            *(("images", value) for value in (None, {}, [], [1], [{}], [[]], [ONE, ONE], "one")),
            *(
                ("images", [ONE | {"name": name}])
                for name in ("../HR/one", "/etc/passwd", "", 1, None, "gone", "a\0b", [])
            ),
            *(("images", [ONE | {"source_sha256": value}]) for value in (1, None, [])),
            ("format", "x"),
            ("format", 1),
        )
    ),
    *(
        case("card", edits.to_json(card), 2)
        for card in (
            *(without(CARD, key) for key in ("task", "generator", "data", "scale", "stages", "validation", "finished")),
            *(CARD | {"validation": value} for value in (None, [], {"val_psnr_db": None}, {"val_psnr_db": "25"}, 1)),
            *(CARD | {"scale": value} for value in (0, -4, 4.5, "4", None, 10**9, True, [])),
            *(CARD | {"inputs": value} for value in ([], {"sharpness": 1}, {"sharpness": [1]}, {"sharpness": [2, 1]})),
            *(CARD | {"source_sha256": value} for value in (1, "0" * 64, [1], {})),
            *(CARD | {"task": value} for value in ("", None, 1, [])),
            *(CARD | {"finished": value} for value in (False, None, 1, "true")),
            [CARD],
        )
    ),
    *(case("runs", json.dumps(value).encode()) for value in ({}, 1, [1], [None], [["in/run"]], "in/run")),
    *(case("in use", json.dumps(value).encode()) for value in ([], 1, {"deblur": 1}, {"deblur": None}, {"sr": ["a"]})),
]


def test_json(fuzz):
    fuzz("json", DOCUMENTS, damaged, corpus=CORPUS, count=450)
