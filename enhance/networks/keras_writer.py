"""Writing a `.keras` file that older versions of Keras read as well."""

import json
import re
import tempfile
import zipfile
from pathlib import Path

import keras

from enhance.networks import keras_file

#: Keys of a layer's config that matter in training alone; those of renorm are newer than Keras 3.6, and unused here.
_OF_TRAINING = re.compile(r".*_(initializer|regularizer|constraint)|renorm(_clipping|_momentum)?")


def save(model: keras.Model, path: Path | str) -> None:
    """Save a functional network with nothing in its config but what inference needs.

    How weights are initialised, regularised and constrained is left out: versions of Keras differ there, and an older
    one refuses a file that names an option of a newer one. What is left is what `keras_file.load` takes over.
    """
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "model.keras"
        model.save(whole)
        members = keras_file.read_members(whole)
    config = keras_file.check_config(members[keras_file.CONFIG])
    for layer in config["config"]["layers"]:
        layer["config"] = {key: value for key, value in layer["config"].items() if not _OF_TRAINING.fullmatch(key)}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (members | {keras_file.CONFIG: json.dumps(config).encode()}).items():
            archive.writestr(name, content)
