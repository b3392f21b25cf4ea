"""Writing a `.keras` file that older versions of Keras read as well."""

import io
import json
import re
import tempfile
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np

from enhance.networks import keras_file

#: Keys of a layer's config that matter in training alone; those of renorm are newer than Keras 3.6, and unused here.
_OF_TRAINING = re.compile(r".*_(initializer|regularizer|constraint)|renorm(_clipping|_momentum)?")


def save(model: keras.Model, path: Path | str, *, half: bool = False) -> None:
    """Save a functional network with nothing in its config but what inference needs.

    How weights are initialised, regularised and constrained is left out: versions of Keras differ there, and an older
    one refuses a file that names an option of a newer one. What is left is what `keras_file.load` takes over.

    With `half` the weights are stored as float16, rounded to 11 bits, in half the bytes; whoever loads the file,
    `keras_file.load` or Keras itself, gets float32. Raises ValueError for a weight beyond what float16 holds, 65504.
    """
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "model.keras"
        model.save(whole)
        members = keras_file.read_members(whole)
    members[keras_file.CONFIG] = json.dumps(config_of(members[keras_file.CONFIG])).encode()
    if half:
        members[keras_file.WEIGHTS] = _halved(members[keras_file.WEIGHTS])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def config_of(text: bytes) -> dict:
    """The config of a network, in JSON, with what inference needs of it. Raises ValueError as `check_config` does."""
    config = keras_file.check_config(text)
    for layer in config["config"]["layers"]:
        layer["config"] = {key: value for key, value in layer["config"].items() if not _OF_TRAINING.fullmatch(key)}
    return config


def _halved(content: bytes) -> bytes:
    """An HDF5 file of weights, its arrays as float16."""
    result = io.BytesIO()
    with h5py.File(io.BytesIO(content), "r") as source, h5py.File(result, "w") as target:

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset):
                values = item[()]
                if not (np.abs(values) <= np.finfo(np.float16).max).all():
                    raise ValueError(f"{name}: a weight is no number, or too large for float16")
                made = target.create_dataset(name, data=values.astype(np.float16))
            else:
                made = target.create_group(name)
            for key, value in item.attrs.items():  # Keras' names of the layers
                made.attrs[key] = value

        source.visititems(copy)
    return result.getvalue()
