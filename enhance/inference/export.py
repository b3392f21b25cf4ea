"""Write a generator for other runtimes, and check that it does there what it does in Keras.

All take (batch, H, W, 3) float32 sRGB values in [0, 1], any H and W, and give (batch, H·scale, W·scale, 3), not
clipped.
"""

import importlib.util
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from camsim.io import atomic
from enhance import backend

#: A model in another runtime: (1, H, W, 3) to (1, H·scale, W·scale, 3).
Runner = Callable[[np.ndarray], np.ndarray]

#: Kinds of file by suffix, with the packages that each needs beside TensorFlow.
KINDS = {
    ".onnx": ("ONNX", ("tf2onnx", "onnx", "onnxruntime")),
    ".tflite": ("TFLite", ()),
    "": ("SavedModel", ()),
}

#: Largest difference allowed between what was written and Keras, of values in [0, 1].
TOLERANCE = 1e-3

#: Rows and columns of the pictures that both are compared on: the second shows that the size is open.
_TEST_SIZES = ((20, 33), (17, 24))


def kind_of(path: Path | str) -> str:
    """What a file of this name holds: ONNX, TFLite or, without a suffix, SavedModel. ValueError for other suffixes."""
    suffix = Path(path).suffix.lower()
    if suffix not in KINDS:
        raise ValueError(f"{path}: unknown kind of model file; use .onnx, .tflite or, for a SavedModel, no suffix")
    return KINDS[suffix][0]


def check_place(path: Path | str) -> None:
    """ValueError where writing there would replace a folder that is no SavedModel."""
    path = Path(path)
    if path.is_dir() and (kind_of(path) != "SavedModel" or not (path / "saved_model.pb").is_file()):
        raise ValueError(f"{path}: a folder that holds something else than a SavedModel is never replaced")


def export(model: keras.Model, path: Path | str) -> float:
    """Write a generator as the suffix of `path` says; returns the largest difference to Keras, of values in [0, 1].

    A SavedModel that is there is replaced. Raises ValueError, and leaves nothing behind, for an unknown suffix, a
    folder of other things, a package that is not installed, another backend than TensorFlow, a failed conversion, or a
    difference above `TOLERANCE`.
    """
    path, kind = Path(path), kind_of(path)
    check_place(path)
    missing = [name for name in KINDS[path.suffix.lower()][1] if importlib.util.find_spec(name) is None]
    if missing:
        raise ValueError(f"{', '.join(missing)} not installed: {kind} needs the extra `onnx` (pip install '.[onnx]')")
    if keras.backend.backend() != "tensorflow":
        raise ValueError(f"exporting needs KERAS_BACKEND=tensorflow; Keras runs on {keras.backend.backend()}")
    writer, runner = {"ONNX": (_to_onnx, _run_onnx), "TFLite": (_to_tflite, _run_tflite)}.get(
        kind, (_to_saved_model, _run_saved_model)
    )
    place = atomic.atomic_folder if kind == "SavedModel" else atomic.atomic
    with place(path) as temporary:
        try:
            with backend.without_stderr(shown_on_error=False), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what matters of the converters' words raises, or shows in the numbers
                writer(_for_any_size(model), temporary)
                worst = difference(model, runner(temporary))
        except Exception as error:  # the converters raise many kinds
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ValueError(f"{path}: cannot be written as {kind} ({reason})") from error
        if not worst <= TOLERANCE:
            raise ValueError(f"{path}: as {kind} it differs from Keras by {worst:.3g}, more than {TOLERANCE:g}")
    return worst


def difference(model: keras.Model, run: Runner) -> float:
    """The largest difference between a generator and a function that should do the same; infinite for NaN."""
    worst = 0.0
    for rows, columns in _TEST_SIZES:
        picture = np.random.default_rng(rows).random((1, rows, columns, 3), np.float32)
        expected = keras.ops.convert_to_numpy(model(picture, training=False))
        found = np.asarray(run(picture))
        if found.shape != expected.shape:
            raise ValueError(f"it gives {found.shape} where Keras gives {expected.shape}")
        worst = max(worst, float(np.nan_to_num(np.abs(found - expected), nan=np.inf).max()))
    return worst


class _TraceableUpSampling(keras.layers.Layer):
    """Keras's UpSampling2D as TensorFlow's resize, which can be traced for an open size and keeps the channels known.

    Keras's own (seen in 3.15) does the one with nearest neighbours only, the other with bilinear values only.
    """

    def __init__(self, size: tuple[int, int], interpolation: str, **kwargs: Any):
        super().__init__(**kwargs)
        self.size, self.interpolation = size, interpolation

    def call(self, x: backend.Tensor) -> backend.Tensor:
        import tensorflow as tf

        size = tf.shape(x)[1:3] * tf.constant(self.size)
        return tf.cast(tf.image.resize(x, size, self.interpolation), x.dtype)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, rows, columns, channels = shape
        return (batch, rows and rows * self.size[0], columns and columns * self.size[1], channels)


def _for_any_size(model: keras.Model) -> keras.Model:
    """A copy that can be traced for any H and W, with the same weights."""

    def copy(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, keras.layers.UpSampling2D) and layer.interpolation in ("nearest", "bilinear"):
            return _TraceableUpSampling(layer.size, layer.interpolation, name=layer.name, dtype=layer.dtype_policy)
        return type(layer).from_config(layer.get_config())

    clone = keras.models.clone_model(model, clone_function=copy)
    clone.set_weights(model.get_weights())
    clone(np.zeros((1, 8, 8, 3), np.float32))  # Keras exports what was called before
    return clone


def _to_saved_model(model: keras.Model, path: Path) -> None:
    model.export(str(path), format="tf_saved_model", verbose=False)


def _run_saved_model(path: Path) -> Runner:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    return lambda picture: loaded.serve(picture)  # keeps the variables alive


def _to_onnx(model: keras.Model, path: Path) -> None:
    model.export(str(path), format="onnx", verbose=False)


def _run_onnx(path: Path) -> Runner:
    import onnxruntime

    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    return lambda picture: session.run(None, {session.get_inputs()[0].name: picture})[0]


def _to_tflite(model: keras.Model, path: Path) -> None:
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        _to_saved_model(model, Path(folder))
        path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(folder).convert())


def _run_tflite(path: Path) -> Runner:
    import tensorflow as tf

    def run(picture: np.ndarray) -> np.ndarray:
        interpreter = tf.lite.Interpreter(model_content=path.read_bytes())
        place = interpreter.get_input_details()[0]["index"]
        interpreter.resize_tensor_input(place, picture.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(place, picture)
        interpreter.invoke()
        return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])

    return run
