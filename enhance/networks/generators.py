"""Generators: networks that enlarge 2, 3, 4 or 8 times.

They take and give (batch, H, W, 3) sRGB values in [0, 1], any H and W; their output is float32 and not clipped.
All raise ValueError for another scale.

References: C. Ledig et al., "Photo-realistic single image super-resolution using a generative adversarial network",
CVPR 2017 (SRResNet); B. Lim et al., "Enhanced deep residual networks for single image super-resolution", CVPRW 2017
(EDSR); X. Wang et al., "ESRGAN: enhanced super-resolution generative adversarial networks", ECCVW 2018 (RRDB);
A. Odena et al., "Deconvolution and checkerboard artifacts", Distill, 2016; K. He et al., "Delving deep into
rectifiers", ICCV 2015 (PReLU).
"""

from collections.abc import Callable
from typing import Any, Literal

import keras
from keras import initializers, layers

from enhance.backend import Tensor
from enhance.networks.layers import ICNR, Bilinear, Count, Factor, PixelShuffle, check_options

#: Enlargement step by step.
STEPS = {2: (2,), 3: (3,), 4: (2, 2), 8: (2, 2, 2)}

Upsampling = Literal["shuffle", "resize", "transposed"]

#: Mean of DIV2K's training pictures (RGB), which EDSR subtracts.
DIV2K_MEAN = (0.4488, 0.4371, 0.4040)


def light(*, scale: int = 4, blocks: Count = 8, filters: Count = 32) -> keras.Model:
    """Residual network that works at low resolution throughout and shuffles pixels once, at the end.

    It learns the difference to bilinear enlargement; its last convolutions start at zero, so that the untrained
    network is the bilinear one. 172 thousand parameters for ×4 with 8 blocks of 32.
    """
    _steps("light", scale)
    x = inputs = keras.Input((None, None, 3), name="lr")
    x = _conv(x, filters, name="head", kernel_initializer="he_normal")
    start = x
    for number in range(1, blocks + 1):
        skip = x
        x = _conv(x, filters, name=f"block{number}_conv1", activation="relu", kernel_initializer="he_normal")
        x = _conv(x, filters, name=f"block{number}_conv2", kernel_initializer="he_normal")
        x = layers.Rescaling(0.5, name=f"block{number}_scale")(x)  # keeps the variance of a deep sum in bounds
        x = layers.Add(name=f"block{number}_add")([skip, x])
    x = _conv(x, filters, name="body_conv", kernel_initializer="he_normal")
    x = layers.Add(name="body_add")([start, x])
    # Two zero-initialised ends: one changes what is enlarged smoothly, so that a change of brightness or colour needs
    # no agreement among the shuffled pixels (which shows as a checkerboard); the other adds the detail.
    # The picture's own path is float32 under mixed precision, too: bfloat16 would round it to 8 bits.
    change = _conv(x, 3, name="base", kernel_initializer="zeros")
    base = layers.Add(name="base_add", dtype="float32")([inputs, change])
    enlarged = Bilinear(scale, name="enlarged", dtype="float32")(base)
    x = _conv(x, 3 * scale**2, name="tail", kernel_initializer="zeros")
    x = PixelShuffle(scale, name="shuffle")(x)
    outputs = layers.Add(name="sr", dtype="float32")([enlarged, x])
    return keras.Model(inputs, outputs, name="light")


def srresnet(
    *,
    scale: int = 4,
    blocks: Count = 16,
    filters: Count = 64,
    norm: Literal["batch", "none"] = "batch",
    activation: Literal["prelu", "relu"] = "prelu",
    upsampling: Upsampling = "shuffle",
) -> keras.Model:
    """The classic generator of SRGAN. 1.55 million parameters.

    Parameters
    ----------
    scale : {2, 3, 4, 8}
        Of the enlargement.
    blocks, filters : int
        Residual blocks, and channels within them.
    norm : {"batch", "none"}
        After the convolutions of the blocks.
    activation : {"prelu", "relu"}
        After the first convolution of a block, and after each enlargement.
    upsampling : {"shuffle", "resize", "transposed"}
        Convolution and pixel shuffle, nearest neighbour and convolution, or transposed convolution; ×2 or ×3 at a time.
    """
    steps = _steps("srresnet", scale)
    normalise = {"batch": _batch_norm, "none": lambda x, name: x}[norm]
    activate = {"prelu": _prelu, "relu": _relu}[activation]
    inputs = keras.Input((None, None, 3), name="lr")
    x = start = activate(_conv(inputs, filters, 9, name="head"), "head_activation")
    for number in range(1, blocks + 1):
        skip = x
        x = normalise(_conv(x, filters, name=f"block{number}_conv1"), f"block{number}_bn1")
        x = activate(x, f"block{number}_activation")
        x = normalise(_conv(x, filters, name=f"block{number}_conv2"), f"block{number}_bn2")
        x = layers.Add(name=f"block{number}_add")([skip, x])
    x = normalise(_conv(x, filters, name="body_conv"), "body_bn")
    x = layers.Add(name="body_add")([start, x])
    x = _enlarge(x, steps, filters, upsampling, activate)
    outputs = _conv(x, 3, 9, name="sr", dtype="float32")
    return keras.Model(inputs, outputs, name="srresnet")


def edsr(
    *,
    scale: int = 4,
    blocks: Count = 16,
    filters: Count = 64,
    residual_scale: Factor = 1.0,
    upsampling: Upsampling = "shuffle",
) -> keras.Model:
    """EDSR: SRResNet without batch norm and with 3×3 ends. 1.52 million parameters, the baseline.

    The large one is ``blocks=32, filters=256, residual_scale=0.1``: 43 million.

    Parameters
    ----------
    scale : {2, 3, 4, 8}
        Of the enlargement.
    blocks, filters : int
        Residual blocks, and channels within them.
    residual_scale : float
        Factor on every residual branch; wide networks need a small one.
    upsampling : {"shuffle", "resize", "transposed"}
        As of `srresnet`.
    """
    steps = _steps("edsr", scale)
    inputs = keras.Input((None, None, 3), name="lr")
    x = layers.Rescaling(1.0, offset=[-mean for mean in DIV2K_MEAN], name="subtract_mean")(inputs)
    x = start = _conv(x, filters, name="head")
    for number in range(1, blocks + 1):
        branch = _conv(x, filters, name=f"block{number}_conv1", activation="relu")
        branch = _conv(branch, filters, name=f"block{number}_conv2")
        x = _add_scaled(x, branch, residual_scale, f"block{number}")
    x = layers.Add(name="body_add")([start, _conv(x, filters, name="body_conv")])
    x = _enlarge(x, steps, filters, upsampling)
    x = _conv(x, 3, name="tail", dtype="float32")
    outputs = layers.Rescaling(1.0, offset=list(DIV2K_MEAN), name="sr", dtype="float32")(x)
    return keras.Model(inputs, outputs, name="edsr")


def rrdb(
    *, scale: int = 4, blocks: Count = 23, filters: Count = 64, growth: Count = 32, residual_scale: Factor = 0.2
) -> keras.Model:
    """The generator of ESRGAN: residual blocks in residual blocks, densely connected. 16.7 million parameters.

    Parameters
    ----------
    scale : {2, 3, 4, 8}
        Of the enlargement.
    blocks : int
        Of three dense blocks of five convolutions each.
    filters : int
        Channels between the blocks.
    growth : int
        Channels that a convolution adds within a dense block.
    residual_scale : float
        Factor on every residual branch, inner and outer.
    """
    steps = _steps("rrdb", scale)
    inputs = keras.Input((None, None, 3), name="lr")
    x = start = _conv(inputs, filters, name="head")
    for number in range(1, blocks + 1):
        outer = x
        for part in (1, 2, 3):
            name = f"block{number}_dense{part}"
            seen = [x]
            for step in (1, 2, 3, 4):
                joined = layers.Concatenate(name=f"{name}_join{step}")(seen) if step > 1 else x
                y = _conv(joined, growth, name=f"{name}_conv{step}", kernel_initializer=_tenth_of_he())
                seen.append(_leaky_relu(y, f"{name}_lrelu{step}"))
            joined = layers.Concatenate(name=f"{name}_join5")(seen)
            branch = _conv(joined, filters, name=f"{name}_conv5", kernel_initializer=_tenth_of_he())
            x = _add_scaled(x, branch, residual_scale, name)
        x = _add_scaled(outer, x, residual_scale, f"block{number}")
    x = layers.Add(name="body_add")([start, _conv(x, filters, name="body_conv")])
    x = _enlarge(x, steps, filters, "resize", _leaky_relu)
    x = _leaky_relu(_conv(x, filters, name="detail_conv"), "detail_lrelu")
    outputs = _conv(x, 3, name="sr", dtype="float32")
    return keras.Model(inputs, outputs, name="rrdb")


GENERATORS = {"light": light, "srresnet": srresnet, "edsr": edsr, "rrdb": rrdb}


def build(name: str, /, *, scale: int, **options: object) -> keras.Model:
    """The generator `name` for an enlargement by `scale`.

    Raises ValueError for an unknown name or option, a value of another type, a number out of range.
    """
    checked = check_options("generator", name, GENERATORS, options)
    return GENERATORS[name](scale=scale, **checked)


# --- parts ---------------------------------------------------------------------------------------------------------


def _steps(name: str, scale: int) -> tuple[int, ...]:
    """The enlargement step by step; ValueError for a scale that is not there."""
    if not isinstance(scale, int) or scale not in STEPS:
        raise ValueError(f"{name} enlarges 2, 3, 4 or 8 times, not {scale!r}")
    return STEPS[scale]


def _uniform(gain: float = 1.0) -> initializers.Initializer:
    """Uniform in ±gain/√fan_in, as in EDSR's code: residual branches start small, so that deep sums stay in bounds.

    A new one for every layer: an initialiser that is used twice gives the same numbers twice.
    """
    return initializers.VarianceScaling(gain**2 / 3, "fan_in", "uniform")


def _tenth_of_he() -> initializers.Initializer:
    return initializers.VarianceScaling(2 * 0.1**2, "fan_in", "truncated_normal")


def _conv(
    x: Tensor,
    filters: int,
    size: int = 3,
    *,
    name: str,
    kernel_initializer: str | initializers.Initializer | None = None,
    **kwargs: Any,
) -> Tensor:
    start = kernel_initializer or _uniform()
    return layers.Conv2D(filters, size, padding="same", name=name, kernel_initializer=start, **kwargs)(x)


def _add_scaled(x: Tensor, branch: Tensor, factor: float, name: str) -> Tensor:
    if factor != 1:
        branch = layers.Rescaling(factor, name=f"{name}_scale")(branch)
    return layers.Add(name=f"{name}_add")([x, branch])


def _batch_norm(x: Tensor, name: str) -> Tensor:
    # The running averages follow the last few batches. A batch holds thousands of pixels per channel, so that there is
    # little noise to average away, and a longer memory lags behind weights that still move: a train/eval gap.
    return layers.BatchNormalization(momentum=0.8, name=name)(x)


def _prelu(x: Tensor, name: str) -> Tensor:
    return layers.PReLU(shared_axes=[1, 2], alpha_initializer=initializers.Constant(0.25), name=name)(x)


def _relu(x: Tensor, name: str) -> Tensor:
    return layers.ReLU(name=name)(x)


def _leaky_relu(x: Tensor, name: str) -> Tensor:
    return layers.LeakyReLU(0.2, name=name)(x)


def _enlarge(
    x: Tensor,
    steps: tuple[int, ...],
    filters: int,
    how: Upsampling,
    activate: Callable[[Tensor, str], Tensor] | None = None,
) -> Tensor:
    """Enlarge step by step, with an activation after each step."""
    for number, factor in enumerate(steps, start=1):
        name = f"up{number}"
        if how == "shuffle":
            equal = ICNR(factor, _uniform())
            x = _conv(x, filters * factor**2, name=f"{name}_conv", kernel_initializer=equal)
            x = PixelShuffle(factor, name=f"{name}_shuffle")(x)
        elif how == "resize":
            x = layers.UpSampling2D(factor, interpolation="nearest", name=f"{name}_resize")(x)
            x = _conv(x, filters, name=f"{name}_conv")
        else:
            # A kernel twice as large as the step covers every pixel equally often (Odena et al.). Each pixel sees only
            # 1/factor² of what Keras counts as fan_in.
            start = _uniform(gain=factor)
            x = layers.Conv2DTranspose(
                filters, 2 * factor, strides=factor, padding="same", kernel_initializer=start, name=f"{name}_conv"
            )(x)
        if activate is not None:
            x = activate(x, f"{name}_activation")
    return x
