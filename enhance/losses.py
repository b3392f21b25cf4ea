"""What a network is told to get right.

All losses take sRGB values in [0, 1] and are computed in float32.

References: SRGAN (Ledig et al., CVPR 2017); J. Johnson et al., "Perceptual losses for real-time style transfer and
super-resolution", ECCV 2016; K. Simonyan and A. Zisserman, "Very deep convolutional networks", ICLR 2015 (VGG19).
"""

import zipfile
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

#: Convolutions per block of VGG19.
VGG19_BLOCKS = (2, 2, 4, 4, 4)
VGG19_MEAN_BGR = (103.939, 116.779, 123.68)


def pixel(reference, output):
    """Mean absolute difference (L1)."""
    return ops.mean(ops.abs(ops.cast(reference, "float32") - ops.cast(output, "float32")))


def vgg_extractor(layer: str, weights: str | Path | None) -> keras.Model:
    """Frozen VGG19 up to `layer`, such as ``block2_conv2`` (activated): (B, H, W, 3) in [0, 1] to features.

    `weights` is an ``.npz`` with arrays ``blockB_convC/kernel`` and ``/bias`` (HWIO, caffe preprocessing).
    Raises ValueError for an unknown layer, a missing file or missing arrays; weights are never random.
    """
    names = [f"block{b}_conv{c}" for b, count in enumerate(VGG19_BLOCKS, 1) for c in range(1, count + 1)]
    if layer not in names:
        raise ValueError(f"content layer {layer!r} is not one of VGG19's: block1_conv1 … block5_conv4")
    if weights is None:
        raise ValueError(
            f"content loss {layer} needs VGG19's weights: give --vgg-weights FILE.npz "
            "(arrays block1_conv1/kernel, block1_conv1/bias, …)"
        )
    try:
        with np.load(weights, allow_pickle=False) as archive:
            wanted = names[: names.index(layer) + 1]
            arrays = {name: (archive[f"{name}/kernel"], archive[f"{name}/bias"]) for name in wanted}
    except FileNotFoundError:
        raise ValueError(f"{weights}: no such file") from None
    except KeyError as error:
        raise ValueError(f"{weights}: lacks {error.args[0]}") from None
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"{weights}: not an .npz of VGG19 weights") from error
    inputs = keras.Input((None, None, 3), dtype="float32")
    x = ops.flip(inputs, axis=-1) * 255.0 - np.array(VGG19_MEAN_BGR, "float32")  # trained on BGR, 0 … 255
    for name, (kernel, bias) in arrays.items():
        if name.endswith("conv1") and name != "block1_conv1":
            x = layers.MaxPooling2D(name=f"pool_before_{name}", dtype="float32")(x)
        conv = layers.Conv2D(kernel.shape[-1], 3, padding="same", activation="relu", name=name, dtype="float32")
        x = conv(x)
        conv.set_weights([kernel, bias])
    model = keras.Model(inputs, x, name=f"vgg19_{layer}")
    model.trainable = False
    return model


def perceptual(extractor: keras.Model, reference, output):
    """Mean absolute difference of features, as a share of the reference's mean feature.

    The share makes a weight mean the same for every layer; raw VGG features differ by orders of magnitude.
    """
    wanted = ops.stop_gradient(extractor(ops.cast(reference, "float32")))
    difference = ops.mean(ops.abs(wanted - extractor(ops.cast(output, "float32"))))
    return difference / (ops.mean(wanted) + 1e-6)


def adversarial(logits_output):
    """What the generator pays for output that the critic calls fake: non-saturating cross-entropy on logits."""
    return ops.mean(ops.softplus(-logits_output))


def critic(logits_reference, logits_output):
    """What the critic pays for its mistakes: cross-entropy on logits, mean of both halves."""
    return 0.5 * (ops.mean(ops.softplus(-logits_reference)) + ops.mean(ops.softplus(logits_output)))
