"""What generators and critics are made of, and how they are built by name.

References: W. Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel
convolutional neural network", CVPR 2016 (pixel shuffle); A. Aitken et al., "Checkerboard artifact free sub-pixel
convolution", arXiv 1707.02937, 2017 (ICNR); T. Miyato et al., "Spectral normalization for generative adversarial
networks", ICLR 2018.
"""

import dataclasses
import inspect
import typing
from collections.abc import Callable
from typing import Annotated, Any

import keras
from keras import initializers, layers, ops
from pydantic import Field

from camsim.schema.frozen import Options, class_of
from camsim.schema.spelling import hint
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
        if channels is None or channels % s**2:
            raise ValueError(f"{channels or 'unknown'} channels cannot be shuffled into {s}×{s} pixels")
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


# --- networks by name ----------------------------------------------------------------------------------------------


#: Options of networks: how many of something, how many each, and a factor.
Count = Annotated[int, Field(ge=1, le=MAX_COUNT, strict=True)]
Counts = Annotated[tuple[Count, ...], Field(min_length=1)]
Factor = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]


def options(builder: Callable) -> type[Options]:
    """The options of a network, from its signature; scale and side are no options: the pictures decide them."""
    kinds, parameters = typing.get_type_hints(builder, include_extras=True), inspect.signature(builder).parameters
    known = {
        name: (kinds.get(name, type(p.default)), p.default)
        for name, p in parameters.items()
        if name not in ("scale", "side")
    }
    return class_of(builder.__name__, Options, known)


def check_options(kind: str, name: str, builders: dict[str, Callable], given: dict) -> dict:
    """The options `given` for the network `name`, as from a TOML table, in the types its builder takes.

    Raises ValueError for an unknown network or option, a value of another type, a number out of range.
    """
    if not isinstance(name, str) or name not in builders:
        raise ValueError(f"{kind} = {name!r} must be one of {', '.join(builders)}{hint(name, builders)}")
    return dataclasses.asdict(options(builders[name])(**given))
