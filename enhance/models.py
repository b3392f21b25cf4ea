"""Generators that enlarge ×4 (or 2, 3, 8) and critics that judge their output.

Generators take and give (batch, H, W, 3) sRGB values in [0, 1], any H and W; their output is not clipped.
Critics give logits: (batch, 1), or a map of them.

References: C. Ledig et al., "Photo-realistic single image super-resolution using a generative adversarial network",
CVPR 2017 (SRResNet, SRGAN); W. Shi et al., "Real-time single image and video super-resolution using an efficient
sub-pixel convolutional neural network", CVPR 2016 (pixel shuffle); P. Isola et al., "Image-to-image translation with
conditional adversarial networks", CVPR 2017 (patch critic).
"""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="cam2eye")
class PixelShuffle(layers.Layer):
    """(B, H, W, C·s²) to (B, H·s, W·s, C): channel block to space."""

    def __init__(self, scale: int, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, x):
        s, (_, rows, columns, channels) = self.scale, ops.shape(x)
        x = ops.reshape(x, (-1, rows, columns, s, s, channels // s**2))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, rows * s, columns * s, channels // s**2))

    def compute_output_shape(self, shape):
        batch, rows, columns, channels = shape
        s = self.scale
        return (batch, rows and rows * s, columns and columns * s, channels // s**2)

    def get_config(self):
        return super().get_config() | {"scale": self.scale}


def _conv(x, filters, size=3, *, name, **kwargs):
    return layers.Conv2D(filters, size, padding="same", name=name, **kwargs)(x)


def light(*, scale: int = 4, blocks: int = 8, filters: int = 32) -> keras.Model:
    """Residual network that works at low resolution throughout and shuffles pixels once, at the end.

    It learns the difference to bilinear enlargement; its last convolutions start at zero, so that the untrained
    network is the bilinear one. 172 thousand parameters for ×4 with 8 blocks of 32.
    """
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
    base = layers.Add(name="base_add")([inputs, _conv(x, 3, name="base", kernel_initializer="zeros")])
    enlarged = layers.UpSampling2D(scale, interpolation="bilinear", name="enlarged")(base)
    x = _conv(x, 3 * scale**2, name="tail", kernel_initializer="zeros")
    x = PixelShuffle(scale, name="shuffle")(x)
    outputs = layers.Add(name="sr", dtype="float32")([enlarged, x])
    return keras.Model(inputs, outputs, name="light")


def srresnet(*, scale: int = 4, blocks: int = 16, filters: int = 64) -> keras.Model:
    """The classic SRGAN generator: batch norm, PReLU, a pixel shuffle ×2 (or ×3) per step. 1.55 million parameters.

    Raises ValueError for a scale other than 2, 3, 4, 8.
    """
    steps = {2: (2,), 3: (3,), 4: (2, 2), 8: (2, 2, 2)}.get(scale)
    if steps is None:
        raise ValueError(f"srresnet enlarges 2, 3, 4 or 8 times, not {scale}")
    x = inputs = keras.Input((None, None, 3), name="lr")
    x = _conv(x, filters, 9, name="head")
    start = x = layers.PReLU(shared_axes=[1, 2], name="head_prelu")(x)
    for number in range(1, blocks + 1):
        skip = x
        x = _conv(x, filters, name=f"block{number}_conv1")
        x = layers.BatchNormalization(momentum=0.8, name=f"block{number}_bn1")(x)
        x = layers.PReLU(shared_axes=[1, 2], name=f"block{number}_prelu")(x)
        x = _conv(x, filters, name=f"block{number}_conv2")
        x = layers.BatchNormalization(momentum=0.8, name=f"block{number}_bn2")(x)
        x = layers.Add(name=f"block{number}_add")([skip, x])
    x = _conv(x, filters, name="body_conv")
    x = layers.BatchNormalization(momentum=0.8, name="body_bn")(x)
    x = layers.Add(name="body_add")([start, x])
    for number, factor in enumerate(steps, start=1):
        x = _conv(x, filters * factor**2, name=f"up{number}_conv")
        x = PixelShuffle(factor, name=f"up{number}_shuffle")(x)
        x = layers.PReLU(shared_axes=[1, 2], name=f"up{number}_prelu")(x)
    outputs = layers.Conv2D(3, 9, padding="same", name="sr", dtype="float32")(x)
    return keras.Model(inputs, outputs, name="srresnet")


def patch_critic(*, side: int = 128, filters: int = 24) -> keras.Model:
    """Small critic of four strided convolutions: one logit per patch of 16×16 pixels, 0.4 million parameters."""
    x = inputs = keras.Input((None, None, 3), name="hr")
    for number in range(4):
        x = _conv(x, filters * 2**number, 4, name=f"conv{number + 1}", strides=2)
        x = layers.LeakyReLU(0.2, name=f"lrelu{number + 1}")(x)
    outputs = layers.Conv2D(1, 3, padding="same", name="logits", dtype="float32")(x)
    return keras.Model(inputs, outputs, name="patch")


def srgan_critic(*, side: int = 128, filters: int = 64) -> keras.Model:
    """The classic SRGAN discriminator: eight convolutions, flatten, dense 1024. 38 million parameters at 128 px."""
    x = inputs = keras.Input((side, side, 3), name="hr")
    x = layers.LeakyReLU(0.2, name="lrelu1")(_conv(x, filters, name="conv1"))
    plan = [(1, 2), (2, 1), (2, 2), (4, 1), (4, 2), (8, 1), (8, 2)]
    for number, (factor, strides) in enumerate(plan, start=2):
        x = _conv(x, factor * filters, name=f"conv{number}", strides=strides)
        x = layers.BatchNormalization(momentum=0.8, name=f"bn{number}")(x)
        x = layers.LeakyReLU(0.2, name=f"lrelu{number}")(x)
    x = layers.Dense(1024, name="dense")(layers.Flatten(name="flatten")(x))
    x = layers.LeakyReLU(0.2, name="dense_lrelu")(x)
    outputs = layers.Dense(1, name="logits", dtype="float32")(x)
    return keras.Model(inputs, outputs, name="srgan")


GENERATORS = {"light": light, "srresnet": srresnet}
CRITICS = {"patch": patch_critic, "srgan": srgan_critic}
