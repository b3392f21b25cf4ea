"""Model files from anywhere: what is read, and what is refused before Keras sees it."""

import errno
import io
import json
import os
import pickle
import re
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

keras = pytest.importorskip("keras")

from camsim.io import scratch
from enhance.networks import generators, keras_file

pytestmark = pytest.mark.installed


def network(name="light", **options):
    """A tiny generator, with weights that are not those it starts with."""
    model = generators.build(name, scale=4, blocks=1, filters=4, **options)
    rng = np.random.default_rng(0)
    for variable in model.variables:
        variable.assign(rng.uniform(0.01, 0.1, variable.shape))
    return model


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    """The members of a good file."""
    path = tmp_path_factory.mktemp("good") / "good.keras"
    network("srresnet").save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """Write a file, and give the line in which it is refused: Keras must not have seen anything of it."""

    def refuse(members=None, content=None):
        def seen(*arguments, **options):
            pytest.fail("Keras was shown the file")

        path = tmp_path / "x.keras"
        path.write_bytes(archive(members) if content is None else content)
        monkeypatch.setattr(keras.saving, "deserialize_keras_object", seen)
        monkeypatch.setattr(keras.saving, "load_model", seen)
        with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: not a usable model") as refusal:
            keras_file.load(path)
        line = str(refusal.value)
        assert "\n" not in line and len(line) < 600
        return line

    return refuse


def archive(members, compression=zipfile.ZIP_STORED):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return content.getvalue()


def with_config(members, change):
    """The members with a changed config; `change` gets the config and the list of its layers."""
    config = json.loads(members["config.json"])
    change(config, config["config"]["layers"])
    return members | {"config.json": json.dumps(config)}


def with_weights(members, change):
    """The members with a changed HDF5 file; `change` gets it open for writing."""
    content = io.BytesIO(members["model.weights.h5"])
    with h5py.File(content, "r+") as file:
        change(file)
    return members | {"model.weights.h5": content.getvalue()}


KERNEL = "layers/conv2d/vars/0"


# --- what is read -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("light", {}),
        ("srresnet", {}),
        ("srresnet", {"norm": "none", "activation": "relu", "upsampling": "resize"}),
        ("srresnet", {"upsampling": "transposed"}),
        ("edsr", {"residual_scale": 0.1}),
        ("rrdb", {"growth": 4}),
    ],
)
def test_every_generator_comes_back_equal(name, options, tmp_path):
    model = network(name, **options)
    model.save(tmp_path / "g.keras")
    loaded = keras_file.load(tmp_path / "g.keras")
    lr = np.random.default_rng(1).random((1, 6, 7, 3)).astype("float32")
    np.testing.assert_array_equal(loaded(lr), model(lr))
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]


def test_a_compressed_archive_is_read_as_well(members, tmp_path):
    (tmp_path / "g.keras").write_bytes(archive(members, zipfile.ZIP_DEFLATED))
    assert keras_file.load(tmp_path / "g.keras").name == "srresnet"


@pytest.mark.skipif(
    tuple(map(int, keras.__version__.split(".")[:2])) < (3, 10),
    reason="Keras before 3.10 saves the casts of mixed precision as layers; what training saves is float32",
)
def test_what_was_trained_in_bfloat16_computes_in_float32(tmp_path):
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy("mixed_bfloat16")
        network().save(tmp_path / "g.keras")
    finally:
        keras.config.set_dtype_policy(before)
    loaded = keras_file.load(tmp_path / "g.keras")
    assert {layer.compute_dtype for layer in loaded.layers} == {"float32"}


def test_how_it_was_compiled_is_left_out(members, tmp_path):
    def change(config, layers):
        config["compile_config"] = {"loss": {"class_name": "__lambda__", "config": {"value": "x"}}}

    (tmp_path / "g.keras").write_bytes(archive(with_config(members, change)))
    assert not keras_file.load(tmp_path / "g.keras").compiled


def from_keras(members, version, **options):
    """The members as a Keras of another version would write them: its layers have one more option."""

    def change(config, layers):
        layers[1]["config"] |= options

    return with_config(members, change) | {"metadata.json": json.dumps({"keras_version": version})}


def test_a_file_of_a_newer_keras_says_so(members, tmp_path):
    path = tmp_path / "g.keras"
    path.write_bytes(archive(from_keras(members, "99.1.0", tomorrow=1)))
    words = f"was saved by Keras 99.1.0, newer than the installed {keras.__version__}: update keras"
    with pytest.raises(ValueError, match=f"^{re.escape(f'{path}: {words}')}$"):
        keras_file.load(path)
    path.write_bytes(archive(from_keras(members, "99.1.0")))  # what can be read is
    assert keras_file.load(path).name == "srresnet"


@pytest.mark.parametrize("version", ["3.0.0", keras.__version__, "new", "", 4, None, "9" * 5000 + ".1.1"])
def test_a_file_of_no_newer_keras_is_damaged(version, members, tmp_path):
    (tmp_path / "g.keras").write_bytes(archive(from_keras(members, version, tomorrow=1)))
    with pytest.raises(ValueError, match=r"not a usable model .damaged"):
        keras_file.load(tmp_path / "g.keras")


# --- other formats ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["whole-model h5", "pickle", "text", "empty", "saved model", "picture"])
def test_other_formats_are_refused_and_the_line_says_what_is_read(kind, tmp_path):
    path = tmp_path / "x.keras"
    if kind == "whole-model h5":
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {}})
    elif kind == "saved model":
        path.mkdir()
        (path / "saved_model.pb").write_bytes(b"\x08\x01")
    else:
        content = {"pickle": pickle.dumps({"a": 1}), "text": b"no model", "empty": b"", "picture": b"\x89PNG\r\n\x1a\n"}
        path.write_bytes(content[kind])
    with pytest.raises(ValueError, match=r"x\.keras: not a usable model; only a generator saved as \.keras"):
        keras_file.load(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"gone\.keras: no such file"):
        keras_file.load(tmp_path / "gone.keras")


# --- the archive --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../x", "/etc/x", "assets/vocabulary.txt", "model.weights.npz", "config.json\\x"])
def test_other_members_are_refused(name, members, hostile, tmp_path):
    assert "does not belong there" in hostile(members | {name: b"x"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.keras"]


def test_missing_and_doubled_members_are_refused(members, hostile):
    assert "it must hold" in hostile({name: data for name, data in members.items() if name != "metadata.json"})
    content = io.BytesIO(archive(members))
    with zipfile.ZipFile(content, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("config.json", members["config.json"])
    assert "once each" in hostile(content=content.getvalue())


def test_a_member_that_claims_to_be_huge_is_refused(members, hostile):
    content = bytearray(archive(members))
    place = content.rindex(b"model.weights.h5") - 46  # its record in the central directory: size at byte 24
    assert content[place : place + 4] == b"PK\x01\x02"
    struct.pack_into("<I", content, place + 24, 3_000_000_000)
    assert "unpacks to 3000000000 bytes; the limit is" in hostile(content=bytes(content))


def test_a_member_that_unpacks_to_far_more_than_is_stored_is_refused(members, hostile):
    content = archive(members | {"model.weights.h5": bytes(32 << 20)}, zipfile.ZIP_DEFLATED)
    assert len(content) < 100_000 and "unpacks to 33554432 bytes from" in hostile(content=content)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_truncated_files_are_refused(share, members, hostile):
    content = archive(members)
    hostile(content=content[: int(share * len(content))])


def test_damage_within_a_member_is_found(members, hostile):
    content = bytearray(archive(members))
    content[len(content) // 2] ^= 255
    assert "CRC" in hostile(content=bytes(content))
    half = members["model.weights.h5"][: len(members["model.weights.h5"]) // 2]
    assert "damaged" in hostile(members | {"model.weights.h5": half})


# --- the config ---------------------------------------------------------------------------------------------------


def layer(module, name, config, registered=None):
    return {
        "module": module,
        "class_name": name,
        "config": {"name": "evil"} | config,
        "registered_name": registered,
        "build_config": {"input_shape": [None, None, None, 3]},
        "name": "evil",
        "inbound_nodes": [],
    }


CODE = {"class_name": "__lambda__", "config": {"code": "4wEAAAAA", "defaults": None, "closure": None}}
FUNCTION = {"class_name": "function", "registered_name": "function"}

#: What has run code, read files or disabled safe mode in some version of Keras, and what is like it.
ATTACKS = {
    "a Lambda layer with code": layer("keras.layers", "Lambda", {"function": CODE}),
    "a Lambda layer that turns safe mode off": layer(
        "keras.layers",
        "Lambda",
        {"function": {"module": "keras.config", "config": "enable_unsafe_deserialization"} | FUNCTION},
    ),
    "a Lambda layer that loads another model": layer(
        "keras.layers",
        "Lambda",
        {"function": {"module": "keras.models", "config": "load_model"} | FUNCTION, "arguments": {"safe_mode": False}},
    ),
    "a function of any module": layer(
        "keras.layers", "Activation", {"activation": {"module": "os", "config": "system"} | FUNCTION}
    ),
    "a function as a layer": {"module": "subprocess", "config": "run", "name": "evil", "inbound_nodes": []} | FUNCTION,
    "a class of any module": layer("subprocess", "Popen", {"args": "id"}),
    "a class of any module under an allowed name": layer("antigravity", "Conv2D", {}),
    "a SavedModel": layer("keras.layers", "TFSMLayer", {"filepath": "elsewhere"}),
    "a vocabulary from a file": layer("keras.layers", "StringLookup", {"vocabulary": "elsewhere"}),
    "an unknown custom layer": layer("builtins", "Thing", {}, "Custom>Thing"),
    "an unknown layer of this package": layer("enhance.networks.generators", "Thing", {}, "cam2eye>Thing"),
    "a registered class that is no layer": layer(
        "scielab.keras_losses.s_cielab", "SCIELABLoss", {}, "cam2eye>SCIELABLoss"
    ),
    "an allowed class under another's registered name": layer("keras.layers", "Conv2D", {}, "cam2eye>PixelShuffle"),
    "an initialiser as a layer": layer("keras.initializers", "Zeros", {}),
    "a wrapped layer": layer("keras.layers", "TimeDistributed", {"layer": layer("keras.layers", "Lambda", {})}),
    "a network in the network": layer("keras", "Sequential", {"layers": []}),
    "code as an initialiser": layer("keras.layers", "Conv2D", {"kernel_initializer": CODE}),
    "code in a list": layer("keras.layers", "Conv2D", {"kernel_size": [CODE]}),
    "a tensor with any type": layer(
        "keras.layers",
        "Rescaling",
        {"scale": {"class_name": "__tensor__", "config": {"value": [1], "dtype": "string"}}},
    ),
    "a type by module and name": layer(
        "keras.layers",
        "InputLayer",
        {"spec": {"class_name": "__typespec__", "spec_name": "Popen", "module": "subprocess", "config": []}},
    ),
    "a name that is a path": layer("keras.layers", "ReLU", {"name": "../../evil"}),
    "a name that leads out of a folder": layer("keras.layers", "ReLU", {"name": "a..b"}),
    "a name of nothing but dots": layer("keras.layers", "ReLU", {"name": "_.."}),
    "a text that names a registered class": layer("keras.layers", "ReLU", {"activity_regularizer": "cam2eye>ICNR"}),
    "a shape that code builds": layer("keras.layers", "ReLU", {}) | {"build_config": {"input_shape": CODE}},
    "another way to build": layer("keras.layers", "ReLU", {}) | {"build_config": {"shapes_dict": {}}},
    "a way to compile a layer": layer("keras.layers", "ReLU", {}) | {"compile_config": {"loss": CODE}},
    "a node that passes code": layer("keras.layers", "ReLU", {})
    | {"inbound_nodes": [{"args": [], "kwargs": {"mask": CODE}}]},
    "a layer in Keras's old format": {"class_name": "Lambda", "config": {}, "name": "evil", "inbound_nodes": []},
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_could_run_code_or_read_files_is_refused(attack, members, hostile):
    line = hostile(with_config(members, lambda config, layers: layers.append(ATTACKS[attack])))
    assert "allowed" in line or "more than an input shape" in line or "unknown key" in line


def test_the_refused_class_is_named(members, hostile):
    attack = ATTACKS["a Lambda layer with code"]
    assert "'Lambda' of 'keras.layers'" in hostile(with_config(members, lambda config, layers: layers.append(attack)))


def test_a_real_lambda_model_is_refused_and_its_code_not_run(hostile, tmp_path):
    trace = tmp_path / "ran"
    inputs = keras.Input((None, None, 3))
    outputs = keras.layers.Lambda(lambda x, place=str(trace): (open(place, "w").close(), x)[1])(inputs)  # noqa: PTH123
    model = keras.Model(inputs, outputs)
    trace.unlink(missing_ok=True)  # it ran when the model was built
    model.save(tmp_path / "lambda.keras")
    assert "Lambda" in hostile(content=(tmp_path / "lambda.keras").read_bytes())
    assert not trace.exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("class_name", "Sequential"),
        ("class_name", "function"),
        ("module", "subprocess"),
        ("config", []),
        ("config", CODE),
    ],
)
def test_other_kinds_of_models_are_refused(key, value, members, hostile):
    hostile(with_config(members, lambda config, layers: config.update({key: value})))


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "[" * 100_000, '{"config": {}}', "1" * 5000, "\udcff"])
def test_a_config_that_is_none_is_refused(text, members, hostile):
    hostile(members | {"config.json": text.encode(errors="surrogateescape")})


def test_shared_objects_are_taken_apart(members, tmp_path):
    """An id that stands for another object of the file, here a layer for an initialiser, has no effect."""

    def change(config, layers):
        layers[0]["shared_object_id"] = layers[1]["config"]["kernel_initializer"]["shared_object_id"] = 7

    (tmp_path / "g.keras").write_bytes(archive(with_config(members, change)))
    loaded = keras_file.load(tmp_path / "g.keras")
    assert isinstance(loaded.layers[1].kernel_initializer, keras.initializers.Initializer)


# --- the weights --------------------------------------------------------------------------------------------------


def replaced(make):
    """A change of the HDF5 file that puts something else in the place of the first kernel."""

    def change(file):
        del file[KERNEL]
        make(file)

    return change


def external_link(file):
    file[KERNEL] = h5py.ExternalLink("/etc/hostname", "/x")


def soft_link(file):
    file[KERNEL] = h5py.SoftLink("/layers/conv2d_1/vars/0")


def external_storage(file):
    file.create_dataset(KERNEL, (9, 9, 3, 4), "f4", external=[("/etc/passwd", 0, 9 * 9 * 3 * 4 * 4)])


def virtual(file):
    layout = h5py.VirtualLayout((9, 9, 3, 4), "f4")
    layout[:] = h5py.VirtualSource("/elsewhere.h5", "x", (9, 9, 3, 4))
    file.create_virtual_dataset(KERNEL, layout)


def shape_bomb(file):
    file.create_dataset(KERNEL, (1_000_000, 1_000_000), "f4", chunks=(1000, 1000), compression="gzip")


def never_written(file):
    file.create_dataset(KERNEL, (100_000, 100_000), "f4")


def same_place(file):
    file[KERNEL] = file["layers/conv2d_1/vars/0"]


def objects(file):
    file.create_dataset(KERNEL, data=["text"], dtype=h5py.string_dtype())


def named_type(file):
    file[KERNEL] = np.dtype("f4")


def ring(file):
    file[KERNEL] = file["layers"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (external_link, "is a link to another place or file"),
        (soft_link, "is a link to another place or file"),
        (external_storage, "is kept in another file"),
        (virtual, "is kept in another file"),
        (shape_bomb, "which the file does not hold"),
        (never_written, "claims 40000000000 bytes, which the file does not hold"),
        (same_place, "is stored at the place of another"),
        (ring, "is stored at the place of another"),
        (objects, "is no array of floating-point numbers"),
        (named_type, "is neither a group nor an array"),
        (lambda file: None, "an array of shape (9, 9, 3, 4) is missing"),
        (lambda file: file.create_dataset(KERNEL, data=np.zeros((9, 9, 3, 5), "f4")), "(9, 9, 3, 4) is missing"),
    ],
)
def test_arrays_that_are_not_plainly_there_are_refused(make, words, members, hostile):
    assert words in hostile(with_weights(members, replaced(make)))


def test_arrays_that_no_layer_needs_are_refused(members, hostile):
    def change(file):
        file["optimizer/vars/0"] = np.zeros(7, "f4")

    assert "an array of shape (7,) is not needed" in hostile(with_weights(members, change))


@pytest.mark.parametrize("filters", [10**6, 10**15, -4, 0, "4", 4.0, None, True])
def test_a_layer_that_asks_for_more_than_is_stored_is_refused_before_it_is_built(filters, members, hostile):
    hostile(with_config(members, lambda config, layers: layers[1]["config"].update(filters=filters)))


@pytest.mark.parametrize("dilation", [10_000, [1, 65], [0, 1], "1", 1.5, None])
def test_a_kernel_that_looks_too_far_is_refused_before_it_is_built(dilation, members, hostile):
    def change(config, layers):
        layers[1]["config"].update(dilation_rate=dilation)

    assert "the dilation of Conv2D is" in hostile(with_config(members, change))


def test_a_layer_built_for_another_shape_than_it_gets_is_refused(members, tmp_path):
    """Arrays are made for the shape in the file, which was compared with them; another input does not make new ones."""

    def change(config, layers):
        layers[0]["config"]["batch_shape"] = [None, None, None, 7]

    (tmp_path / "g.keras").write_bytes(archive(with_config(members, change)))
    with pytest.raises(ValueError, match=r"g\.keras: not a usable model \(damaged"):
        keras_file.load(tmp_path / "g.keras")


def test_weights_that_are_no_numbers_are_refused(members, tmp_path):
    def change(file):
        file[KERNEL][0, 0, 0, 0] = np.nan

    (tmp_path / "g.keras").write_bytes(archive(with_weights(members, change)))
    with pytest.raises(ValueError, match="values that are not numbers"):
        keras_file.load(tmp_path / "g.keras")


def test_weights_of_other_layers_of_the_same_shapes_are_not_taken_silently(members, tmp_path):
    def change(file):
        file.move("layers/conv2d", "layers/conv2d_99")

    (tmp_path / "g.keras").write_bytes(archive(with_weights(members, change)))
    with pytest.raises(ValueError, match="not a usable model"):
        keras_file.load(tmp_path / "g.keras")


def test_arrays_that_share_their_bytes_are_refused():
    """Each lies within the file, and all together claim more than it holds."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for name in ("one", "two"):
            file[name] = np.zeros(4096, "float32")
        places = [file[name].id.get_offset() for name in ("one", "two")]
    whole = content.getvalue()
    first, second = (struct.pack("<Q", place) for place in places)
    assert whole.count(second) == 1 and places[1] + 4 * 4096 == len(whole)
    end = struct.pack("<Q", len(whole))
    shared = whole.replace(second, first).replace(end, struct.pack("<Q", places[1]))[: places[1]]
    with h5py.File(io.BytesIO(whole)) as file:
        assert list(keras_file._stored_shapes(file, len(whole))) == [(4096,), (4096,)]
    with h5py.File(io.BytesIO(shared)) as file:
        assert file["two"].id.get_offset() == places[0]
        with pytest.raises(ValueError, match="claims 16384 bytes, which the file does not hold"):
            list(keras_file._stored_shapes(file, len(shared)))


@pytest.mark.parametrize("call", ["mkdtemp", "write_bytes"])
def test_a_sound_file_is_not_called_damaged_where_the_disk_is_full(members, tmp_path, monkeypatch, call):
    """Keras reads weights from a file, so that there must be room for one."""

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "good.keras"
    path.write_bytes(archive(members))
    monkeypatch.setattr(*((scratch.tempfile, call) if call == "mkdtemp" else (Path, call)), full)
    with pytest.raises(scratch.NoPlaceError, match=r"a? ?temporary file .*made in .* \(No space left on device\)$"):
        keras_file.load(path)
