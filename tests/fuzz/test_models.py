"""Model files, training runs and configurations: what needs Keras, all in the one process that has it."""

import importlib.util
import json
import zipfile

import pytest
from hypothesis import strategies as st

if importlib.util.find_spec("keras") is None:  # importing it takes long, and is for the other process
    pytest.skip("Keras is not installed", allow_module_level=True)
pytest.importorskip("h5py")

from fuzzing import array_files, containers, edits, hdf5_files, picture_files
from fuzzing.documents import CAMERA, CONFIG
from fuzzing.door import Case
from fuzzing.runner import START_S

pytestmark = pytest.mark.slow

CONFIGURATION, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


@pytest.fixture
def sound(runners, tmp_path):
    """The members of a small model's file; afterwards the process of the cases has Keras."""
    for name in ("in", "out", "tmp", "home"):
        (tmp_path / "made" / name).mkdir(parents=True)
    words = ("doors", "make-model", "out/a.keras")
    outcome = runners[0].run(tmp_path / "made", words, drawn=False, most_wall_s=START_S)
    assert outcome.code == 0, outcome
    content = (tmp_path / "made" / "out" / "a.keras").read_bytes()
    return {name: inside for (name, _), inside in containers.ZIP[0](content)}


COMMANDS = [
    *[("doors", "model", "in/a.keras")] * 3,
    ("enhance", "apply", "in/ref.png", "--model", "in/a.keras", "-o", "out/a.png", "-q"),
]

MODELS = st.tuples(
    st.sampled_from(COMMANDS),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    st.one_of(
        st.tuples(st.just("config"), edits.few(edits.tree_edit)),
        st.tuples(st.just("config"), edits.few(edits.tree_edit)),
        st.tuples(st.just("metadata"), edits.few(edits.tree_edit)),
        st.tuples(st.just("weights"), edits.few(hdf5_files.hdf5_edit)),
        st.tuples(st.just("parts"), edits.few(edits.part_edit)),
        st.tuples(st.just("bytes"), edits.few(edits.byte_edit)),
    ),
)


def archive(members, *, method=zipfile.ZIP_STORED, part_edits=()):
    _, join, names = containers.ZIP
    return join(edits.edit_parts([((name, method), inside) for name, inside in members.items()], part_edits, names))


def case(content, words=COMMANDS[0], **options):
    return Case(words=words, files={"in/a.keras": content, "in/ref.png": picture_files.square(6)}, **options)


def test_models(fuzz, sound):
    config = json.loads(sound[CONFIGURATION])

    def damaged(drawn):
        words, method, (what, changes) = drawn
        members, part_edits, byte_edits = dict(sound), [], []
        if what == "config":
            members[CONFIGURATION] = edits.to_json(edits.edit_tree(config, changes))
        elif what == "metadata":
            members[METADATA] = edits.to_json(edits.edit_tree(json.loads(sound[METADATA]), changes))
        elif what == "weights":
            members[WEIGHTS] = hdf5_files.edit_hdf5(sound[WEIGHTS], changes)
        elif what == "parts":
            part_edits = changes
        else:
            byte_edits = changes
        return case(edits.edit_bytes(archive(members, method=method, part_edits=part_edits), byte_edits), words)

    fuzz("models", MODELS, damaged, corpus=corpus_of(sound, config), count=300, apart=False)


def corpus_of(sound, config):
    """What has run code, read files or taken memory without end, in Keras or here."""
    lambda_config = {"function": {"class_name": "__lambda__", "config": {"code": "4wEAAAAA"}}}
    layer = config["config"]["layers"][1]
    strange = [
        {**layer, "class_name": "Lambda", "config": lambda_config},
        {**layer, "module": "os", "class_name": "system"},
        {**layer, "module": "subprocess", "class_name": "Popen", "config": {"args": "id"}},
        {**layer, "class_name": "TFSMLayer", "config": {"filepath": "elsewhere"}},
        {**layer, "registered_name": "Custom>Thing"},
        {**layer, "config": layer["config"] | {"dilation_rate": [10_000, 10_000]}},
        {**layer, "config": layer["config"] | {"kernel_size": [10_000, 10_000]}},
        {**layer, "config": layer["config"] | {"filters": 10**12}},
        {**layer, "config": layer["config"] | {"name": "../../x"}},
        {**layer, "inbound_nodes": [None]},
        {**layer, "build_config": {"input_shape": [None, None, None, 10**12]}},
        3,
        None,
        [],
        {},
    ]

    def with_layers(layers):
        changed = {**config, "config": {**config["config"], "layers": layers}}
        return archive({**sound, CONFIGURATION: edits.to_json(changed)})

    layers = config["config"]["layers"]
    contents = [
        b"",
        b"PK\x05\x06" + bytes(18),
        b"\x89HDF\r\n\x1a\n" + bytes(600),
        *(with_layers([layers[0], other, *layers[2:]]) for other in strange),
        *(with_layers(other) for other in ([], None, {}, layers * 5000, layers[:1])),
        *(
            archive({**sound, CONFIGURATION: text})
            for text in (b"", b"[" * 100_000, b'{"a":' * 100_000, b"1" * 5000, b"null", b"\xff", b"{}")
        ),
        archive({**sound, WEIGHTS: bytes(32 << 20)}, method=zipfile.ZIP_DEFLATED),
        archive({**sound, "../x": b"x"}),
        archive({**sound, WEIGHTS: hdf5_files.edit_hdf5(sound[WEIGHTS], [("external storage", 0, 0)])}),
        archive({**sound, WEIGHTS: hdf5_files.edit_hdf5(sound[WEIGHTS], [("external link", 0, 0)])}),
        archive({**sound, WEIGHTS: hdf5_files.edit_hdf5(sound[WEIGHTS], [("value", 0, 0)])}),  # NaN
    ]
    return [*map(case, contents), *(case(archive(sound), words, accepted=True) for words in COMMANDS[2:])]


# --- training runs ----------------------------------------------------------------------------------------------------

LOG = (
    "step,stage,learning_rate,images_per_s,loss,l1,critic,penalty,d_real,d_fake,val_psnr_db,val_ssim,val_delta_e,val_mesh,val_hatch\n"
    "25,pixel,0.001,10,0.1,0.1,,,,,,,,,\n50,pixel,0.001,10,0.1,0.1,,,,,25.5,0.7,3.5,1.0,1.0\n"
)

RUN = {**CONFIG, "data_sha256": "0" * 64}

_BEGIN = ("enhance", "train", "--config", "in/run/config.toml", "-o", "out/run", "--dry-run")
_RESUME = ("enhance", "train", "--resume", "-o", "in/run", "--dry-run")

#: By the file that is damaged, what reads it.
READ = {
    "config.toml": [_BEGIN, _RESUME, ("doors", "progress", "in/run")],
    "camera.toml": [_RESUME],
    "log.csv": [("doors", "progress", "in/run")],
    "checkpoints/step_000000050.npz": [_RESUME, ("doors", "progress", "in/run"), ("doors", "progress", "in/run")],
}

RUNS = st.tuples(
    st.sampled_from(sorted(READ)),
    st.integers(0, 5),
    edits.few(edits.tree_edit),
    edits.few(array_files.array_edit),
    st.one_of(st.just([]), edits.few(edits.byte_edit)),
)


def run_case(name, content, which=0, **options):
    sound_files = {
        "config.toml": edits.to_toml(RUN),
        "camera.toml": edits.to_toml(CAMERA),
        "log.csv": LOG.encode(),
        "checkpoints/step_000000050.npz": checkpoint(array_files.progress()),
    }
    files = {f"in/run/{place}": inside for place, inside in {**sound_files, name: content}.items()}
    return Case(words=READ[name][which % len(READ[name])], files=files, **options)


def checkpoint(held):
    return containers.ZIP[1](array_files.parts(held, compressed=False))


def damaged_run(drawn):
    name, which, tree_edits, array_edits, byte_edits = drawn
    if name.endswith(".toml"):
        content = edits.to_toml(edits.edit_tree(RUN if name == "config.toml" else CAMERA, tree_edits))
    elif name.endswith(".csv"):
        content = LOG.encode()
    else:
        content = checkpoint(array_files.edit_arrays(array_files.progress(), array_edits))
    return run_case(name, edits.edit_bytes(content, byte_edits), which)


STEP = "checkpoints/step_000000050.npz"

RUN_CORPUS = [
    *(run_case("config.toml", edits.to_toml(RUN), which, accepted=True) for which in range(3)),
    *(run_case(STEP, content, 1) for content in (b"", b"PK", b"PK\x05\x06" + bytes(18), bytes(1000))),
    *(
        run_case(STEP, checkpoint(array_files.progress() | {f"progress/{key}": value}), 1)
        for key, value in (
            *(("step", value) for value in map(array_files.np.array, (-1, 1.5, "x", 2**63, [1, 2], [], float("nan")))),
            *(("best", value) for value in map(array_files.np.array, ("x", [1.0, 2.0], 1j))),
        )
    ),
    *(
        run_case("log.csv", content.encode(), 0)
        for content in (
            LOG[:-30],
            LOG.replace("25,", "x,"),
            LOG.replace("25.5", "inf"),
            LOG.replace("50,pixel", "50,../x"),
        )
    ),
    *(
        run_case("config.toml", edits.to_toml({**RUN, "generator": options}), 0)
        for options in (
            {"kind": ["light"]},
            {"kind": "light", "blocks": 10**12},
            {"kind": "light", "filters": 10**9},
            {"kind": "light", "x": 1},
            {"kind": "x"},
        )
    ),
    *(
        run_case("config.toml", edits.to_toml({**RUN, "vary": vary}), 0)
        for vary in ({"x": [1, 2]}, {"optics.fnumber": [1]})
    ),
]


def test_runs(fuzz, sound):
    fuzz("training runs", RUNS, damaged_run, corpus=RUN_CORPUS, count=300, apart=False)
