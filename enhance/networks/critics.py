"""Critics (discriminators): what tells true pictures from a generator's.

They take (batch, H, W, 3) sRGB values in [0, 1] and give float32 logits: one per picture, (batch, 1), or a map of
them. Those without batch norm have the second derivatives that gradient penalties need: see `has_batch_norm`.

References: C. Ledig et al., "Photo-realistic single image super-resolution using a generative adversarial network",
CVPR 2017 (SRGAN); P. Isola et al., "Image-to-image translation with conditional adversarial networks", CVPR 2017
(PatchGAN); X. Wang et al., "Real-ESRGAN: training real-world blind super-resolution with pure synthetic data",
ICCVW 2021 (U-Net); I. Gulrajani et al., "Improved training of Wasserstein GANs", NIPS 2017 (gradient penalty).
"""

from typing import Literal

import keras
from keras import layers

from enhance.backend import Tensor
from enhance.networks.layers import Count, Counts, SpectralConv2D, check_options


def patch(
    *,
    side: int = 128,
    filters: Count = 24,
    strides: Counts = (2, 2, 2, 2),
    logits_size: Count = 3,
    norm: Literal["none", "batch", "spectral"] = "none",
) -> keras.Model:
    """A stack of 4×4 convolutions with one logit per patch; any size. By default small: 0.4 million parameters.

    By default a logit per 16×16 pixels, which sees 78×78. The classic 70×70 PatchGAN of Isola et al. is
    ``filters=64, strides=(2, 2, 2, 1), logits_size=4, norm="batch"``: a logit per 8×8, 2.8 million parameters.

    Parameters
    ----------
    side : int
        Not used; the network takes any size.
    filters : int
        Of the first convolution; doubled up to 8 times as many.
    strides : tuple of int
        Of the convolutions, one each.
    logits_size : int
        Size of the last kernel.
    norm : {"none", "batch", "spectral"}
        "batch" from the second convolution on, "spectral" for every convolution.

    Raises
    ------
    ValueError
        For an unknown norm.
    """
    layer = SpectralConv2D if norm == "spectral" else layers.Conv2D
    x = inputs = keras.Input((None, None, 3), name="hr")
    for number, stride in enumerate(strides, start=1):
        batch = norm == "batch" and number > 1
        width = filters * 2 ** min(number - 1, 3)
        x = layer(width, 4, strides=stride, padding="same", use_bias=not batch, name=f"conv{number}")(x)
        if batch:
            x = layers.BatchNormalization(momentum=0.8, name=f"bn{number}")(x)
        x = layers.LeakyReLU(0.2, name=f"lrelu{number}")(x)
    outputs = layer(1, logits_size, padding="same", name="logits", dtype="float32")(x)
    return keras.Model(inputs, outputs, name="patch")


def srgan(*, side: int = 128, filters: Count = 64, norm: Literal["batch", "none"] = "batch") -> keras.Model:
    """The classic SRGAN discriminator: eight convolutions, flatten, dense 1024. 38 million parameters at 128 px.

    It judges pictures of `side`×`side` pixels only. `norm` is "batch" (from the second convolution on) or "none".
    """
    x = inputs = keras.Input((side, side, 3), name="hr")
    x = layers.LeakyReLU(0.2, name="lrelu1")(_conv(x, filters, name="conv1"))
    plan = [(1, 2), (2, 1), (2, 2), (4, 1), (4, 2), (8, 1), (8, 2)]
    for number, (factor, strides) in enumerate(plan, start=2):
        x = _conv(x, factor * filters, name=f"conv{number}", strides=strides)
        if norm == "batch":
            x = layers.BatchNormalization(momentum=0.8, name=f"bn{number}")(x)
        x = layers.LeakyReLU(0.2, name=f"lrelu{number}")(x)
    x = layers.Dense(1024, name="dense")(layers.Flatten(name="flatten")(x))
    x = layers.LeakyReLU(0.2, name="dense_lrelu")(x)
    outputs = layers.Dense(1, name="logits", dtype="float32")(x)
    return keras.Model(inputs, outputs, name="srgan")


def unet(*, side: int = 128, filters: Count = 64) -> keras.Model:
    """The U-Net of Real-ESRGAN, spectrally normalised: one logit per pixel. 4.4 million parameters.

    Enlarges by nearest neighbour where the original is bilinear: TensorFlow has no second derivative of the latter.

    Parameters
    ----------
    side : int
        Of the pictures; they may be of any size divisible by 8.
    filters : int
        At full size; more where it is reduced.

    Raises
    ------
    ValueError
        For a side not divisible by 8.
    """
    if side % 8:
        raise ValueError(f"the unet critic takes pictures with sides divisible by 8, not {side}")

    def spectral(x: Tensor, width: int, size: int, name: str, strides: int = 1) -> Tensor:
        x = SpectralConv2D(width, size, strides=strides, padding="same", use_bias=False, name=name)(x)
        return layers.LeakyReLU(0.2, name=f"{name}_lrelu")(x)

    inputs = keras.Input((None, None, 3), name="hr")
    x = layers.LeakyReLU(0.2, name="conv0_lrelu")(_conv(inputs, filters, name="conv0"))
    skips = []
    for number, factor in enumerate((2, 4, 8), start=1):
        skips.append(x)
        x = spectral(x, factor * filters, 4, f"down{number}", strides=2)
    for number, factor in enumerate((4, 2, 1), start=1):
        x = layers.UpSampling2D(2, interpolation="nearest", name=f"enlarge{number}")(x)
        x = spectral(x, factor * filters, 3, f"up{number}")
        x = layers.Add(name=f"skip{number}")([x, skips.pop()])
    for number in (1, 2):
        x = spectral(x, filters, 3, f"out{number}")
    outputs = layers.Conv2D(1, 3, padding="same", name="logits", dtype="float32")(x)
    return keras.Model(inputs, outputs, name="unet")


CRITICS = {"patch": patch, "srgan": srgan, "unet": unet}


def build(name: str, /, *, side: int, **options: object) -> keras.Model:
    """The critic `name` for pictures of `side`×`side` pixels.

    Raises ValueError for an unknown name or option, a value of another type, a number out of range.
    """
    checked = check_options("critic", name, CRITICS, options)
    if isinstance(side, bool) or not isinstance(side, int) or side < 1:
        raise ValueError(f"side = {side!r} must be a whole number of pixels")
    return CRITICS[name](side=side, **checked)


def has_batch_norm(critic: keras.Model) -> bool:
    """Whether a critic judges a batch as a whole, so that a gradient penalty has no meaning (Gulrajani et al., 2017).

    Nor would its slopes be right: TensorFlow's batch variance has a wrong second derivative.
    """
    return any(isinstance(layer, layers.BatchNormalization) for layer in critic.layers)


def _conv(x: Tensor, filters: int, *, name: str, strides: int = 1) -> Tensor:
    return layers.Conv2D(filters, 3, strides=strides, padding="same", name=name)(x)
