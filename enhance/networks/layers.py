"""What generators and critics are made of, and how they are built by name.

References: W. Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel
convolutional neural network", CVPR 2016 (pixel shuffle); A. Aitken et al., "Checkerboard artifact free sub-pixel
convolution", arXiv 1707.02937, 2017 (ICNR); T. Miyato et al., "Spectral normalization for generative adversarial
networks", ICLR 2018.
"""

import inspect
import math
from collections.abc import Callable
from typing import Any

import keras
from keras import initializers, layers, ops

from enhance.backend import Tensor

#: (batch, rows, columns, channels); None where it is not known beforehand.
Shape = tuple[int | None, ...]

#: Largest whole number among the options. No network here needs more; a mistyped one could ask for millions.
MAX_COUNT = 1024


@keras.saving.register_keras_serializable(package="cam2eye")
class PixelShuffle(layers.Layer):
    """(B, H, W, C·s²) to (B, H·s, W·s, C): channel block to space."""

    def __init__(self, scale: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, x: Tensor) -> Tensor:
        s, (_, rows, columns, channels) = self.scale, ops.shape(x)
        # A pixel's channels are s rows of s·C values each: swapping columns and rows is all there is to do. On a CPU
        # this is faster than TensorFlow's depth_to_space, twice forward and three times backward.
        x = ops.reshape(x, (-1, columns, s, channels // s))
        x = ops.transpose(x, (0, 2, 1, 3))
        return ops.reshape(x, (-1, rows * s, columns * s, channels // s**2))

    def compute_output_shape(self, shape: Shape) -> Shape:
        batch, rows, columns, channels = shape
        s = self.scale
        if channels % s**2:
            raise ValueError(f"{channels} channels cannot be shuffled into {s}×{s} pixels")
        return (batch, rows and rows * s, columns and columns * s, channels // s**2)

    def get_config(self) -> dict:
        return super().get_config() | {"scale": self.scale}


@keras.saving.register_keras_serializable(package="cam2eye")
class Bilinear(layers.Layer):
    """(B, H, W, C) to (B, H·s, W·s, C) by bilinear interpolation with pixels as areas (half-pixel centres).

    As `keras.layers.UpSampling2D`, which however fails where TensorFlow compiles for sizes that it does not know yet:
    for export, and once it has seen pictures of several sizes.
    """

    def __init__(self, scale: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, x: Tensor) -> Tensor:
        _, rows, columns, channels = ops.shape(x)
        s = self.scale
        if isinstance(rows, int) and isinstance(columns, int):
            return ops.image.resize(x, (rows * s, columns * s), interpolation="bilinear", data_format="channels_last")
        padded = ops.pad(x, ((0, 0), (1, 1), (0, 0), (0, 0)), mode="symmetric")  # by one: repeats the edge
        x = self._phases(padded[:, :-2], x, padded[:, 2:], axis=2)
        x = ops.reshape(x, (-1, rows * s, columns, channels))
        padded = ops.pad(x, ((0, 0), (0, 0), (1, 1), (0, 0)), mode="symmetric")
        x = self._phases(padded[:, :, :-2], x, padded[:, :, 2:], axis=3)
        return ops.reshape(x, (-1, rows * s, columns * s, channels))

    def _phases(self, before: Tensor, here: Tensor, after: Tensor, axis: int) -> Tensor:
        """The s new pixels within each old one, stacked along a new axis."""
        shifts = [(phase + 0.5) / self.scale - 0.5 for phase in range(self.scale)]
        return ops.stack([here + abs(d) * ((before if d < 0 else after) - here) for d in shifts], axis=axis)

    def compute_output_shape(self, shape: Shape) -> Shape:
        batch, rows, columns, channels = shape
        return (batch, rows and rows * self.scale, columns and columns * self.scale, channels)

    def get_config(self) -> dict:
        return super().get_config() | {"scale": self.scale}


@keras.saving.register_keras_serializable(package="cam2eye")
class ICNR(initializers.Initializer):
    """Start of a convolution before a pixel shuffle: the s² kernels that make one output pixel's block are equal.

    Convolution and shuffle then are a convolution and nearest-neighbour enlargement, which has no checkerboard.
    """

    def __init__(self, scale: int, initializer: str | dict | initializers.Initializer = "glorot_uniform"):
        self.scale = scale
        self.initializer = initializers.get(initializer)

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Tensor:
        *rest, channels = shape
        kernel = self.initializer((*rest, channels // self.scale**2), dtype=dtype)
        return ops.tile(kernel, (*(1 for _ in rest), self.scale**2))

    def get_config(self) -> dict:
        return {"scale": self.scale, "initializer": initializers.serialize(self.initializer)}


@keras.saving.register_keras_serializable(package="cam2eye")
class SpectralConv2D(layers.Conv2D):
    """Convolution with its kernel, as a matrix (rows·columns·channels, filters), divided by its largest singular value.

    That value is tracked by one step of power iteration per training call. The kernel itself is left alone, and slopes
    see the division. `keras.layers.SpectralNormalization` assigns to the trainable kernel while it is called: behind
    the optimizer's back on TensorFlow, without lasting effect on JAX.
    """

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        self.u = self.add_weight(
            name="u",
            shape=(self.filters,),
            initializer="random_normal",
            dtype="float32",
            trainable=False,
            autocast=False,
        )

    def save_own_variables(self, store: dict) -> None:
        super().save_own_variables(store)
        store["u"] = self.u

    def load_own_variables(self, store: dict) -> None:
        super().load_own_variables(store)
        self.u.assign(store["u"])

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        kernel = ops.cast(self.kernel, "float32")
        matrix = ops.reshape(kernel, (-1, self.filters))
        fixed = ops.stop_gradient(matrix)
        v = _unit(ops.matmul(fixed, self.u))
        u = _unit(ops.matmul(v, fixed))
        if training:
            self.u.assign(u)
        largest = ops.sum(ops.matmul(v, matrix) * u)
        outputs = self.convolution_op(inputs, ops.cast(kernel / (largest + 1e-12), inputs.dtype))
        if self.use_bias:
            outputs = outputs + ops.cast(self.bias, outputs.dtype)
        return outputs if self.activation is None else self.activation(outputs)


def _unit(vector: Tensor) -> Tensor:
    """`vector` at length 1, held constant."""
    return ops.stop_gradient(vector / (ops.sqrt(ops.sum(vector * vector)) + 1e-12))


def choose(option: str, value: object, known: dict | tuple) -> Any:
    """Check one of several words; for a dict returns what the word stands for. Raises ValueError."""
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{option} = {value!r} must be one of {', '.join(known)}")
    return known[value] if isinstance(known, dict) else value


# --- networks by name ----------------------------------------------------------------------------------------------


def options(builder: Callable) -> dict:
    """The options of a network and their defaults; scale and side are no options: the pictures decide them."""
    parameters = inspect.signature(builder).parameters
    return {name: p.default for name, p in parameters.items() if name not in ("scale", "side")}


def check_options(kind: str, name: str, builders: dict[str, Callable], given: dict) -> dict:
    """The options `given` for the network `name`, as from a TOML table, in the types its builder takes.

    Raises ValueError for an unknown network or option, a value of another type, a number out of range.
    """
    choose(kind, name, builders)
    known = options(builders[name])
    for option in given:
        if option not in known:
            raise ValueError(f"{name} has no option {option!r}; it has {', '.join(known)}")
    return {option: _check(f"{name}: {option}", value, known[option]) for option, value in given.items()}


def _check(where: str, value: object, default: object) -> object:
    """An option's value in the type of its default; ValueError where it has no such type or is out of range."""
    match default:
        case float():
            if _is(value, (int, float)) and 0 < value < math.inf:
                return float(value)
            wanted = "a number above 0"
        case int():
            if _is(value, int) and 1 <= value <= MAX_COUNT:
                return value
            wanted = f"a whole number from 1 to {MAX_COUNT}"
        case tuple():
            if _is(value, (list, tuple)) and value and all(_is(n, int) and 1 <= n <= MAX_COUNT for n in value):
                return tuple(value)
            wanted = "a list of whole numbers"
        case _:
            if _is(value, str):
                return value
            wanted = "a word"
    raise ValueError(f"{where} = {value!r} must be {wanted}")


def _is(value: object, kinds: type | tuple[type, ...]) -> bool:
    """Whether a value is of one of the types; true and false are no numbers."""
    return isinstance(value, kinds) and not isinstance(value, bool)
