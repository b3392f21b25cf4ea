"""Reading a `.keras` file that may come from anywhere.

Keras's own loader, safe mode included, has run code, read files and allocated without bound for crafted files:
through Lambda layers and marshalled functions (CVE-2024-3660), any function of any module (CVE-2025-1550,
CVE-2025-8747), `enable_unsafe_deserialization` called from the config (CVE-2025-9906), whole-model HDF5
(CVE-2025-9905), vocabularies read from paths (CVE-2025-12058), SavedModels loaded by TFSMLayer (CVE-2026-1462),
arrays in HDF5 external storage (CVE-2026-1669), arrays that claim a huge shape (CVE-2026-0897) and layer names with
`..` (CVE-2026-12479). Nothing here depends on their being fixed. Before Keras sees anything

- the archive must hold the three members that Keras writes, of bounded sizes;
- the config is copied piece by piece, and every piece must be one of the classes below: no functions, no modules
  to import from, no shared objects, no names with paths in them;
- the HDF5 file must hold plain contiguous arrays, no links but hard ones, and exactly those that the config's
  layers need, so that no more memory is asked for than the file is long.

What is left to trust is the parsers themselves: zipfile, json, HDF5.
"""

import io
import json
import math
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import h5py
import keras
import numpy as np

from camsim.arguments import shown
from camsim.io import hdf5, scratch
from enhance.networks import generators  # noqa: F401  registers the layers that a saved generator names

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

#: Largest size of each member of the archive, in bytes. The largest generator here has weights of 0.2 GB.
LIMITS = {CONFIG: 8 << 20, METADATA: 1 << 20, WEIGHTS: 1 << 30}

#: Members larger than 1 MiB must not unpack to more than this many times their stored size.
MAX_EXPANSION = 100

#: Layers in a model, and places from one that a kernel looks at to the next.
MAX_LAYERS, MAX_DILATION = 4096, 64

#: The classes of Keras that a config may name, by the module that Keras writes with them.
CLASSES = {
    "keras.layers": {
        *("InputLayer", "Conv2D", "Conv2DTranspose", "UpSampling2D", "BatchNormalization", "Rescaling"),
        *("Activation", "ReLU", "LeakyReLU", "PReLU", "Add", "Multiply", "Concatenate"),
    },
    "keras.initializers": {
        *("Zeros", "Ones", "Constant", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling"),
        *("GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform"),
    },
}

#: What registered layers and initialisers of this package are called in a config.
PACKAGE = "cam2eye>"

ACCEPTED = (
    "not a usable model; only a generator saved as .keras is read "
    "(whole-model .h5, SavedModel and pickle files can hold code and are refused)"
)

_OBJECT = {"module", "class_name", "config", "registered_name"}
_LAYER = {"build_config", "name", "inbound_nodes"}
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,199}")  # no path and no registered name


def load(path: Path | str) -> keras.Model:
    """Load the network in a `.keras` file without trusting the file. It computes in float32.

    Raises ValueError, in one line that starts with `path`, where the file is missing, damaged, too large, or
    anything else than a functional network of the layers in `CLASSES` and of this package; `scratch.NoPlaceError` where
    there is no room to unpack it.
    """
    path = Path(path)
    if not path.exists():
        raise ValueError(f"{path}: no such file")
    if not path.is_file() or not zipfile.is_zipfile(path):
        raise ValueError(f"{path}: {ACCEPTED}")
    try:
        members = read_members(path)
        config = check_config(members[CONFIG])
        check_weights(members[WEIGHTS], config)
    except ValueError as error:
        raise ValueError(f"{path}: not a usable model ({_reason(error)})") from error
    except Exception as error:  # zipfile, HDF5 and the look into what should be there raise many kinds
        raise ValueError(f"{path}: not a usable model (damaged: {_reason(error)})") from error
    for layer in config["config"]["layers"]:
        if layer["class_name"].startswith("Conv2D"):  # drawn at random, it takes JAX a second for every shape
            layer["config"]["kernel_initializer"] = "zeros"
    try:
        with scratch.file(members[WEIGHTS], WEIGHTS) as weights:
            model = keras.saving.deserialize_keras_object(config, safe_mode=True)
            model.load_weights(weights)
    except scratch.NoPlaceError:
        raise
    except Exception as error:  # Keras raises many kinds for layers that do not fit together
        if (saved_by := _version_of(members[METADATA])) > _version(keras.__version__):
            shown = ".".join(map(str, saved_by))
            words = f"was saved by Keras {shown}, newer than the installed {keras.__version__}: update keras"
            raise ValueError(f"{path}: {words}") from error
        raise ValueError(f"{path}: not a usable model (damaged: {_reason(error)})") from error
    if not all(np.isfinite(keras.ops.convert_to_numpy(value)).all() for value in model.weights):
        raise ValueError(f"{path}: not a usable model (its weights hold values that are not numbers)")
    return model


def _version_of(metadata: bytes) -> tuple[int, ...]:
    """The version of Keras that a file says it was saved by; () where it says none."""
    try:
        return _version(json.loads(metadata)["keras_version"])
    except (ValueError, KeyError, TypeError):
        return ()


def _version(text: str) -> tuple[int, ...]:
    """3.15.1 or 3.15.1.dev2 as (3, 15, 1); ValueError for what is no version."""
    found = re.match(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})", text, re.ASCII)
    if found is None:
        raise ValueError(f"{shown(text)} is no version")
    return tuple(map(int, found.groups()))


def _reason(error: BaseException) -> str:
    """What an error says, in one line of bounded length."""
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    return ((str(error) or type(error).__name__).splitlines() or [""])[0][:200]


# --- the archive --------------------------------------------------------------------------------------------------


def read_members(path: Path) -> dict[str, bytes]:
    """The three members of a `.keras` archive; ValueError for others, or for sizes over `LIMITS`, before reading."""
    with zipfile.ZipFile(path) as archive:
        found = archive.infolist()
        names = [member.filename for member in found]
        if strange := sorted(set(names) - set(LIMITS)):
            raise ValueError(f"it holds {strange[0][:80]!r}, which does not belong there")
        if sorted(names) != sorted(LIMITS):
            raise ValueError(f"it must hold {', '.join(sorted(LIMITS))}, once each")
        for member in found:
            limit, size = LIMITS[member.filename], member.file_size
            if size > limit:
                raise ValueError(f"{member.filename} unpacks to {size} bytes; the limit is {limit}")
            if size > max(1 << 20, MAX_EXPANSION * member.compress_size):
                raise ValueError(f"{member.filename} unpacks to {size} bytes from {member.compress_size}")
        return {name: archive.read(name) for name in names}  # zipfile reads no more than the size declared


def check_config(text: bytes) -> dict:
    """The model's config, every object in it allowed; what compiles or shares objects is left out.

    Raises ValueError naming the first class, function or key that is not allowed.
    """
    top = json.loads(text)
    if not isinstance(top, dict) or not isinstance(top.get("config"), dict):
        raise ValueError("its config is not that of a Keras model")
    if top.get("class_name") != "Functional" or top.get("module") not in ("keras", "keras.src.models.functional"):
        raise ValueError(f"its model is of the class {shown(top.get('class_name'))}, not a functional network")
    inside = top["config"]
    if unknown := set(inside) - {"name", "trainable", "layers", "input_layers", "output_layers", "dtype"}:
        raise ValueError(f"unknown key {shown(min(unknown))} in its config")
    if not isinstance(inside["layers"], list) or not 0 < len(inside["layers"]) <= MAX_LAYERS:
        raise ValueError(f"its layers are not a list of 1 to {MAX_LAYERS}")
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {key: _plain(value) for key, value in inside.items() if key != "layers"}
        | {"layers": [_layer(layer) for layer in inside["layers"]]},
        "registered_name": "Functional",
    }


def _layer(data: dict) -> dict:
    """One layer of a functional network: an object with its input shape, its name and the nodes that call it."""
    clean = _object(data, extra=_LAYER, base=keras.layers.Layer)
    for key in _LAYER & set(data):
        clean[key] = _plain(data[key], tensors=key == "inbound_nodes")
    if len(clean["inbound_nodes"]) > 1:
        raise ValueError(f"{shown(clean['name'])} is used more than once")
    if "build_config" in clean and set(clean["build_config"]) != {"input_shape"}:
        raise ValueError(f"{shown(clean['name'])}: its build_config holds more than an input shape")
    return clean


def _object(data: dict, *, extra: frozenset | set = frozenset(), base: type) -> dict:
    """An object of a class that is allowed, with the initialisers in its config."""
    module, name, registered = data.get("module"), data.get("class_name"), data.get("registered_name")
    if isinstance(registered, str) and registered.startswith(PACKAGE):
        known = keras.saving.get_registered_object(registered)
        allowed = isinstance(known, type) and issubclass(known, base) and known.__module__.startswith("enhance.")
        allowed = allowed and name == known.__name__
        module = known.__module__ if allowed else module
    else:
        allowed = isinstance(module, str) and name in CLASSES.get(module, ()) and registered in (None, name)
        allowed = allowed and (module == "keras.layers") == (base is keras.layers.Layer)
        registered = None
    if not allowed:
        raise ValueError(f"{shown(name)} of {shown(module)} is not among the layers that are allowed in a model")
    if unknown := set(data) - _OBJECT - extra - {"shared_object_id"}:
        raise ValueError(f"unknown key {shown(min(unknown))} in {name}")
    if not isinstance(data["config"], dict):
        raise ValueError(f"the config of {name} is not a table")
    config: dict[str, object] = {}
    for key, value in data["config"].items():
        if key == "dtype":
            config[key] = "float32"  # whatever precision it was trained in
        elif key == "dilation_rate" and not _is_dilation(value):
            raise ValueError(f"the dilation of {name} is {shown(value)}, not 1 to {MAX_DILATION}")
        elif isinstance(value, dict):
            config[key] = _object(value, base=keras.initializers.Initializer)
        else:
            config[key] = _plain(value)
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


def _is_dilation(value: object) -> bool:
    steps = value if isinstance(value, list) else [value]
    return all(isinstance(step, int) and 1 <= step <= MAX_DILATION for step in steps)


def _plain(value: object, *, tensors: bool = False) -> object:
    """Numbers, names and lists of them; tables only where `tensors` may stand, as in a layer's nodes."""
    if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, str):
        if not _NAME.fullmatch(value) or ".." in value:
            raise ValueError(f"{shown(value)} is not allowed in a config")
        return value
    if isinstance(value, list):
        return [_plain(item, tensors=tensors) for item in value]
    if isinstance(value, dict):
        if "class_name" not in value and not _OBJECT & set(value):
            return {_plain(key): _plain(item, tensors=tensors) for key, item in value.items()}
        if tensors and set(value) == {"class_name", "config"} and value["class_name"] == "__keras_tensor__":
            return {"class_name": "__keras_tensor__", "config": _plain(value["config"])}
        value = value.get("class_name", sorted(value))
    raise ValueError(f"{shown(value)} is not allowed at its place in a config")


# --- the weights --------------------------------------------------------------------------------------------------


def check_weights(content: bytes, config: dict) -> None:
    """Raise ValueError unless an HDF5 file holds, as plain arrays, what the layers of a checked config need."""
    needed = Counter(shape for layer in config["config"]["layers"] for shape in arrays_of(layer))
    with h5py.File(io.BytesIO(content), "r") as file:
        stored = Counter(_stored_shapes(file, len(content)))
    if stored != needed:
        missing, extra = list((needed - stored).elements()), list((stored - needed).elements())
        which = f"{missing[0]} is missing" if missing else f"{extra[0]} is not needed"
        raise ValueError(f"its weights are not those of its layers: an array of shape {which}")


def check_network(network: keras.Model) -> None:
    """Raise ValueError for a network whose file `load` would refuse; better said before it is trained than after."""
    try:
        config = check_config(json.dumps(keras.saving.serialize_keras_object(network)).encode())
        needed = Counter(shape for layer in config["config"]["layers"] for shape in arrays_of(layer))
        if needed != Counter(tuple(weight.shape) for weight in network.weights):
            raise ValueError("a layer has other weights than arrays_of knows")
    except ValueError as error:
        raise ValueError(f"{network.name}: its file could not be loaded: {error}") from None


def arrays_of(layer: dict) -> list[tuple[int, ...]]:
    """The shapes of a layer's arrays, from its config and the input shape that it is built for."""
    kind, config = layer["class_name"], layer["config"]
    if kind not in ("Conv2D", "Conv2DTranspose", "BatchNormalization", "PReLU"):
        return []
    shape = layer["build_config"]["input_shape"]
    if len(shape) != 4 or config.get("data_format", "channels_last") != "channels_last":
        raise ValueError(f"{layer['name']}: it must be built for pictures, channels last")
    if kind == "PReLU":
        shared = [axis % 4 for axis in config["shared_axes"] or ()]
        shapes = [tuple(1 if axis in shared else shape[axis] for axis in (1, 2, 3))]
    elif kind == "BatchNormalization":
        count = 2 + bool(config["scale"]) + bool(config["center"])
        shapes = [(shape[config["axis"]],)] * count
    else:
        filters, groups = config["filters"], config.get("groups", 1)
        channels = (shape[3] // groups, filters) if kind == "Conv2D" else (filters, shape[3])
        shapes = [(*config["kernel_size"], *channels)] + [(filters,)] * bool(config["use_bias"])
    if not all(isinstance(side, int) and side > 0 for shape in shapes for side in shape):
        raise ValueError(f"{layer['name']}: the shape of its weights is not known beforehand")
    return shapes


def _stored_shapes(file: h5py.File, size: int) -> Iterator[tuple[int, ...]]:
    """The shape of every array in an HDF5 file of `size` bytes; ValueError for whatever is not a plain array in it."""
    total = 0
    for array in hdf5.arrays(file):
        where = array.name[:80]
        if array.dtype.kind != "f" or array.shape is None:
            raise ValueError(f"{where} is no array of floating-point numbers")
        if array.id.get_create_plist().get_layout() != h5py.h5d.CONTIGUOUS:
            raise ValueError(f"{where} is not stored as one piece in the file")
        wanted = math.prod(array.shape) * array.dtype.itemsize
        total += wanted
        if array.id.get_storage_size() != wanted or total > size:
            raise ValueError(f"{where} claims {wanted} bytes, which the file does not hold")
        yield array.shape
